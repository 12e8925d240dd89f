//! Refresh tokens: each is used once, and whoever uses one again loses all.

use reqwest::Method;
use serde_json::json;

use super::{PASSWORD, text};
use crate::support::{Reply, TestServer};

fn successor(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    text(&reply.body["data"], "refresh_token").to_owned()
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_moments_and_a_copied_token_ends_the_session() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let other = server.login("ann@example.com", PASSWORD).await;
    let first = text(&ann, "refresh_token");
    let second = successor(&server.refresh(first).await);
    assert_ne!(first, second);
    // Lost on the way: the same again.
    clock.advance_seconds(9);
    assert_eq!(successor(&server.refresh(first).await), second);
    let third = successor(&server.refresh(&second).await);
    // The first is two behind by now, whatever the time.
    server
        .refresh(first)
        .await
        .assert_problem(401, "SESSION_ENDED");
    // It ended its whole family, and no other.
    server
        .refresh(&third)
        .await
        .assert_problem(401, "SESSION_ENDED");
    successor(
        &server
            .refresh(text(&other.body["data"], "refresh_token"))
            .await,
    );
    let sql = server.sql();
    let rest = sql.number("select count(*)::int from sessions").await;
    assert_eq!(rest.unwrap(), 1);
}

#[tokio::test]
async fn a_used_token_is_too_late_after_ten_seconds() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let first = text(&ann, "refresh_token");
    let second = successor(&server.refresh(first).await);
    clock.advance_seconds(11);
    server
        .refresh(first)
        .await
        .assert_problem(401, "SESSION_ENDED");
    server
        .refresh(&second)
        .await
        .assert_problem(401, "SESSION_ENDED");
}

#[tokio::test]
async fn many_who_refresh_one_token_at_once_get_one_successor() {
    let server = TestServer::start().await;
    for round in 0..10 {
        let ann = server.register(&format!("ann{round}@example.com")).await;
        let first = text(&ann, "refresh_token");
        let all = futures::future::join_all((0..8).map(|_| server.refresh(first))).await;
        let mut successors: Vec<String> = all.iter().map(successor).collect();
        successors.dedup();
        assert_eq!(successors.len(), 1);
        successor(&server.refresh(&successors[0]).await);
    }
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_by_itself() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let mut token = text(&ann, "refresh_token").to_owned();
    // Seven days each time, for as long as it is used.
    for _ in 0..3 {
        clock.advance_seconds(6 * 86_400);
        token = successor(&server.refresh(&token).await);
    }
    clock.advance_seconds(7 * 86_400);
    server
        .refresh(&token)
        .await
        .assert_problem(401, "SESSION_ENDED");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_one_of_no_session() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let access = text(&ann, "access_token");
    for token in [
        "x",
        &"A".repeat(70),
        "\u{0}",
        "' or 1=1 --",
        "../../etc/passwd",
    ] {
        server
            .refresh(token)
            .await
            .assert_problem(401, "SESSION_ENDED");
    }
    // Longer than any token.
    server.refresh(access).await.assert_invalid("refresh_token");
    let none = server.ask(Method::POST, "/auth/refresh").send().await;
    none.assert_invalid("refresh_token");
}

#[tokio::test]
async fn browsers_refresh_with_a_cookie_that_other_pages_cannot_use() {
    let server = TestServer::with_flags(&["--cors-origins", "https://app.example"]).await;
    let login = server.login("nobody@example.com", PASSWORD).await;
    assert_eq!(login.header("set-cookie"), "");
    // A browser asks first whether it may send the header that no form can.
    let preflight = server.ask(Method::OPTIONS, "/auth/refresh");
    let preflight = preflight
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "x-csrf-protection,content-type",
        );
    let allowed = preflight.send().await;
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    let headers = allowed.header("access-control-allow-headers");
    assert!(headers.contains("x-csrf-protection"), "{headers}");
    server.register("ann@example.com").await;
    let login = server.login("ann@example.com", PASSWORD).await;
    let cookie = login.header("set-cookie").to_owned();
    for attribute in [
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/api/v1/auth/refresh",
    ] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let (pair, _) = cookie.split_once(';').unwrap();
    assert!(pair.starts_with("__Secure-fullhouse_refresh="), "{pair}");
    let ask = |pairs: &[(&str, &str)]| {
        let asking = server
            .ask(Method::POST, "/auth/refresh")
            .header("cookie", pair);
        let with = pairs
            .iter()
            .fold(asking, |it, (name, value)| it.header(name, value));
        with.send()
    };
    ask(&[]).await.assert_problem(403, "FORBIDDEN");
    let shown = ("x-csrf-protection", "1");
    let foreign = ask(&[shown, ("origin", "https://evil.example")]).await;
    foreign.assert_problem(403, "FORBIDDEN");
    let ours = ask(&[shown, ("origin", "https://app.example")]).await;
    assert_eq!(ours.status, 200, "{}", ours.text);
    assert_eq!(ours.header("access-control-allow-credentials"), "true");
    assert_ne!(ours.header("set-cookie"), cookie);
    let out = server.ask(Method::POST, "/auth/logout");
    let access = text(&ours.body["data"], "access_token");
    let out = out.by(access).send().await;
    assert_eq!(out.status, 200, "{}", out.text);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    ask(&[shown]).await.assert_problem(401, "SESSION_ENDED");
    assert_eq!(out.body["data"], json!({"message": "signed out"}));
}
