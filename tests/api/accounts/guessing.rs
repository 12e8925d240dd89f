//! Guessing passwords: slow, and told to the owner.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::{PASSWORD, text};
use crate::support::TestServer;

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    let mut answers = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        let began = Instant::now();
        let reply = server.login(email, "wrong horse battery").await;
        // Within the same steps of time, whatever was looked at.
        assert!(began.elapsed() >= Duration::from_millis(250));
        reply.assert_problem(401, "INVALID_CREDENTIALS");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        let mut body = reply.body.clone();
        body.as_object_mut().unwrap().remove("request_id");
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
    for email in ["ann@example.com", "nobody@example.com"] {
        let began = Instant::now();
        let body = json!({"email": email});
        let reply = server.post("/auth/password/forgot", &body).send().await;
        assert_eq!(reply.status, 202);
        assert!(began.elapsed() >= Duration::from_millis(250));
    }
}

#[tokio::test]
async fn guesses_are_slowed_and_the_owner_is_let_in_and_told() {
    let (server, clock) = TestServer::with_clock().await;
    server.register("ann@example.com").await;
    // Somebody else's network: the owner's address is familiar, and has a count of its own.
    let guess = async || {
        server
            .sql()
            .execute("update sessions set address = '192.0.2.7'")
            .await
            .unwrap();
        server.login("ann@example.com", "wrong horse battery").await
    };
    for _ in 0..5 {
        guess().await.assert_problem(401, "INVALID_CREDENTIALS");
    }
    let slowed = guess().await;
    slowed.assert_problem(429, "RATE_LIMITED");
    assert!(slowed.header("retry-after").parse::<u32>().unwrap() >= 1);
    // Even the right one is not looked at before its time, but for the owner's own address.
    let sql = server.sql();
    server
        .login("ann@example.com", PASSWORD)
        .await
        .assert_problem(429, "RATE_LIMITED");
    sql.execute("update sessions set address = '127.0.0.1'")
        .await
        .unwrap();
    let owner = server.login("ann@example.com", PASSWORD).await;
    assert_eq!(owner.status, 200, "{}", owner.text);
    assert_eq!(owner.body["data"]["failed_attempts"]["count"], 5);
    let told = "select count(*)::int from outbox \
        where payload ->> 'news' = 'signed_in_after_failures' or done_at is not null";
    // The mail may have been sent already.
    assert!(sql.number(told).await.unwrap() <= 1);
    let next = server.login("ann@example.com", PASSWORD).await;
    assert_eq!(next.body["data"].get("failed_attempts"), None);
    // And never for good.
    clock.advance_seconds(2);
    guess().await.assert_problem(401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn whoever_holds_a_token_guesses_no_faster() {
    let (server, _clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let token = text(&ann, "access_token");
    let change = async |old: &str| {
        let body = json!({"old_password": old, "new_password": "another horse battery"});
        let change = server.post("/auth/password/change", &body);
        change.by(token).send().await
    };
    for _ in 0..5 {
        change("wrong horse battery")
            .await
            .assert_invalid("old_password");
    }
    change(PASSWORD).await.assert_problem(429, "RATE_LIMITED");
}
