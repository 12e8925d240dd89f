//! Who did what.

use fullhouse::accounts::{Purpose, Role};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::accounts::{PASSWORD, text};
use crate::support::{Reply, TestServer, layout, token};

const CLERK: Uuid = Uuid::from_u128(0xc1e4);

fn clerk() -> String {
    token(Role::Editor, CLERK)
}

fn admin() -> String {
    token(Role::SuperAdmin, Uuid::from_u128(1))
}

impl TestServer {
    /// The newest rows, the oldest of them first.
    async fn logged(&self, filter: &str) -> Vec<Value> {
        let path = format!("/audit-log?limit=100&{filter}");
        let reply = self.get(&path).by(&admin()).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let mut rows = reply.body["data"].as_array().unwrap().clone();
        rows.reverse();
        rows
    }

    async fn erase(&self, email: &str, password: &str) {
        let person = self.login(email, password).await;
        let body = json!({"password": password});
        let erase = self.ask(Method::DELETE, "/users/me").json(&body);
        let erased = erase.by(text(&person.body["data"], "access_token"));
        assert_eq!(erased.send().await.status, 200);
    }

    async fn of_target(&self, target: &str) -> Vec<Value> {
        self.logged(&format!("target_id={target}")).await
    }
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(row, "action")).collect()
}

#[tokio::test]
async fn each_write_of_the_staff_leaves_a_row_with_who_and_in_which_request() {
    let server = TestServer::start().await;
    let ask = async |method: Method, path: &str, body: &Value, request: &str| -> Reply {
        let asking = server.ask(method, path).json(body).by(&clerk());
        let reply = asking.header("x-request-id", request).send().await;
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply
    };
    let created = ask(Method::POST, "/showtimes", &layout(&[("1", 9)]), "r-0").await;
    let id = text(&created.body["data"], "showtime_id").to_owned();
    let at = |rest: &str| format!("/showtimes/{id}{rest}");
    let change = json!({"max_per_buyer": 3});
    ask(Method::PATCH, &at(""), &change, "r-1").await;
    let places = json!({"seats": ["A-1-8", "A-1-9"], "reason": "a pillar"});
    ask(Method::POST, &at("/block"), &places, "r-2").await;
    ask(Method::POST, &at("/unblock"), &places, "r-3").await;
    let wish = json!({"seats": ["A-1-1"]});
    let held = ask(Method::POST, &at("/holds"), &wish, "r-4").await;
    let first = at(&format!("/holds/{}", held.hold_id()));
    let seconds = json!({"seconds": 60});
    ask(Method::POST, &format!("{first}/extend"), &seconds, "r-5").await;
    ask(Method::POST, &format!("{first}/confirm"), &json!({}), "r-6").await;
    let wish = json!({"seats": ["A-1-2"]});
    let other = ask(Method::POST, &at("/holds"), &wish, "r-7").await;
    let second = at(&format!("/holds/{}", other.hold_id()));
    ask(Method::DELETE, &second, &json!({}), "r-8").await;
    // What a buyer does is in the journal alone.
    let buyers = server.hold(&id, &crate::support::buyer(), &["A-1-3"]).await;
    assert_eq!(buyers.status, 201);

    let rows = server.of_target(&id).await;
    assert_eq!(
        actions(&rows),
        [
            "showtime.created",
            "showtime.reconfigured",
            "showtime.blocked",
            "showtime.unblocked",
            "showtime.held",
            "showtime.extended",
            "showtime.confirmed",
            "showtime.held",
            "showtime.released"
        ]
    );
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row["actor_id"], CLERK.to_string(), "{row}");
        assert_eq!(row["source"], "api");
        assert_eq!(row["request_id"], format!("r-{number}"), "{row}");
        assert_eq!(row["target_kind"], "showtime");
    }
    assert_eq!(rows[0]["after"]["title"], "A play");
    assert_eq!(rows[1]["before"]["max_per_buyer"], 10);
    assert_eq!(rows[1]["after"]["max_per_buyer"], 3);
    assert_eq!(rows[2]["after"], json!({"places": 2, "reason": "a pillar"}));
    assert_eq!(rows[2]["seq"], 3);
    assert_eq!(rows[6]["after"]["places"], 1);
    assert_eq!(server.logged(&format!("actor_id={CLERK}")).await.len(), 9);
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn what_was_done_before_under_a_key_is_not_logged_again() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let body = json!({"seats": ["A-1-1"], "reason": "x"});
    for _ in 0..2 {
        let block = server.post(&format!("/showtimes/{id}/block"), &body);
        let reply = block.by(&clerk()).key("k").send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let rows = server.logged(&format!("actor_id={CLERK}")).await;
    assert_eq!(actions(&rows), ["showtime.blocked"]);
}

