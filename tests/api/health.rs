//! `/health`, the operations port, and what every answer has in common.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestServer, buyer, editor, layout};

#[tokio::test]
async fn health_and_readiness_are_answered() {
    let server = TestServer::start().await;
    let health = server.ask_at(Method::GET, "/health").send().await;
    assert_eq!(
        (health.status, &health.body),
        (200, &json!({"status": "ok"}))
    );
    assert_eq!(server.ask_ops("/livez").send().await.status, 200);
    let ready = server.ask_ops("/readyz").send().await;
    assert_eq!(
        (ready.status, &ready.body),
        (200, &json!({"status": "ready"}))
    );
    let verbose = server.ask_ops("/readyz?verbose").send().await;
    let checks = verbose.body["checks"].as_array().unwrap();
    let names: Vec<&str> = checks
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "database",
            "migrations",
            "journal",
            "ownership",
            "clock",
            "accepting"
        ]
    );
}

#[tokio::test]
async fn metrics_are_histograms_with_closed_labels() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    server.hold(&id, &buyer(), &["A-1-1"]).await;
    server
        .ask_at(Method::GET, "/nobody-knows-this")
        .send()
        .await;
    let metrics = server.ask_ops("/metrics").send().await;
    assert_eq!(metrics.status, 200);
    let wanted = [
        "fullhouse_http_request_duration_seconds_bucket{route=\"/api/v1/showtimes/{id}/holds\"",
        "route=\"unmatched\"",
        "fullhouse_commands_total{command=\"hold\",outcome=\"granted\"}",
        "fullhouse_command_duration_seconds_bucket",
        "fullhouse_oversold_seats 0",
        "fullhouse_http_problems_total{code=\"NOT_FOUND\"}",
        "process_resident_memory_bytes",
    ];
    for name in wanted {
        assert!(metrics.text.contains(name), "{name} is missing");
    }
    assert!(!metrics.text.contains(&id), "a showtime became a label");
    assert!(
        !metrics.text.contains("quantile="),
        "a histogram became a summary"
    );
    assert!(
        !metrics.text.contains("nobody-knows-this"),
        "a path became a label"
    );
}

#[tokio::test]
async fn every_answer_has_an_id_and_protects_browsers() {
    let server = TestServer::start().await;
    let given = server
        .get("/showtimes")
        .header("x-request-id", "mine-1")
        .send()
        .await;
    assert_eq!(given.header("x-request-id"), "mine-1");
    assert_eq!(given.header("x-content-type-options"), "nosniff");
    assert!(
        given
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    let unfit = server
        .get("/showtimes")
        .header("x-request-id", "not fit for a log")
        .send()
        .await;
    assert_eq!(unfit.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_are_problems() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v1/showtimes/",
        "/%00",
        "/docs/x",
    ] {
        let reply = server.ask_at(Method::GET, path).send().await;
        reply.assert_problem(404, "NOT_FOUND");
    }
    let wrong = server.ask(Method::PATCH, "/showtimes").send().await;
    wrong.assert_problem(405, "METHOD_NOT_ALLOWED");
    assert!(
        wrong.header("allow").contains("GET"),
        "{}",
        wrong.header("allow")
    );
    let wrong = server.ask_at(Method::POST, "/health").send().await;
    wrong.assert_problem(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn every_kind_of_problem_is_explained() {
    let server = TestServer::start().await;
    let kinds = server.ask_at(Method::GET, "/problems").send().await;
    let kinds = kinds.body.as_array().unwrap().clone();
    assert!(kinds.len() > 25);
    for kind in kinds {
        let reply = server
            .ask_at(Method::GET, kind["type"].as_str().unwrap())
            .send()
            .await;
        assert_eq!(reply.body, kind);
    }
    server
        .ask_at(Method::GET, "/problems/none-such")
        .send()
        .await
        .assert_problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn only_listed_origins_may_call() {
    let server = TestServer::with_flags(&["--cors-origins", "https://tickets.example"]).await;
    let preflight = |origin: &str| {
        let asking = server.ask(Method::OPTIONS, "/showtimes");
        asking
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .send()
    };
    let listed = preflight("https://tickets.example").await;
    assert_eq!(
        listed.header("access-control-allow-origin"),
        "https://tickets.example"
    );
    let stranger = preflight("https://elsewhere.example").await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_stopped_server_has_kept_its_promises() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let hold = server.hold(&id, &buyer(), &["A-1-1"]).await;
    assert_eq!(hold.status, 201);
    server.assert_consistent(&id).await;
    server
        .get(&format!("/showtimes/{id}/journal"))
        .by(&editor())
        .send()
        .await;
    assert_eq!(server.stop().await, fullhouse::server::Ended::Drained);
}
