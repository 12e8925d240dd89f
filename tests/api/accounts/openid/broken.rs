//! A provider that is away, or answers what it must not: a clear answer, and nothing changed.

use std::sync::Arc;
use std::time::Duration;

use actors::clock::SystemClock;
use fullhouse::config::Secret;
use openid_provider::{CLIENT_ID, CLIENT_SECRET, Mood};
use serde_json::json;
use test_database::TestDatabase;

use super::{Scene, cookies, takes_flow_away};
use crate::accounts::PASSWORD;
use crate::support::{TestServer, configured};

/// What no endpoint may answer.
const WRONG: [Mood; 5] = [
    Mood::Status(500),
    Mood::Status(404),
    Mood::Garbage,
    Mood::TooMuch,
    Mood::Elsewhere,
];

#[tokio::test]
async fn a_provider_that_does_not_say_where_it_is_keeps_nobody_else_out() {
    for mood in WRONG {
        let scene = Scene::open().await;
        scene.provider.script().await.discovery = mood;
        let counted = scene.counted("provider_unavailable").await;
        for _ in 0..5 {
            let refused = scene.ask("/auth/google", None).await;
            refused.assert_problem(503, "PROVIDER_UNAVAILABLE");
            assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
            assert!(cookies(&refused).is_empty(), "{mood:?}");
        }
        assert!(scene.counted("provider_unavailable").await > counted);
        // It is left alone for some seconds.
        assert_eq!(scene.provider.script().await.asked.discovery, 1, "{mood:?}");
        scene.server.register("bob@example.com").await;
        assert_eq!(
            scene.server.login("bob@example.com", PASSWORD).await.status,
            200
        );
    }
}

