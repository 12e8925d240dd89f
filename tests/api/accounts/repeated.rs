//! Writes about accounts that are sent again under their key: done once, answered twice.

use std::sync::Arc;

use actors::clock::{Clock, SystemClock};
use fullhouse::accounts::{Purpose, Role};
use reqwest::Method;
use serde_json::{Value, json};
use test_database::TestDatabase;
use uuid::Uuid;

use super::{PASSWORD, somebody, text};
use crate::support::{Asking, Reply, TestServer, token};

const OTHER: &str = "another horse battery";
const LINKS: &str = "select count(*)::int from account_links";
/// Jobs that there ever were: a mail is forgotten when it is sent.
const JOBS: &str = "select last_value::int from outbox_id_seq";
const SESSIONS: &str = "select count(*)::int from sessions";

/// The first answer, and that to the same request.
async fn twice(asking: impl Fn() -> Asking) -> [Reply; 2] {
    let first = asking().key("k").send().await;
    assert!(first.status < 300, "{}", first.text);
    assert_eq!(first.header("idempotent-replayed"), "", "{}", first.text);
    let again = asking().key("k").send().await;
    assert_eq!(again.status, first.status, "{}", again.text);
    [first, again]
}

/// The same, where the second answer is the first one and says so.
async fn replayed(asking: impl Fn() -> Asking) {
    let [first, again] = twice(asking).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.body["data"], first.body["data"]);
}

/// A token for somebody that the operator made, and that belongs to no session.
fn operators(somebody: &Value) -> String {
    let id = text(&somebody["user"], "user_id");
    token(Role::User, id.parse().unwrap())
}

impl TestServer {
    async fn number(&self, query: &'static str) -> i32 {
        self.sql().number(query).await.unwrap()
    }
}

#[tokio::test]
async fn a_password_is_changed_once_and_its_owner_told_once() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let change = |new: &str| {
        let body = json!({"old_password": PASSWORD, "new_password": new});
        let change = server.post("/auth/password/change", &body);
        change.by(text(&ann, "access_token"))
    };
    replayed(|| change(OTHER)).await;
    assert_eq!(server.number(JOBS).await, 2);
    let another = change("a third horse battery").key("k").send().await;
    another.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    // Of another request of the same caller as well.
    let sent = server.post("/auth/email/send", &json!({}));
    let sent = sent.by(text(&ann, "access_token")).key("k").send().await;
    sent.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    // Without a key it is decided by what is now.
    change(OTHER).send().await.assert_invalid("old_password");
    assert_eq!(server.login("ann@example.com", OTHER).await.status, 200);
}

#[tokio::test]
async fn links_answer_whoever_has_used_them() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    let link = server.link(Purpose::VerifyEmail).await;
    let verify = || server.post("/auth/email/verify", &json!({"token": link}));
    replayed(verify).await;
    verify().key("other").send().await.assert_invalid("token");

    // One mail, and no word of whether there is an account.
    let forgot = |email: &str| server.post("/auth/password/forgot", &json!({"email": email}));
    for email in ["ann@example.com", "nobody@example.com"] {
        let [_, again] = twice(|| forgot(email)).await;
        assert_eq!(again.header("idempotent-replayed"), "");
    }
    assert_eq!(server.number(LINKS).await, 1);
    let link = server.link(Purpose::ResetPassword).await;
    let reset = |password: &str| {
        let body = json!({"token": link, "password": password});
        server.post("/auth/password/reset", &body)
    };
    replayed(|| reset(OTHER)).await;
    let another = reset(PASSWORD).key("k").send().await;
    another.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(server.login("ann@example.com", OTHER).await.status, 200);
}

#[tokio::test]
async fn mails_that_were_asked_for_twice_are_sent_once() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let token = text(&ann, "access_token");
    replayed(|| server.ask(Method::POST, "/auth/email/send").by(token)).await;
    assert_eq!(server.number(LINKS).await, 2);
    let change = |password: &str| {
        let body = json!({"email": "lee@example.com", "password": password});
        let change = server.post("/auth/email/change", &body);
        change.by(token).header("idempotency-key", "change")
    };
    // What was refused is decided again.
    let refused = change(OTHER).send().await;
    refused.assert_invalid("password");
    for replayed in ["", "true"] {
        let sent = change(PASSWORD).send().await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        assert_eq!(sent.header("idempotent-replayed"), replayed);
    }
    assert_eq!(server.number(LINKS).await, 3);
}

