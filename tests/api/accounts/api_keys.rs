//! Keys of programs.

use std::sync::Arc;

use actors::clock::SystemClock;
use fullhouse::accounts::Role;
use reqwest::Method;
use serde_json::{Value, json};
use test_database::TestDatabase;
use testkit::waiting::eventually;
use uuid::Uuid;

use super::text;
use crate::support::{Reply, TestServer, buyer, editor, layout, token};

impl TestServer {
    async fn make_key(&self, body: &Value) -> Reply {
        let admin = token(Role::SuperAdmin, Uuid::from_u128(1));
        self.post("/api-keys", body).by(&admin).send().await
    }

    /// Makes a key of this role and gives what its program sends, and its id.
    pub(crate) async fn key_of(&self, role: &str) -> (String, String) {
        let made = self
            .make_key(&json!({"name": "a till", "role": role}))
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let of = |name| text(&made.body["data"], name).to_owned();
        (of("key"), of("api_key_id"))
    }
}

/// Until every server knows of it.
async fn lets_in(server: &TestServer, key: &str, path: &str) {
    eventually("a new key lets its program in", async || {
        server.get(path).by(key).send().await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_program_sells_with_a_key_until_it_is_taken_away_on_every_server() {
    let database = Arc::new(TestDatabase::create().await);
    let clock = || Arc::new(SystemClock::start());
    let first = TestServer::on(Arc::clone(&database), clock(), &[]).await;
    let second = TestServer::on(database, clock(), &[]).await;
    let showtime = first.showtime(&layout(&[("1", 4)])).await;
    let admin = token(Role::SuperAdmin, Uuid::from_u128(1));
    let body = json!({"name": "Till at the gate", "role": "EDITOR"});
    let made = first.make_key(&body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let (key, id) = (
        text(&made.body["data"], "key"),
        text(&made.body["data"], "api_key_id"),
    );
    assert_eq!(made.header("location"), format!("/api/v1/api-keys/{id}"));
    assert!(key.starts_with("fh_"), "{key}");
    let journal = format!("/showtimes/{showtime}/journal");
    lets_in(&second, key, &journal).await;
    lets_in(&first, key, &journal).await;

    let held = first.hold(&showtime, key, &["A-1-1"]).await;
    assert_eq!(held.status, 201, "{}", held.text);
    let confirm = format!("/showtimes/{showtime}/holds/{}/confirm", held.hold_id());
    let sold = first.post(&confirm, &json!({})).by(key).send().await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    // The journal names the key.
    let entries = first.get(&journal).by(&editor()).send().await;
    assert_eq!(
        entries.body["data"]["events"][1]["by"], id,
        "{}",
        entries.text
    );

    let path = format!("/api-keys/{id}");
    let revoked = first.delete(&path).by(&admin).send().await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert!(revoked.body["data"]["revoked_at"].is_string());
    for server in [&first, &second] {
        eventually("a revoked key is refused", async || {
            server.get(&journal).by(key).send().await.status == 401
        })
        .await;
        let refused = server.get(&journal).by(key).send().await;
        refused.assert_problem(401, "UNAUTHENTICATED");
    }
    let again = second.delete(&path).by(&admin).send().await;
    let first_time = &revoked.body["data"]["revoked_at"];
    assert_eq!(&again.body["data"]["revoked_at"], first_time);
    // What it was used for at the end is kept, too.
    eventually("its last use is kept", async || {
        let read = first.get(&path).by(&admin).send().await;
        read.body["data"]["last_used_at"].is_string()
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_taken_away_without_a_word_is_found_out() {
    let server = TestServer::start().await;
    let (key, _) = server.key_of("SUPER_ADMIN").await;
    lets_in(&server, &key, "/users").await;
    let sql = server.sql();
    sql.execute("update api_keys set revoked_at = now()")
        .await
        .unwrap();
    eventually("it is refused", async || {
        server.get("/users").by(&key).send().await.status == 401
    })
    .await;
}

#[tokio::test]
async fn whoever_manages_accounts_sees_the_keys_and_nobody_is_shown_one_again() {
    let server = TestServer::start().await;
    let admin = token(Role::SuperAdmin, Uuid::from_u128(1));
    let mut ids = Vec::new();
    for role in ["USER", "EDITOR", "SUPER_ADMIN"] {
        ids.push(server.key_of(role).await.1);
    }
    let page = server.get("/api-keys?limit=2").by(&admin).send().await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.body["data"][0]["api_key_id"], *ids[2]);
    assert_eq!(page.body["data"][0]["role"], "SUPER_ADMIN");
    let subject = Uuid::from_u128(1).to_string();
    assert_eq!(page.body["data"][0]["created_by"], subject);
    let cursor = page.body["meta"]["next_cursor"].as_str().unwrap();
    let rest = format!("/api-keys?cursor={cursor}");
    let rest = server.get(&rest).by(&admin).send().await;
    assert_eq!(rest.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(rest.body["data"][0]["api_key_id"], *ids[0]);
    let one = server.get(&format!("/api-keys/{}", ids[0]));
    let one = one.by(&admin).send().await;
    assert_eq!(one.body["data"], rest.body["data"][0]);
    for shown in [&page, &rest, &one] {
        assert!(!shown.text.contains("fh_"), "{}", shown.text);
    }
    let kept = server
        .sql()
        .text("select string_agg(k::text, ' ') from api_keys k")
        .await
        .unwrap();
    assert!(!kept.contains("fh_"), "{kept}");
}

#[tokio::test]
async fn a_key_does_what_its_role_may_and_has_no_account() {
    let server = TestServer::start().await;
    let showtime = server.showtime(&layout(&[("1", 4)])).await;
    let (user, _) = server.key_of("USER").await;
    let (staff, _) = server.key_of("EDITOR").await;
    let availability = format!("/showtimes/{showtime}/availability");
    lets_in(&server, &staff, &availability).await;
    eventually("the first key is known, too", async || {
        server.hold(&showtime, &user, &["A-1-1"]).await.status == 201
    })
    .await;
    let create = async |key: &str| {
        let create = server.post("/showtimes", &layout(&[("1", 1)]));
        create.by(key).send().await.status
    };
    assert_eq!(create(&user).await, 403);
    assert_eq!(create(&staff).await, 201);
    for key in [&user, &staff] {
        let none = server.get("/users/me").by(key).send().await;
        none.assert_problem(404, "NOT_FOUND");
        let keys = server.get("/api-keys").by(key).send().await;
        keys.assert_problem(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn keys_that_are_cut_short_expired_or_made_up_let_nobody_in() {
    let (server, clock) = TestServer::with_clock().await;
    let expires = "2027-01-15T08:01:00Z";
    let body = json!({"name": "a gate", "role": "SUPER_ADMIN", "expires_at": expires});
    let made = server.make_key(&body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.body["data"]["expires_at"], expires);
    let key = text(&made.body["data"], "key");
    lets_in(&server, key, "/api-keys").await;
    let before = refused(&server).await;
    for wrong in [
        &key[..40],
        &key[..66],
        "fh_",
        &format!("fh_{}", "0".repeat(64)),
    ] {
        let refused = server.get("/api-keys").by(wrong).send().await;
        refused.assert_problem(401, "UNAUTHENTICATED");
    }
    clock.advance_seconds(60);
    let over = server.get("/api-keys").by(key).send().await;
    over.assert_problem(401, "UNAUTHENTICATED");
    assert!(over.text.contains("expired"), "{}", over.text);
    // Others count in the same process.
    assert!(refused(&server).await >= before + 5);
}

async fn refused(server: &TestServer) -> u64 {
    let metrics = server.ask_ops("/metrics").send().await.text;
    let lines = metrics.lines();
    let counts = lines.filter(|line| line.starts_with("fullhouse_tokens_refused_total{"));
    let counts = counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

#[tokio::test]
async fn all_that_is_wrong_with_a_key_to_be_is_told_at_once_and_none_is_made() {
    let server = TestServer::start().await;
    let wrong = json!({"name": "", "role": "OWNER", "expires_at": "tomorrow", "scope": 1});
    let reply = server.make_key(&wrong).await;
    reply.assert_problem(422, "VALIDATION_FAILED");
    let errors = reply.body["errors"].as_array().unwrap();
    let mut fields: Vec<_> = errors
        .iter()
        .map(|it| it["field"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["expires_at", "name", "role", "scope"]);
    let past = json!({"name": "late", "role": "USER", "expires_at": "2020-01-01T00:00:00Z"});
    server.make_key(&past).await.assert_invalid("expires_at");
    for who in [buyer(), editor()] {
        let body = json!({"name": "mine", "role": "SUPER_ADMIN"});
        let made = server.post("/api-keys", &body).by(&who).send().await;
        made.assert_problem(403, "FORBIDDEN");
    }
    let admin = token(Role::SuperAdmin, Uuid::from_u128(1));
    let nobody = format!("/api-keys/{}", Uuid::from_u128(9));
    for path in [&*nobody, "/api-keys/mine"] {
        for method in [Method::GET, Method::DELETE] {
            let none = server.ask(method, path).by(&admin).send().await;
            none.assert_problem(404, "NOT_FOUND");
        }
    }
    let sql = server.sql();
    let keys = sql.number("select count(*)::int from api_keys");
    assert_eq!(keys.await.unwrap(), 0);
}

#[tokio::test]
async fn a_request_that_is_sent_again_makes_one_key_and_shows_it_once() {
    let server = TestServer::start().await;
    let admin = token(Role::SuperAdmin, Uuid::from_u128(1));
    let body = json!({"name": "a gate", "role": "EDITOR"});
    let make = async |body: &Value| {
        let make = server.post("/api-keys", body).by(&admin).key("k-1");
        make.send().await
    };
    let first = make(&body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let second = make(&body).await;
    assert!(first.body["data"]["key"].is_string());
    let mut answered = first.body.clone();
    answered["data"]["key"] = Value::Null;
    assert_eq!((second.status, &second.body), (201, &answered));
    assert_eq!(second.header("idempotent-replayed"), "true");
    let other = make(&json!({"name": "a gate", "role": "USER"})).await;
    other.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    let sql = server.sql();
    let keys = sql.number("select count(*)::int from api_keys");
    assert_eq!(keys.await.unwrap(), 1);
}

#[tokio::test]
async fn a_key_taken_away_manages_nothing_also_where_it_is_still_known() {
    let server = TestServer::start().await;
    let (key, id) = server.key_of("SUPER_ADMIN").await;
    lets_in(&server, &key, "/api-keys").await;
    // Asked in the same moment: whichever is first, no key is made with one that was taken away.
    let admin = token(Role::SuperAdmin, Uuid::from_u128(1));
    let path = format!("/api-keys/{id}");
    let revoked = server.delete(&path).by(&admin).send().await;
    assert_eq!(revoked.status, 200);
    let body = json!({"name": "a successor", "role": "SUPER_ADMIN"});
    let made = server.post("/api-keys", &body).by(&key).send().await;
    assert!([401, 403].contains(&made.status), "{}", made.text);
}

#[tokio::test]
async fn a_last_use_is_kept() {
    let server = TestServer::start().await;
    let (key, _) = server.key_of("SUPER_ADMIN").await;
    lets_in(&server, &key, "/api-keys").await;
    eventually("its use is kept", async || {
        let used = server.get("/api-keys").by(&key).send().await;
        used.body["data"][0]["last_used_at"].is_string()
    })
    .await;
}
