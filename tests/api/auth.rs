//! Who may do what.

use std::sync::Arc;

use actors::clock::{Clock, SystemClock};
use fullhouse::accounts::{Caller, Role, Tokens};
use persistence::audit_log::By;
use persistence::revocations::{Revocations, TokensEnd};
use seating::timestamp::Timestamp;
use serde_json::json;
use test_database::TestDatabase;
use testkit::waiting::eventually_ok;
use uuid::Uuid;

use crate::support::{TestServer, buyer, editor, layout, tokens};

#[tokio::test]
async fn bad_tokens_are_401_and_change_nothing() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let caller = Caller {
        subject: Uuid::new_v4(),
        role: Role::User,
    };
    let here = tokens();
    let elsewhere = Tokens::new(&"a secret that is not this server's own".to_owned().into());
    let expired = here
        .mint(caller, Timestamp::from_unix_seconds(1_000), 60)
        .unwrap();
    let forged = elsewhere
        .mint(caller, SystemClock::start().now(), 60)
        .unwrap();
    let good = buyer();
    let tampered = format!("{}x", &good[..good.len() - 1]);
    let tokens = [
        "",
        "x",
        "a.b.c",
        &expired,
        &forged,
        &tampered,
        &good[1..],
        "\u{e9}",
    ];
    for token in tokens {
        let reply = server
            .post(&holds, &json!({"seats": ["A-1-1"]}))
            .by(token)
            .send()
            .await;
        reply.assert_problem(401, "UNAUTHENTICATED");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
    let none = server
        .post(&holds, &json!({"seats": ["A-1-1"]}))
        .send()
        .await;
    none.assert_problem(401, "UNAUTHENTICATED");
    let basic = server.post(&holds, &json!({"seats": ["A-1-1"]}));
    let basic = basic.header("authorization", "Basic dTpw").send().await;
    basic.assert_problem(401, "UNAUTHENTICATED");
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn a_token_that_names_its_own_algorithm_is_refused() {
    let server = TestServer::start().await;
    // {"alg":"none","typ":"JWT"} and {"alg":"HS512","typ":"JWT"}
    let headers = [
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0",
        "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9",
    ];
    let good = editor();
    let (_, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    for header in headers {
        for signature in [signature, ""] {
            let token = format!("{header}.{claims}.{signature}");
            let reply = server
                .post("/showtimes", &layout(&[("1", 1)]))
                .by(&token)
                .send()
                .await;
            reply.assert_problem(401, "UNAUTHENTICATED");
        }
    }
}

#[tokio::test]
async fn reading_needs_no_token() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    for part in ["", "/seats", "/layout", "/availability"] {
        let reply = server.get(&format!("/showtimes/{id}{part}")).send().await;
        assert_eq!(reply.status, 200, "{part}");
    }
}

#[tokio::test]
async fn revoked_tokens_are_refused_and_later_ones_are_not() {
    let database = Arc::new(TestDatabase::create().await);
    let revocations = Revocations::new(database.pool().clone());
    let server = TestServer::on(database, Arc::new(SystemClock::start()), &[]).await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let (thief, now) = (Uuid::new_v4(), SystemClock::start().now());
    let minted = |subject, at| {
        let role = Role::Editor;
        tokens().mint(Caller { subject, role }, at, 3_600).unwrap()
    };
    let leaked = minted(thief, now);
    let (later, others) = (
        minted(thief, now.plus_seconds(2)),
        minted(Uuid::new_v4(), now),
    );
    let audit = format!("/showtimes/{id}/audit");
    let ask = async |token: &str| server.get(&audit).by(token).send().await;
    assert_eq!(ask(&leaked).await.status, 200);
    assert!(
        revocations
            .revoke(thief, until(now.plus_seconds(1)), (By::default(), now))
            .await
            .unwrap()
    );
    // An earlier time than what stands there changes nothing.
    let earlier = Timestamp::from_unix_seconds(1);
    assert!(
        revocations
            .revoke(thief, until(earlier), (By::default(), now))
            .await
            .unwrap()
    );
    let refused = eventually_ok("the thief is refused", async || match ask(&leaked).await {
        answered if answered.status == 200 => Err(answered.text),
        refused => Ok(refused),
    });
    refused.await.assert_problem(401, "UNAUTHENTICATED");
    assert_eq!(ask(&later).await.status, 200);
    assert_eq!(ask(&others).await.status, 200);
}

/// The end of tokens that were issued before then, to be known for a day.
fn until(not_before: Timestamp) -> TokensEnd {
    TokensEnd {
        not_before,
        forget_at: not_before.plus_seconds(86_400),
    }
}
