//! Who may do what.

use actors::clock::{Clock, SystemClock};
use fullhouse::auth::{Caller, DEMO_SECRET, Role, Tokens};
use reqwest::Method;
use seating::timestamp::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestServer, buyer, editor, house, token};

#[tokio::test]
async fn bad_tokens_are_401_and_change_nothing() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let caller = Caller {
        subject: Uuid::new_v4(),
        role: Role::User,
    };
    let here = Tokens::new(&DEMO_SECRET.to_owned().into());
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
                .post("/showtimes", &house(&[("1", 1)]))
                .by(&token)
                .send()
                .await;
            reply.assert_problem(401, "UNAUTHENTICATED");
        }
    }
}

#[tokio::test]
async fn the_houses_routes_need_the_houses_roles() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    let block = json!({"seats": ["A-1-1"], "reason": "pillar"});
    let routes = [
        (Method::POST, "/showtimes".to_owned(), house(&[("1", 1)])),
        (Method::POST, "/showtimes/import-plan".to_owned(), json!({})),
        (
            Method::POST,
            format!("/showtimes/{id}/block"),
            block.clone(),
        ),
        (Method::POST, format!("/showtimes/{id}/unblock"), block),
        (Method::GET, format!("/showtimes/{id}/audit"), json!({})),
        (Method::GET, format!("/showtimes/{id}/journal"), json!({})),
    ];
    for (method, path, body) in routes {
        let asking = || server.ask(method.clone(), &path).json(&body);
        asking().send().await.assert_problem(401, "UNAUTHENTICATED");
        asking()
            .by(&buyer())
            .send()
            .await
            .assert_problem(403, "FORBIDDEN");
    }
    assert_eq!(server.seq(&id).await, 1);
    let admin = token(Role::SuperAdmin, Uuid::new_v4());
    let audit = server
        .get(&format!("/showtimes/{id}/audit"))
        .by(&admin)
        .send()
        .await;
    assert_eq!(audit.status, 200);
}

#[tokio::test]
async fn reading_needs_no_token() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    for part in ["", "/seats", "/layout", "/availability"] {
        let reply = server.get(&format!("/showtimes/{id}{part}")).send().await;
        assert_eq!(reply.status, 200, "{part}");
    }
}