#[tokio::test]
async fn what_changed_since_is_not_changed_back() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let change = |name: &str| {
        let change = server.ask(Method::PATCH, "/users/me");
        change
            .json(&json!({"name": name}))
            .by(text(&ann, "access_token"))
    };
    replayed(|| change("Cleo")).await;
    assert_eq!(change("Dora").send().await.status, 200);
    // The answer shows the account as it is now.
    let late = change("Cleo").key("k").send().await;
    assert_eq!(late.header("idempotent-replayed"), "true");
    assert_eq!(late.body["data"]["name"], "Dora");
    // Somebody else's key is another.
    let bob = server.register("bob@example.com").await;
    let bobs = server.ask(Method::PATCH, "/users/me");
    let bobs = bobs.json(&json!({"name": "Bob"})).key("k");
    let bobs = bobs.by(text(&bob, "access_token")).send().await;
    assert_eq!(bobs.header("idempotent-replayed"), "");
    assert_eq!(bobs.body["data"]["name"], "Bob");

    let admin = token(Role::SuperAdmin, Uuid::new_v4());
    let path = format!("/users/{}/role", text(&ann["user"], "user_id"));
    let role = |role: &str| {
        let role = server
            .ask(Method::PATCH, &path)
            .json(&json!({"role": role}));
        role.by(&admin)
    };
    replayed(|| role("EDITOR")).await;
    assert_eq!(role("USER").send().await.status, 200);
    let late = role("EDITOR").key("k").send().await;
    assert_eq!(late.body["data"]["role"], "USER", "{}", late.text);
}

#[tokio::test]
async fn signing_in_twice_under_a_key_opens_one_session() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    let login = |password: &str| {
        let body = json!({"email": "ann@example.com", "password": password});
        server.post("/auth/login", &body)
    };
    let [first, again] = twice(|| login(PASSWORD)).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    for member in ["session_id", "refresh_token"] {
        assert_eq!(again.body["data"][member], first.body["data"][member]);
    }
    assert_eq!(server.number(SESSIONS).await, 2);
    // Whoever has not the password learns nothing of what was done under a key.
    let wrong = login(OTHER).key("k").send().await;
    let body = json!({"email": "nobody@example.com", "password": OTHER});
    let nobody = server.post("/auth/login", &body).key("k").send().await;
    for reply in [wrong, nobody] {
        reply.assert_problem(401, "INVALID_CREDENTIALS");
        assert_eq!(reply.header("idempotent-replayed"), "");
    }
    // Whoever has used the tokens has had the answer.
    let token = text(&first.body["data"], "refresh_token");
    assert_eq!(server.refresh(token).await.status, 200);
    let late = login(PASSWORD).key("k").send().await;
    late.assert_problem(401, "SESSION_ENDED");
    // A password that was wrong is looked at again.
    for _ in 0..2 {
        let wrong = login(OTHER).key("wrong").send().await;
        wrong.assert_problem(401, "INVALID_CREDENTIALS");
    }
}

#[tokio::test]
async fn whoever_registers_again_after_signing_out_signs_in_instead() {
    let server = TestServer::start().await;
    let register = || server.post("/auth/register", &somebody("ann@example.com"));
    let another = || {
        let mut body = somebody("ann@example.com");
        body["password"] = OTHER.into();
        server.post("/auth/register", &body)
    };
    let [first, again] = twice(register).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = another().key("k").send().await;
    other.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    let token = text(&first.body["data"], "access_token");
    let out = server.ask(Method::POST, "/auth/logout").by(token);
    assert_eq!(out.send().await.status, 200);
    let late = register().key("k").send().await;
    late.assert_problem(409, "EMAIL_TAKEN");
}

