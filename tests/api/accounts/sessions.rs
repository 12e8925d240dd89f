//! Where somebody is signed in.

use reqwest::Method;
use serde_json::json;

use super::{PASSWORD, text};
use crate::support::{TestServer, buyer};

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let other = server.login("ann@example.com", PASSWORD).await;
    let bob = server.register("bob@example.com").await;
    let token = text(&ann, "access_token");
    let list = server.get("/auth/sessions").by(token).send().await;
    let all = list.body["data"].as_array().unwrap().clone();
    assert_eq!(all.len(), 2, "{}", list.text);
    for session in &all {
        let mine = session["session_id"] == ann["session_id"];
        assert_eq!(session["current"], mine);
        assert_eq!(session["address"], "127.0.0.1");
    }
    // Nobody else's.
    let path = format!("/auth/sessions/{}", text(&bob, "session_id"));
    let foreign = server.delete(&path).by(token).send().await;
    foreign.assert_problem(404, "NOT_FOUND");
    let path = format!("/auth/sessions/{}", text(&other.body["data"], "session_id"));
    assert_eq!(server.delete(&path).by(token).send().await.status, 200);
    server
        .delete(&path)
        .by(token)
        .send()
        .await
        .assert_problem(404, "NOT_FOUND");
    let ended = server
        .refresh(text(&other.body["data"], "refresh_token"))
        .await;
    ended.assert_problem(401, "SESSION_ENDED");
    assert_eq!(
        server.refresh(text(&ann, "refresh_token")).await.status,
        200
    );
}

#[tokio::test]
async fn signing_out_everywhere_ends_access_tokens_too() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let token = text(&ann, "access_token");
    clock.advance_seconds(2);
    let out = server.delete("/auth/sessions").by(token).send().await;
    assert_eq!(out.status, 200);
    testkit::waiting::eventually_ok("the access token is refused", async || {
        let reply = server.get("/users/me").by(token).send().await;
        if reply.status == 401 {
            Ok(())
        } else {
            Err(reply.text)
        }
    })
    .await;
    server
        .refresh(text(&ann, "refresh_token"))
        .await
        .assert_problem(401, "SESSION_ENDED");
    // Whoever signs in again at once is let in.
    let again = server.login("ann@example.com", PASSWORD).await;
    let token = text(&again.body["data"], "access_token");
    assert_eq!(server.get("/users/me").by(token).send().await.status, 200);
}

#[tokio::test]
async fn an_account_has_so_many_sessions_and_the_oldest_leaves() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    for _ in 0..50 {
        clock.advance_seconds(1);
        assert_eq!(server.login("ann@example.com", PASSWORD).await.status, 200);
    }
    let list = server.get("/auth/sessions").by(text(&ann, "access_token"));
    assert_eq!(list.send().await.body["data"].as_array().unwrap().len(), 50);
    server
        .refresh(text(&ann, "refresh_token"))
        .await
        .assert_problem(401, "SESSION_ENDED");
}

#[tokio::test]
async fn tokens_of_the_operators_have_no_session_and_sign_out_all_the_same() {
    let server = TestServer::start().await;
    let token = buyer();
    let out = server
        .ask(Method::POST, "/auth/logout")
        .by(&token)
        .send()
        .await;
    assert_eq!(out.status, 200, "{}", out.text);
    let list = server.get("/auth/sessions").by(&token).send().await;
    assert_eq!(list.body["data"], json!([]));
    server
        .get("/users/me")
        .by(&token)
        .send()
        .await
        .assert_problem(404, "NOT_FOUND");
}
