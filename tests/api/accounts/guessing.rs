//! Guessing passwords: slow, and told to the owner.

use std::sync::Arc;
use std::time::Duration;

use actors::clock::{Clock, ManualClock};
use fullhouse::accounts::Purpose;
use seating::timestamp::Timestamp;
use serde_json::json;
use test_database::TestDatabase;
use tokio::time::Instant;

use super::{PASSWORD, somebody, text};
use crate::support::TestServer;

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    server.register("old@example.com").await;
    // As another system hashed it, which takes far longer.
    let old = "update accounts set password_hash = '$2b$12$LQv3c1yqBWVHxkd0LHAkCOYz6TtxMQJqhN8/LewY5GyYzS3MebAJu' \
        where email = 'old@example.com'";
    server.sql().execute(old).await.unwrap();
    let mut answers = Vec::new();
    for email in ["ann@example.com", "nobody@example.com", "old@example.com"] {
        let began = Instant::now();
        let reply = server.login(email, "wrong horse battery").await;
        // Within the same steps of time, whatever was looked at.
        assert!(began.elapsed() >= Duration::from_secs(1));
        reply.assert_problem(401, "INVALID_CREDENTIALS");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        let mut body = reply.body.clone();
        body.as_object_mut().unwrap().remove("request_id");
        answers.push(body);
    }
    assert_eq!([&answers[1], &answers[2]], [&answers[0]; 2]);
    for email in ["ann@example.com", "nobody@example.com"] {
        let began = Instant::now();
        let body = json!({"email": email});
        let reply = server.post("/auth/password/forgot", &body).send().await;
        assert_eq!(reply.status, 202);
        assert!(began.elapsed() >= Duration::from_secs(1));
    }
}

/// A server behind a proxy, which says from where each request comes.
async fn behind_a_proxy() -> (TestServer, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(
        1_800_000_000,
    )));
    let database = Arc::new(TestDatabase::create().await);
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let flags = ["--trusted-proxies", "127.0.0.1/32"];
    (TestServer::on(database, shared, &flags).await, clock)
}

#[tokio::test]
async fn a_guesser_is_slowed_and_the_owner_is_let_in_and_told() {
    let (server, clock) = behind_a_proxy().await;
    server.register("ann@example.com").await;
    let login = async |from: &str, password: &str| {
        let body = json!({"email": "ann@example.com", "password": password});
        let asking = server.post("/auth/login", &body);
        asking.header("x-forwarded-for", from).send().await
    };
    for _ in 0..5 {
        let wrong = login("192.0.2.7", "wrong horse battery").await;
        wrong.assert_problem(401, "INVALID_CREDENTIALS");
    }
    // Even the right one is not looked at from there before its time.
    for password in ["wrong horse battery", PASSWORD] {
        let slowed = login("192.0.2.7", password).await;
        slowed.assert_problem(429, "RATE_LIMITED");
        assert!(slowed.header("retry-after").parse::<u32>().unwrap() >= 1);
    }
    let metrics = server.ask_ops("/metrics").send().await.text;
    for counted in [
        "fullhouse_sign_ins_total{outcome=\"wrong\"}",
        "fullhouse_sign_ins_total{outcome=\"slowed\"}",
        "fullhouse_guesses_slowed_total{by=",
    ] {
        assert!(metrics.contains(counted), "{counted}");
    }
    // The owner waits for nobody, wherever they are, and is told.
    let owner = login("198.51.100.1", PASSWORD).await;
    assert_eq!(owner.status, 200, "{}", owner.text);
    assert_eq!(owner.body["data"]["failed_attempts"]["count"], 5);
    let next = login("198.51.100.1", PASSWORD).await;
    assert_eq!(next.body["data"].get("failed_attempts"), None);
    // And nobody for good.
    clock.advance_seconds(2);
    let again = login("192.0.2.7", PASSWORD).await;
    assert_eq!(again.status, 200, "{}", again.text);
}

#[tokio::test]
async fn many_who_guess_together_are_slowed_and_the_owner_is_let_in_where_they_are_known() {
    let (server, _clock) = behind_a_proxy().await;
    let login = |email: &str, from: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        let asking = server.post("/auth/login", &body);
        asking.header("x-forwarded-for", from).send()
    };
    let home = server.post("/auth/register", &somebody("ann@example.com"));
    let home = home.header("x-forwarded-for", "198.51.100.1").send().await;
    assert_eq!(home.status, 201);
    for email in ["ann@example.com", "nobody@example.com"] {
        let all =
            (0..100).map(|last| login(email, &format!("192.0.2.{last}"), "wrong horse battery"));
        let all = futures::future::join_all(all.collect::<Vec<_>>()).await;
        let wrong = all.iter().filter(|reply| reply.status == 401).count();
        assert_eq!(wrong, 100, "{email}");
        let slowed = login(email, "192.0.2.200", PASSWORD).await;
        slowed.assert_problem(429, "RATE_LIMITED");
    }
    let owner = login("ann@example.com", "198.51.100.1", PASSWORD).await;
    assert_eq!(owner.status, 200, "{}", owner.text);

    // Nobody is kept out for good: whoever reads the owner's mail is let in where they read it.
    let slowed = login("ann@example.com", "198.51.100.9", PASSWORD).await;
    slowed.assert_problem(429, "RATE_LIMITED");
    server.forget("ann@example.com").await;
    let link = server.link(Purpose::ResetPassword).await;
    let body = json!({"token": link, "password": "another horse battery"});
    let reset = server.post("/auth/password/reset", &body);
    let reset = reset.header("x-forwarded-for", "198.51.100.9").send().await;
    assert_eq!(reset.status, 200, "{}", reset.text);
    let owner = login("ann@example.com", "198.51.100.9", "another horse battery").await;
    assert_eq!(owner.status, 200, "{}", owner.text);
    let others = login("ann@example.com", "192.0.2.201", "another horse battery").await;
    others.assert_problem(429, "RATE_LIMITED");
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
