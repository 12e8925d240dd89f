//! How many codes are sent.

use super::{OTHER, PHONE, told};
use crate::support::TestServer;

const SENT: &str = "select coalesce(sum(sent), 0)::int from phone_codes";

#[tokio::test]
async fn a_number_is_sent_one_code_a_minute_and_so_many_a_day() {
    let (server, clock) = TestServer::with_clock_and(&["--codes-per-day", "3"]).await;
    server.code(PHONE).await;
    let day = 24 * 60 * 60;
    for _ in 0..2 {
        let soon = server.asking_for_code(PHONE).send().await;
        soon.assert_problem(429, "RATE_LIMITED");
        assert_eq!(soon.header("retry-after"), "60");
        assert_eq!(server.asking_for_code(OTHER).send().await.status / 100, 2);
        clock.advance_seconds(59);
        let soon = server.asking_for_code(PHONE).send().await;
        assert_eq!((soon.status, soon.header("retry-after")), (429, "1"));
        clock.advance_seconds(1);
        server.code(PHONE).await;
    }
    clock.advance_seconds(60);
    let enough = server.asking_for_code(PHONE).send().await;
    enough.assert_problem(429, "RATE_LIMITED");
    assert_eq!(enough.header("retry-after"), (day - 180).to_string());
    // What was refused is not counted.
    clock.advance_seconds(day - 181);
    assert_eq!(server.asking_for_code(PHONE).send().await.status, 429);
    clock.advance_seconds(1);
    server.code(PHONE).await;
}

#[tokio::test]
async fn of_twenty_who_ask_at_once_one_is_sent_a_code() {
    let (server, _clock) = TestServer::with_clock().await;
    let all = (0..20).map(|_| server.asking_for_code(PHONE).send());
    let all = futures::future::join_all(all).await;
    let sent = all.iter().filter(|reply| reply.status == 202).count();
    assert_eq!(sent, 1);
    assert!(all.iter().all(|reply| [202, 429].contains(&reply.status)));
    assert_eq!(server.count(SENT).await, 1);
}

/// Somebody with many numbers, who is paid for each message.
#[tokio::test]
async fn an_address_asks_for_so_many_codes_a_day() {
    let flags = [
        "--codes-per-address",
        "3",
        "--trusted-proxies",
        "127.0.0.1/32",
    ];
    let (server, clock) = TestServer::with_clock_and(&flags).await;
    let ask = async |number: u32, from: &str| {
        let asking = server.asking_for_code(&format!("+9198765432{number:02}"));
        asking.header("x-forwarded-for", from).send().await
    };
    for number in 0..3 {
        assert_eq!(ask(number, "192.0.2.1").await.status, 202);
        // What is refused for its number does not count for the address.
        assert_eq!(ask(number, "192.0.2.1").await.status, 429);
    }
    let refused = ask(3, "192.0.2.1").await;
    refused.assert_problem(429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), "86400");
    // The number was sent nothing, and pays nothing.
    let other = ask(3, "192.0.2.2").await;
    assert_eq!(other.status, 202, "{}", other.text);
    clock.advance_seconds(24 * 60 * 60);
    assert_eq!(ask(4, "192.0.2.1").await.status, 202);
}

#[tokio::test]
async fn whoever_asks_too_often_is_refused_before_anything_is_looked_at() {
    let (server, _clock) = TestServer::with_clock_and(&["--rate-of-auth", "10/min:2"]).await;
    server.code(PHONE).await;
    server.enter(PHONE, "000000").await;
    for asking in [
        server.asking_for_code(OTHER),
        server.entering(PHONE, "000000"),
    ] {
        let refused = asking.send().await;
        refused.assert_problem(429, "RATE_LIMITED");
        assert!(
            refused.header("ratelimit").starts_with("\"auth\""),
            "{refused:?}"
        );
    }
    assert_eq!(server.count("select attempts from phone_codes").await, 1);
}

#[tokio::test]
async fn codes_are_sent_to_the_countries_that_the_operator_names() {
    let (server, _clock) = TestServer::with_clock_and(&["--code-countries", "+91,+44"]).await;
    for phone in [PHONE, OTHER] {
        server.code(phone).await;
    }
    let refused = server.asking_for_code("+12025550123").send().await;
    refused.assert_invalid("phone");
    assert!(refused.text.contains("+91, +44"), "{}", refused.text);
    assert_eq!(told(&refused).0, 422);
    assert_eq!(server.count(SENT).await, 2);
}