#[tokio::test]
async fn sessions_end_once() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    // Hers would be refused within seconds, as a token of a session that has ended.
    let token = &operators(&ann);
    let login = server.login("ann@example.com", PASSWORD).await;
    let path = format!("/auth/sessions/{}", text(&login.body["data"], "session_id"));
    let end = || server.delete(&path).by(token);
    replayed(end).await;
    end().send().await.assert_problem(404, "NOT_FOUND");
    let everywhere = || {
        let all = server.delete("/auth/sessions").by(token);
        all.header("idempotency-key", "all")
    };
    assert_eq!(everywhere().send().await.status, 200);
    // Who signs in after that stays so.
    server.login("ann@example.com", PASSWORD).await;
    let again = everywhere().send().await;
    assert_eq!(
        again.header("idempotent-replayed"),
        "true",
        "{}",
        again.text
    );
    assert_eq!(server.number(SESSIONS).await, 1);
}

#[tokio::test]
async fn a_person_is_erased_once() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let token = operators(&ann);
    let link = server.link(Purpose::VerifyEmail).await;
    assert_eq!(server.verify(&link).await.status, 200);
    let erase = || {
        let erase = server.ask(Method::DELETE, "/users/me");
        let erase = erase.json(&json!({"password": PASSWORD}));
        erase.by(&token)
    };
    replayed(erase).await;
    assert_eq!(server.number(JOBS).await, 2);
}

/// Asks at once; all get the one answer, and one was the first.
async fn at_once<const TIMES: usize>(asking: impl Fn() -> Asking) -> Vec<Value> {
    let all = (0..TIMES).map(|_| asking().key("k").send());
    let all = futures::future::join_all(all).await;
    let first = |it: &&Reply| it.header("idempotent-replayed").is_empty();
    assert_eq!(all.iter().filter(first).count(), 1);
    all.iter()
        .map(|reply| {
            assert!(reply.status < 300, "{}", reply.text);
            reply.body["data"].clone()
        })
        .collect()
}

#[tokio::test]
async fn another_server_gives_the_answer_of_the_first() {
    let database = Arc::new(TestDatabase::create().await);
    let open = || {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        TestServer::on(Arc::clone(&database), clock, &[])
    };
    let server = open().await;
    let ann = server.register("ann@example.com").await;
    let body = json!({"old_password": PASSWORD, "new_password": OTHER});
    let change = |server: &TestServer| {
        let change = server.post("/auth/password/change", &body);
        change.by(text(&ann, "access_token")).key("k")
    };
    assert_eq!(change(&server).send().await.status, 200);
    server.stop().await;
    let another = open().await;
    let again = change(&another).send().await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let server = TestServer::start().await;
    let body = somebody("ann@example.com");
    let all = at_once::<8>(|| server.post("/auth/register", &body)).await;
    let ann = &all[0];
    assert!(all.iter().all(|it| it["session_id"] == ann["session_id"]));
    let login = json!({"email": "ann@example.com", "password": PASSWORD});
    let all = at_once::<8>(|| server.post("/auth/login", &login)).await;
    assert!(
        all.iter()
            .all(|it| it["session_id"] == all[0]["session_id"])
    );
    assert_eq!(server.number(SESSIONS).await, 2);

    let token = text(ann, "access_token");
    let link = server.link(Purpose::VerifyEmail).await;
    let verify = json!({"token": link});
    let name = json!({"name": "Cleo"});
    let patch = || server.ask(Method::PATCH, "/users/me").json(&name);
    let all = at_once::<8>(|| patch().by(token)).await;
    assert!(all.iter().all(|it| it["name"] == "Cleo"));
    // Of mails as many are sent as were asked for, and the limit counts each once.
    for round in 0..4 {
        let send = || server.ask(Method::POST, "/auth/email/send").by(token);
        let key = format!("send {round}");
        let all = (0..8).map(|_| send().header("idempotency-key", &key).send());
        let all = futures::future::join_all(all).await;
        assert!(all.iter().all(|reply| reply.status == 202), "{round}");
    }
    at_once::<8>(|| server.post("/auth/email/verify", &verify)).await;
    let body = json!({"old_password": PASSWORD, "new_password": OTHER});
    let change = || server.post("/auth/password/change", &body).by(token);
    let all = (0..8).map(|_| change().header("idempotency-key", "change").send());
    let all = futures::future::join_all(all).await;
    assert!(all.iter().all(|reply| reply.status == 200));
    assert_eq!(server.login("ann@example.com", OTHER).await.status, 200);
}
