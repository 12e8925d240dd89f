//! How much one address and one caller may ask.

use axum::http::Method;
use serde_json::json;

use crate::support::{Reply, TestServer, buyer, editor, layout};

/// Five at once and one more a second: asked one after the other, the bucket is empty soon.
const SLOW: &str = "1/s:5";
const FAST: &str = "100000/s";
/// More than any machine lets a bucket fill meanwhile.
const ASKED_MAX: usize = 10_000;

/// Asks until it is refused, and how often it was not.
async fn asked_until_refused(mut ask: impl AsyncFnMut() -> Reply) -> (usize, Reply) {
    let mut granted = 0;
    loop {
        let reply = ask().await;
        if reply.status == 429 {
            return (granted, reply);
        }
        granted += 1;
        assert!(granted < ASKED_MAX, "nobody is refused");
    }
}

fn assert_refused((granted, reply): &(usize, Reply), who: &str) {
    assert!(*granted >= 5, "a burst of five is let in: {granted}");
    reply.assert_problem(429, "RATE_LIMITED");
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!(seconds >= 1);
    let policy = format!("\"{who}\";q=5;w=5");
    assert_eq!(reply.header("ratelimit-policy"), policy);
    let standing = reply.header("ratelimit");
    assert!(
        standing.starts_with(&format!("\"{who}\";r=0;t=")),
        "{standing}"
    );
    assert!(reply.body["retry_after_ms"].as_u64().unwrap() >= 1_000);
}

#[tokio::test]
async fn one_address_is_let_in_at_its_rate() {
    let server = TestServer::with_flags(&["--rate-per-address", SLOW]).await;
    let first = server.get("/showtimes").send().await;
    assert_eq!(first.header("ratelimit"), "\"address\";r=4;t=1");
    assert_eq!(first.header("ratelimit-policy"), "\"address\";q=5;w=5");
    let (granted, refused) =
        asked_until_refused(async || server.get("/showtimes").send().await).await;
    assert_refused(&(granted + 1, refused), "address");
    // Whoever watches the server is not one of its users.
    let ready = server.ask_ops("/readyz").send().await;
    assert_eq!(ready.status, 200);
}

#[tokio::test]
async fn one_caller_is_let_in_at_their_rate_wherever_they_ask_from() {
    let flags = ["--rate-per-address", FAST, "--rate-of-reads", SLOW];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let path = format!("{holds}/00000000-0000-0000-0000-000000000000");
    let (one, other) = (buyer(), buyer());
    let ask = async || server.ask(Method::GET, &path).by(&one).send().await;
    assert_refused(&asked_until_refused(ask).await, "reads");
    let wish = json!({"best_available": {"quantity": 1}});
    let reply = server.post(&holds, &wish).by(&one).send().await;
    assert_eq!(reply.status, 201, "holds are counted apart");
    let reply = server.get(&path).by(&other).send().await;
    assert_eq!(reply.status, 404, "somebody else has a bucket of their own");
    // Staff have a rate of their own, and the public reads without a token.
    for _ in 0..10 {
        let reply = server.ask(Method::GET, &path).by(&editor()).send().await;
        assert_eq!(reply.status, 404);
        assert_eq!(server.get("/showtimes").send().await.status, 200);
    }
}

