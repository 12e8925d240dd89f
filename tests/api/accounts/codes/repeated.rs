//! Requests about codes that are sent again under their key.

use serde_json::{Value, json};

use super::{OTHER, PHONE, text, wrong};
use crate::support::TestServer;

#[tokio::test]
async fn a_code_that_is_asked_for_twice_is_sent_once() {
    let (server, clock) = TestServer::with_clock().await;
    let ask = async |phone: &str, key: &str| server.asking_for_code(phone).key(key).send().await;
    assert_eq!(ask(PHONE, "k").await.header("idempotent-replayed"), "");
    let code = server.newest_code(PHONE).await;
    clock.advance_seconds(120);
    let again = ask(PHONE, "k").await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (202, "true")
    );
    assert_eq!(server.newest_code(PHONE).await, code);
    assert_eq!(server.count("select sent from phone_codes").await, 1);
    // Keys of two numbers do not meet, and another key is another request.
    let other = ask(OTHER, "k").await;
    assert_eq!(
        (other.status, other.header("idempotent-replayed")),
        (202, "")
    );
    assert_eq!(ask(PHONE, "l").await.status, 202);
    assert_ne!(server.newest_code(PHONE).await, code);
}

#[tokio::test]
async fn whoever_signs_in_again_under_a_key_gets_the_same_session() {
    let (server, clock) = TestServer::with_clock().await;
    for status in [201, 200] {
        let code = server.code(PHONE).await;
        let enter = async |code: &str| server.entering(PHONE, code).key("k").send().await;
        let first = enter(&code).await;
        let again = enter(&code).await;
        assert_eq!(
            (first.status, again.status),
            (status, status),
            "{}",
            again.text
        );
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(first.header("location"), again.header("location"));
        for member in ["user", "refresh_token", "session_id"] {
            assert_eq!(first.body["data"][member], again.body["data"][member]);
        }
        enter(&wrong(&code))
            .await
            .assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
        // Whoever has gone on from it has had it.
        let token = text(&first.body["data"], "refresh_token");
        assert_eq!(server.refresh(token).await.status, 200);
        enter(&code).await.assert_problem(401, "SESSION_ENDED");
        let forget = "delete from keyed_writes";
        server.sql().execute(forget).await.unwrap();
        clock.advance_seconds(60);
    }
    assert_eq!(server.count("select count(*)::int from sessions").await, 2);
}

/// Whoever knows a key has no more guesses than others.
#[tokio::test]
async fn repetitions_are_guesses() {
    let (server, clock) = TestServer::with_clock().await;
    let code = server.code(PHONE).await;
    let enter = async |code: &str| server.entering(PHONE, code).key("k").send().await;
    assert_eq!(enter(&code).await.status, 201);
    for _ in 0..4 {
        enter(&wrong(&code))
            .await
            .assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    }
    enter(&code).await.assert_problem(401, "INVALID_CODE");
    // Nor more time.
    clock.advance_seconds(60);
    let code = server.code(PHONE).await;
    let enter = async |code: &str| server.entering(PHONE, code).key("l").send().await;
    assert_eq!(enter(&code).await.status, 200);
    clock.advance_seconds(300);
    enter(&code).await.assert_problem(401, "INVALID_CODE");
}

#[tokio::test]
async fn a_phone_is_proved_once_under_a_key() {
    let (server, _clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let code = server.code(PHONE).await;
    let prove = async |code: &str| {
        let body = json!({"phone": PHONE, "code": code});
        let prove = server.post("/auth/phone/verify", &body);
        prove.by(text(&ann, "access_token")).key("k").send().await
    };
    let first = prove(&code).await;
    let again = prove(&code).await;
    assert_eq!((first.status, again.status), (200, 200), "{}", first.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.body["data"], again.body["data"]);
    assert_eq!(first.body["data"]["phone_verified"], Value::Bool(true));
    prove(&wrong(&code))
        .await
        .assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
}