#[tokio::test]
async fn each_change_of_an_account_leaves_a_row_and_the_person_can_be_erased_from_them() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let (me, id) = (text(&ann, "access_token"), text(&ann["user"], "user_id"));
    let verification = server.link(Purpose::VerifyEmail).await;
    assert_eq!(server.verify(&verification).await.status, 200);
    let change = json!({"name": "Ann Bee", "phone": "+919876543210"});
    let changed = server.ask(Method::PATCH, "/users/me").json(&change).by(me);
    assert_eq!(changed.send().await.status, 200);
    let other = json!({"email": "bee@example.com", "password": PASSWORD});
    let moved = server.post("/auth/email/change", &other).by(me);
    assert_eq!(moved.send().await.status, 202);
    let link = server.link(Purpose::ChangeEmail).await;
    assert_eq!(server.verify(&link).await.status, 200);
    let new = json!({"old_password": PASSWORD, "new_password": "another long one"});
    let password = server.post("/auth/password/change", &new).by(me);
    assert_eq!(password.send().await.status, 200);
    let role = server.ask(Method::PATCH, &format!("/users/{id}/role"));
    let role = role.json(&json!({"role": "EDITOR"})).by(&admin());
    assert_eq!(role.send().await.status, 200);
    let everywhere = server.delete("/auth/sessions").by(me).send().await;
    assert_eq!(everywhere.status, 200);

    let rows = server.of_target(id).await;
    assert_eq!(
        actions(&rows),
        [
            "account.created",
            "account.email_verified",
            "account.profile_changed",
            "account.email_changed",
            "account.password_changed",
            "account.role_changed",
            "account.sessions_ended"
        ]
    );
    let members = ["actor_id", "before", "after"];
    let said = |row: &Value| members.map(|name| row[name].clone());
    let none = Value::Null;
    let created = json!({"role": "USER", "email": "ann@example.com", "name": "Ann Lee",
        "phone": null, "blocked": false, "email_verified": false, "phone_verified": false});
    assert_eq!(said(&rows[0]), [none.clone(), none.clone(), created]);
    assert_eq!(rows[1]["after"], json!({"email_verified": true}));
    let before = json!({"name": "Ann Lee", "phone": null});
    assert_eq!(said(&rows[2]), [json!(id), before, change]);
    assert_eq!(rows[3]["before"], json!({"email": "ann@example.com"}));
    assert_eq!(rows[3]["after"], json!({"email": "bee@example.com"}));
    assert_eq!(said(&rows[4]), [json!(id), none.clone(), none]);
    assert_eq!(rows[5]["actor_id"], Uuid::from_u128(1).to_string());
    assert_eq!(rows[5]["before"], json!({"role": "USER"}));
    assert_eq!(rows[5]["after"], json!({"role": "EDITOR"}));

    server.erase("bee@example.com", "another long one").await;
    let rows = server.of_target(id).await;
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[7]["action"], "account.erased");
    let all = serde_json::to_string(&rows).unwrap();
    for gone in ["ann@example.com", "bee@example.com", "Ann", "919876543210"] {
        assert!(!all.contains(gone), "{gone}: {all}");
    }
    assert_eq!(rows[5]["after"], json!({"role": "EDITOR"}));
}

#[tokio::test]
async fn keys_of_programs_act_under_their_own_name() {
    let server = TestServer::start().await;
    let (key, id) = server.key_of("EDITOR").await;
    let showtime = testkit::waiting::eventually_ok("the key is known", async || {
        let create = server.post("/showtimes", &layout(&[("1", 1)]));
        let created = create.by(&key).send().await;
        match created.status {
            201 => Ok(text(&created.body["data"], "showtime_id").to_owned()),
            status => Err(status),
        }
    })
    .await;
    let rows = server.of_target(&showtime).await;
    assert_eq!(rows[0]["actor_id"], id);
    let path = format!("/api-keys/{id}");
    let revoked = server.delete(&path).by(&admin()).send().await;
    assert_eq!(revoked.status, 200);
    let rows = server.of_target(&id).await;
    assert_eq!(actions(&rows), ["api_key.created", "api_key.revoked"]);
    assert_eq!(
        rows[0]["after"],
        json!({"name": "a till", "role": "EDITOR"})
    );
}

#[tokio::test]
async fn the_log_is_read_page_by_page_by_whoever_manages_accounts() {
    let server = TestServer::start().await;
    for number in 0..5 {
        server.register(&format!("ann{number}@example.com")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/audit-log?limit=2&action=account.created".to_owned();
    loop {
        let page = server.get(&path).by(&admin()).send().await;
        let rows = page.body["data"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["audit_id"].as_i64().unwrap()));
        let Some(cursor) = page.body["meta"]["next_cursor"].as_str() else {
            break;
        };
        path = format!("/audit-log?limit=2&action=account.created&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|one, next| one > next), "{seen:?}");
    assert!(server.logged("until=2020-01-01T00:00:00Z").await.is_empty());
    let recent = server.logged("from=2020-01-01T00:00:00%2B05:30&action=account.created");
    assert_eq!(recent.await.len(), 5);
    for (query, field) in [
        ("cursor=x", "cursor"),
        ("actor_id=ann", "actor_id"),
        ("target_id=1", "target_id"),
        ("from=yesterday", "from"),
        ("until=2020", "until"),
        ("action=Role%20changed", "action"),
        ("limit=0", "limit"),
    ] {
        let path = format!("/audit-log?{query}");
        let wrong = server.get(&path).by(&admin()).send().await;
        wrong.assert_invalid(field);
    }
    let refused = server.get("/audit-log").by(&clerk()).send().await;
    refused.assert_problem(403, "FORBIDDEN");
}