/// The public reads without a token; whoever shows one is charged for it there too.
#[tokio::test]
async fn a_token_is_charged_also_where_none_is_needed() {
    let flags = ["--rate-per-address", FAST, "--rate-per-staff", SLOW];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    for path in [
        format!("/showtimes/{id}"),
        format!("/showtimes/{id}/seats"),
        format!("/showtimes/{id}/layout"),
        format!("/showtimes/{id}/availability"),
    ] {
        let clerk = editor();
        let ask = async || server.get(&path).by(&clerk).send().await;
        assert_refused(&asked_until_refused(ask).await, "house");
        assert_eq!(server.get(&path).send().await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn behind_a_proxy_each_client_has_an_address_of_its_own() {
    let flags = ["--rate-per-address", SLOW, "--trusted-proxies=127.0.0.0/8"];
    let server = TestServer::with_flags(&flags).await;
    let from = async |client: &str| {
        let asking = server.get("/showtimes").header("x-forwarded-for", client);
        asking.send().await
    };
    // What a client claims of itself stands to the left, and is not believed.
    let ask = async || from("203.0.113.9, 198.51.100.7").await;
    assert_refused(&asked_until_refused(ask).await, "address");
    assert_eq!(from("203.0.113.9").await.status, 200);
}

#[tokio::test]
async fn who_is_not_behind_a_proxy_cannot_choose_an_address() {
    let server = TestServer::with_flags(&["--rate-per-address", SLOW]).await;
    let mut client = 0;
    let ask = async || {
        client += 1;
        let asking = server.get("/showtimes");
        let asking = asking.header("x-forwarded-for", &format!("198.51.100.{}", client % 256));
        asking.send().await
    };
    assert_refused(&asked_until_refused(ask).await, "address");
}

#[tokio::test]
async fn whoever_wants_to_be_somebody_is_let_in_at_a_rate_of_its_own() {
    let flags = ["--rate-per-address", FAST, "--rate-of-auth", "1/s:3"];
    let server = TestServer::with_flags(&flags).await;
    let body = serde_json::json!({"email": "nobody@example.com"});
    let mut refused = 0;
    for _ in 0..8 {
        let reply = server.post("/auth/password/forgot", &body);
        // A refusal waits for nothing, so that many of these are within a second.
        let reply = reply.send();
        let reply = tokio::time::timeout(std::time::Duration::from_millis(100), reply).await;
        if let Ok(reply) = reply {
            reply.assert_problem(429, "RATE_LIMITED");
            refused += 1;
        }
    }
    assert!(refused >= 3, "{refused}");
    assert_eq!(server.get("/showtimes").send().await.status, 200);
}

/// One test of a rush leaves the limits as they are: what is on by default is seen here.
#[tokio::test]
async fn a_buyer_who_holds_on_and_on_is_refused_by_default() {
    // Nothing is set that matters here: this only keeps the limits from being turned off for tests.
    let server = TestServer::with_flags(&["--rate-per-staff=100/s:400"]).await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let one = buyer();
    let wish = json!({"best_available": {"quantity": 1}});
    let ask = async || server.post(&holds, &wish).by(&one).send().await;
    let first = ask().await;
    assert_eq!(first.header("ratelimit-policy"), "\"holds\";q=20;w=120");
    assert_eq!(first.header("ratelimit"), "\"holds\";r=19;t=6");
    let (granted, refused) = asked_until_refused(ask).await;
    assert!((19..25).contains(&granted), "{granted}");
    refused.assert_problem(429, "RATE_LIMITED");
    // Whoever is refused may still read, and everybody else may hold.
    assert_eq!(server.get(&holds).by(&one).send().await.status, 200);
    let other = server.post(&holds, &wish).by(&buyer()).send().await;
    assert_eq!(other.status, 201, "{}", other.text);
}

#[tokio::test]
async fn a_token_that_lets_nobody_in_buys_nothing() {
    let flags = ["--rate-per-address", FAST, "--rate-of-reads", SLOW];
    let server = TestServer::with_flags(&flags).await;
    let one = buyer();
    let ask = async || server.get("/showtimes").by(&one).send().await;
    assert_refused(&asked_until_refused(ask).await, "reads");
    // Without a token, or with one that is none, reading costs the address alone.
    for _ in 0..20 {
        let reply = server.get("/showtimes").by("fh_none").send().await;
        assert_eq!(reply.status, 200);
        assert!(reply.header("ratelimit").starts_with("\"address\""));
    }
}

#[tokio::test]
async fn a_proxy_that_writes_forwarded_is_believed_and_x_forwarded_for_is_not() {
    let flags = [
        "--rate-per-address",
        SLOW,
        "--trusted-proxies=127.0.0.0/8",
        "--forwarded-header=forwarded",
    ];
    let server = TestServer::with_flags(&flags).await;
    let mut claims = 0;
    let ask = async || {
        claims += 1;
        let forged = format!("198.51.100.{}", claims % 256);
        let asking = server.get("/showtimes").header("x-forwarded-for", &forged);
        let hops = format!("for={forged}, for=\"[2001:db8::{claims:x}]:4711\";proto=https");
        asking.header("forwarded", &hops).send().await
    };
    // All of one /64 share a bucket.
    assert_refused(&asked_until_refused(ask).await, "address");
    let other = server
        .get("/showtimes")
        .header("forwarded", "for=198.51.100.1");
    assert_eq!(other.send().await.status, 200);
}