#[tokio::test]
async fn a_document_of_another_provider_or_of_open_endpoints_is_not_taken() {
    for wrong in [
        json!({"issuer": "https://accounts.google.com"}),
        json!({"token_endpoint": "http://tokens.example.com/"}),
        json!({"jwks_uri": null}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
    ] {
        let scene = Scene::open().await;
        scene.provider.script().await.says = wrong;
        let refused = scene.ask("/auth/google", None).await;
        refused.assert_problem(503, "PROVIDER_UNAVAILABLE");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_fails_is_the_providers_fault_and_a_code_that_it_refuses_is_not() {
    let scene = Scene::open().await;
    let more = [Mood::Error("invalid_client"), Mood::Error("server_error")];
    for mood in WRONG.into_iter().chain(more) {
        scene.provider.script().await.token = mood;
        let refused = scene.sign_in().await;
        refused.assert_problem(503, "PROVIDER_UNAVAILABLE");
        assert!(takes_flow_away(&refused), "{mood:?}");
        assert!(!refused.text.contains("invalid_client"), "{}", refused.text);
    }
    scene.provider.script().await.token = Mood::Error("invalid_grant");
    let refused = scene.sign_in().await;
    refused.assert_problem(400, "SIGN_IN_FAILED");
    assert!(
        refused.text.contains("does not take the code"),
        "{}",
        refused.text
    );
    assert_eq!(scene.rows().await, [0, 0, 0]);
    scene.provider.script().await.token = Mood::Good;
    assert_eq!(scene.sign_in().await.status, 201);
}

#[tokio::test]
async fn without_keys_no_token_is_believed() {
    for mood in WRONG {
        let scene = Scene::open().await;
        scene.provider.script().await.keys = mood;
        let refused = scene.sign_in().await;
        refused.assert_problem(503, "PROVIDER_UNAVAILABLE");
        assert_eq!(scene.rows().await, [0, 0, 0], "{mood:?}");
    }
}

#[tokio::test]
async fn a_code_that_was_made_up_or_is_of_another_flow_is_refused() {
    let scene = Scene::open().await;
    let (begun, other) = (scene.begin().await, scene.begin().await);
    let back = scene.agree(&other).await;
    let code = |back: &str| {
        let (_, rest) = back.split_once("code=").unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let own = scene.agree(&begun).await;
    // The code of somebody else, put into this flow: the verifier is not its own.
    let injected = own.replace(&code(&own), &code(&back));
    let refused = scene.ask(&injected, Some(&begun.cookie)).await;
    refused.assert_problem(400, "SIGN_IN_FAILED");
    let long = "x".repeat(2_049);
    for made_up in ["x", &long] {
        let path = own.replace(&code(&own), made_up);
        let refused = scene.ask(&path, Some(&begun.cookie)).await;
        refused.assert_problem(400, "SIGN_IN_FAILED");
    }
    assert_eq!(scene.rows().await, [0, 0, 0]);
    assert_eq!(scene.ask(&own, Some(&begun.cookie)).await.status, 201);
}

#[tokio::test]
async fn whoever_waits_for_a_slow_provider_is_bounded_in_time_and_number() {
    let scene = Scene::open().await;
    let mut backs = Vec::new();
    for _ in 0..40 {
        let begun = scene.begin().await;
        backs.push((scene.agree(&begun).await, begun.cookie));
    }
    scene.provider.script().await.token = Mood::Slow(Duration::from_mins(10));
    let all = backs
        .iter()
        .map(|(back, cookie)| scene.ask(back, Some(cookie)));
    let all = futures::future::join_all(all).await;
    let of = |code: &str| all.iter().filter(|it| it.body["code"] == code).count();
    assert_eq!((of("PROVIDER_UNAVAILABLE"), of("OVERLOADED")), (32, 8));
    assert!(all.iter().all(|it| it.status == 503 && takes_flow_away(it)));
    assert_eq!(scene.rows().await, [0, 0, 0]);
    scene.provider.script().await.token = Mood::Good;
    assert_eq!(scene.sign_in().await.status, 201);
}

#[tokio::test]
async fn a_server_starts_without_its_provider() {
    let database = Arc::new(TestDatabase::create().await);
    let flags = [
        "--openid-issuer",
        "http://127.0.0.1:9",
        "--openid-client-id",
        CLIENT_ID,
    ];
    let mut config = configured(&database.url(), &flags);
    let secret = Secret::given("FULLHOUSE_OPENID_CLIENT_SECRET", CLIENT_SECRET);
    config.openid.openid_client_secret = secret;
    let clock = Arc::new(SystemClock::start());
    let server = TestServer::of(config, Some(database), clock).await;
    let refused = server.get("/auth/google").send().await;
    refused.assert_problem(503, "PROVIDER_UNAVAILABLE");
    server.register("ann@example.com").await;
}

#[tokio::test]
async fn where_no_provider_is_set_up_there_is_none() {
    let server = TestServer::start().await;
    for path in ["/auth/google", "/auth/google/callback?code=x&state=y"] {
        let refused = server.get(path).send().await;
        refused.assert_problem(404, "NOT_FOUND");
        assert!(refused.text.contains("not set up"), "{}", refused.text);
    }
}

#[tokio::test]
async fn the_secret_goes_where_the_provider_wants_it() {
    let scene = Scene::open().await;
    let says = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
    scene.provider.script().await.says = says;
    assert_eq!(scene.sign_in().await.status, 201);
}

#[tokio::test]
async fn a_provider_without_a_discovery_document_is_reached_by_settings() {
    let scene = Scene::open().await;
    scene.provider.script().await.discovery = Mood::Status(404);
    let issuer = scene.provider.issuer();
    let [page, token, keys] =
        ["authorize?tenant=7", "token", "keys"].map(|it| format!("{issuer}/{it}"));
    let flags = [
        "--openid-authorization-url",
        page.as_str(),
        "--openid-token-url",
        &token,
        "--openid-jwks-url",
        &keys,
    ];
    let (clock, database) = (Arc::clone(&scene.clock), Arc::clone(&scene.database));
    let server = super::server_of(&scene.provider, &database, (&clock, &flags)).await;
    let scene = Scene { server, ..scene };
    assert_eq!(scene.sign_in().await.status, 201);
    assert_eq!(scene.provider.script().await.asked.discovery, 0);
}

#[tokio::test]
async fn strangers_are_charged_for_both_ends() {
    let clock = Arc::new(SystemClock::start());
    let scene = Scene::with_flags(clock, &["--rate-of-auth", "1/s:4"]).await;
    let asked = ["/auth/google", "/auth/google/callback?state=x"].repeat(6);
    let all = futures::future::join_all(asked.iter().map(|path| scene.ask(path, None))).await;
    let limited = all.iter().filter(|it| it.body["code"] == "RATE_LIMITED");
    assert!(limited.count() >= 4);
}
