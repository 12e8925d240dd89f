//! Bodies as programs write them: what is the same in other words, and what is not taken for it.

use reqwest::Method;
use serde_json::json;

use crate::support::{Reply, TestServer, buyer, editor, layout};

async fn sent(server: &TestServer, path: &str, body: impl Into<Vec<u8>>) -> Reply {
    let asking = server.ask(Method::POST, path).by(&editor());
    asking.bytes(body).send().await
}

#[tokio::test]
async fn numbers_and_marks_may_be_written_as_json_allows() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    let holds = format!("/showtimes/{id}/holds");
    for body in [
        r#"{"best_available": {"quantity": 2.0}}"#,
        r#"{"best_available": {"quantity": 2e0}, "ttl_seconds": 6E2}"#,
        "\u{feff}{\"best_available\": {\"quantity\": 2}}",
        r#"{"best\u005favailable": {"quantity": 2}}"#,
    ] {
        let reply = sent(&server, &holds, body).await;
        assert_eq!(reply.status, 201, "{body}: {}", reply.text);
        assert_eq!(reply.body["data"]["seats"].as_array().unwrap().len(), 2);
    }
}

/// A body, the place that is wrong in it, and how programs write that place.
const WRONG_LAYOUTS: &str = r#"
gap_rule                 /gap_rule                {"gap_rule": true}
gap_rule                 /gap_rule                {"gap_rule": {"off": null}}
status                   /status                  {"status": 1e999}
starts_at                /starts_at               {"starts_at": "2030-01-31T19:30:00"}
event_id                 /event_id                {"event_id": "x"}
sections[0].kind         /sections/0/kind         {"sections": [{"code": "A", "kind": null}]}
sections[0]              /sections/0              {"sections": [["A", "Stalls", "reserved"]]}
sections[0].rows[1]      /sections/0/rows/1       {"sections": [{"code": "A", "kind": "reserved", "rows": [{"row": "1", "seats": 4}, ["2", 4]]}]}
price_tiers[0].price     /price_tiers/0/price     {"price_tiers": [{"code": "STD", "price": [100, "INR"]}]}
price_tiers[0].price.amount  /price_tiers/0/price/amount  {"price_tiers": [{"code": "STD", "price": {"amount": 1.5, "currency": "INR"}}]}
body                     EMPTY                    []
"#;

#[tokio::test]
async fn every_wrong_value_is_named_by_its_place() {
    let server = TestServer::start().await;
    for line in WRONG_LAYOUTS.trim().lines() {
        let mut parts = line.splitn(2, ' ');
        let field = parts.next().unwrap();
        let (pointer, body) = parts.next().unwrap().trim().split_once(' ').unwrap();
        let reply = sent(&server, "/showtimes", body.trim()).await;
        let pointer = if pointer == "EMPTY" { "" } else { pointer };
        reply.assert_place(field, pointer);
    }
}

#[tokio::test]
async fn a_price_given_twice_is_refused_and_named() {
    let server = TestServer::start().await;
    let body = r#"{"title": "A play", "starts_at": "2030-01-31T19:30:00Z", "plan": {},
        "prices": {"K.1": {"amount": 100, "currency": "INR"}, "K.1": {"amount": 900, "currency": "INR"}}}"#;
    let reply = sent(&server, "/showtimes/import-plan", body).await;
    reply.assert_place(r#"prices["K.1"]"#, "/prices/K.1");
    // The plan is another program's file: of what it says to others nothing is read.
    let body = r#"{"title": "A play", "starts_at": "2030-01-31T19:30:00Z", "prices": {},
        "plan": {"zones": [], "extra": {"b": 1, "b": 2}, "zones": []}}"#;
    let reply = sent(&server, "/showtimes/import-plan", body).await;
    reply.assert_place("plan.zones", "/plan/zones");
}

#[tokio::test]
async fn messages_are_in_words_of_json_and_say_what_to_write() {
    let server = TestServer::start().await;
    let cases = [
        (
            json!({"starts_at": "2030-01-31T19:30:00"}),
            "must be a time with an offset, such as 2027-01-15T18:30:00Z, not \"2030-01-31T19:30:00\"",
        ),
        (json!({"title": 7}), "must be text, not 7"),
        (
            json!({"max_per_buyer": "ten"}),
            "must be a whole number from 0 to 4294967295, not \"ten\"",
        ),
        (
            json!({"gap_rule": "none"}),
            "must be \"off\", \"lenient\" or \"strict\", not \"none\"",
        ),
        (json!({"sections": {}}), "must be an array, not an object"),
        (
            json!({"sections": [{"code": "A", "kind": "reserved", "rows": [{"row": "1", "seats": true}]}]}),
            "must be a number of seats or a list of seat numbers, not true",
        ),
        (json!({}), "is missing"),
    ];
    for (body, message) in cases {
        let reply = server.post("/showtimes", &body).by(&editor()).send().await;
        reply.assert_problem(422, "VALIDATION_FAILED");
        assert_eq!(reply.body["errors"][0]["message"], message, "{body}");
    }
    let reply = server
        .post("/showtimes", &json!({"titel": "x"}))
        .by(&editor());
    let reply = reply.send().await;
    reply.assert_place("titel", "/titel");
    let message = reply.body["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("the members are title, starts_at"),
        "{message}"
    );
}

#[tokio::test]
async fn a_compressed_body_is_refused_and_told_what_is_taken() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let wish = r#"{"best_available": {"quantity": 1}}"#;
    for coding in ["gzip", "GZIP", "br", "identity, gzip", "x"] {
        let asking = server.ask(Method::POST, &holds).by(&buyer());
        let asking = asking.header("content-encoding", coding).bytes(wish);
        let reply = asking.send().await;
        reply.assert_problem(415, "UNSUPPORTED_MEDIA_TYPE");
        assert_eq!(reply.header("accept-encoding"), "identity");
    }
    for coding in ["identity", "Identity", ""] {
        let asking = server.ask(Method::POST, &holds).by(&buyer());
        let asking = asking.header("content-encoding", coding).bytes(wish);
        assert_eq!(asking.send().await.status, 201, "{coding}");
    }
    let asking = server.ask(Method::POST, &holds).by(&buyer());
    let reply = asking.raw("text/plain", "x").send().await;
    assert_eq!(reply.header("accept"), "application/json");
}

/// A rule about two values names the one that was sent.
#[tokio::test]
async fn a_change_is_refused_by_the_name_of_what_was_sent() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let cases = [
        (
            json!({"on_sale_from": "2030-02-01T00:00:00Z"}),
            "on_sale_from",
        ),
        (
            json!({"on_sale_until": "1990-02-01T00:00:00Z", "on_sale_from": "1990-02-02T00:00:00Z"}),
            "on_sale_until",
        ),
        (json!({"hold_ttl_max_seconds": 60}), "hold_ttl_max_seconds"),
        (json!({"hold_ttl_seconds": 3_000}), "hold_ttl_seconds"),
    ];
    for (body, field) in cases {
        let asking = server.ask(Method::PATCH, &format!("/showtimes/{id}"));
        let reply = asking.by(&editor()).json(&body).send().await;
        reply.assert_place(field, &format!("/{field}"));
    }
}
