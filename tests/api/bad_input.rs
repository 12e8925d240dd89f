//! Whatever is sent: a clear problem, never a 500, and nothing changed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestServer, buyer, editor, layout};

#[tokio::test]
async fn bodies_that_are_not_json_are_400() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let bodies: [&[u8]; 8] = [
        b"",
        b" \n",
        b"{",
        b"seats",
        b"{\"seats\": [\"A-1-1\"]",
        b"{\"seats\": [\"A-1-1\"]} {}",
        b"{\"seats\": [\"\xff\xfe\"]}",
        b"\xef\xbb\xbf",
    ];
    for body in bodies {
        let reply = server
            .ask(Method::POST, &holds)
            .by(&buyer())
            .bytes(body)
            .send()
            .await;
        reply.assert_problem(400, "MALFORMED_REQUEST");
    }
    let deep = "[".repeat(10_000);
    let reply = server
        .ask(Method::POST, &holds)
        .by(&buyer())
        .bytes(deep)
        .send()
        .await;
    reply.assert_problem(400, "MALFORMED_REQUEST");
    assert_eq!(server.seq(&id).await, 1);
}

/// The field that the problem must name, and a body.
const WRONG_HOLDS: &str = r#"
seats                    {}
body                     null
body                     []
body                     [["A-1-1"]]
body                     "A-1-1"
seats                    {"seats": "A-1-1"}
seats[0]                 {"seats": [1]}
seats                    {"seats": []}
seats[0]                 {"seats": [""]}
seats[1]                 {"seats": ["A-1-1", "A-1-99"]}
seats                    {"seats": ["A-1-1", "A-1-1"]}
seats[0]                 {"seats": ["a-1-1"]}
seats[0]                 {"seats": ["A-1-1\u0000"]}
seats[0]                 {"seats": ["'; drop table journal; --"]}
seats[0]                 {"seats": ["😀\u202e\r\n\""]}
seat                     {"seat": ["A-1-1"]}
ttl_seconds              {"seats": ["A-1-1"], "ttl_seconds": 59}
ttl_seconds              {"seats": ["A-1-1"], "ttl_seconds": 0}
ttl_seconds              {"seats": ["A-1-1"], "ttl_seconds": 1801}
ttl_seconds              {"seats": ["A-1-1"], "ttl_seconds": -5}
ttl_seconds              {"seats": ["A-1-1"], "ttl_seconds": 1.5}
ttl_seconds              {"seats": ["A-1-1"], "ttl_seconds": 18446744073709551615}
replace_hold_id          {"seats": ["A-1-1"], "replace_hold_id": "x"}
areas                    {"areas": [{"section": "F", "quantity": 0}]}
areas                    {"areas": [{"section": "F", "quantity": 10000000}]}
areas[0].quantity        {"areas": [{"section": "F", "quantity": -1}]}
areas[0].quantity        {"areas": [{"section": "F", "quantity": 99999999999}]}
areas[0].section         {"areas": [{"section": "Z", "quantity": 1}]}
areas                    {"areas": [{"section": "A", "quantity": 1}]}
areas[0].quantity        {"areas": [{"section": "F"}]}
seats                    {"areas": []}
best_available.quantity  {"best_available": {}}
best_available.quantity  {"best_available": {"quantity": 0}}
best_available.quantity  {"best_available": {"quantity": 10000000}}
best_available.quantity  {"best_available": {"quantity": -1}}
best_available           {"best_available": {"quantity": 2}, "seats": ["A-1-1"]}
areas[0]                 {"areas": [["F", 3]]}
best_available           {"best_available": [1, [], [], false]}
ttl_seconds              {"seats": ["A-1-1"], "ttl_seconds": 1e999}
ttl_seconds              {"ttl_seconds": 60, "seats": ["A-1-1"], "ttl_seconds": 60}
best_available.quantity  {"best_available": {"quantity": 1, "quantity": 1}}
best_available.allow_split  {"best_available": {"quantity": 1, "allow_split": "yes"}}
seats[0]                 {"seats": ["\ud800"]}
["a.b"]                  {"a.b": 1}
"#;

#[tokio::test]
async fn wrong_shapes_and_values_are_422_and_named() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let holds = format!("/showtimes/{id}/holds");
    for line in WRONG_HOLDS.trim().lines() {
        let (field, body) = line.split_once(' ').unwrap();
        // As it stands: a value in between would have one of two equal members.
        let asking = server.ask(Method::POST, &holds).by(&buyer());
        let reply = asking.bytes(body.trim()).send().await;
        assert_eq!(
            reply.body["errors"][0]["field"], field,
            "{line}: {}",
            reply.text
        );
        reply.assert_invalid(field);
    }
    let long = json!({"seats": ["x".repeat(10_000)]});
    let reply = server.post(&holds, &long).by(&buyer()).send().await;
    reply.assert_invalid("seats[0]");
    assert!(
        reply.text.len() < 2_000,
        "a problem repeats little of what was sent"
    );
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn eleven_seats_are_too_many_for_one_hold() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    let seats: Vec<String> = (1..=11).map(|at| format!("A-1-{at}")).collect();
    let body = json!({"seats": seats});
    let reply = server
        .post(&format!("/showtimes/{id}/holds"), &body)
        .by(&buyer())
        .send()
        .await;
    reply.assert_invalid("seats");
}

#[tokio::test]
async fn extensions_and_references_have_bounds() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let granted = server.hold(&id, &me, &["A-1-1"]).await;
    let hold = format!("/showtimes/{id}/holds/{}", granted.hold_id());
    for body in [
        json!({}),
        json!({"seconds": 0}),
        json!({"seconds": -1}),
        json!({"seconds": "9"}),
        json!({"seconds": 10_000_000_000_u64}),
        json!({"second": 60}),
    ] {
        let reply = server
            .post(&format!("{hold}/extend"), &body)
            .by(&me)
            .send()
            .await;
        reply.assert_problem(422, "VALIDATION_FAILED");
    }
    let confirms = [
        json!({"payment_reference": 7}),
        json!({"payment_reference": "x".repeat(501)}),
        json!({"reference": "x"}),
    ];
    for body in confirms {
        let reply = server
            .post(&format!("{hold}/confirm"), &body)
            .by(&editor())
            .send()
            .await;
        reply.assert_problem(422, "VALIDATION_FAILED");
    }
    assert_eq!(server.seq(&id).await, 2);
}

#[tokio::test]
async fn huge_bodies_are_413_and_read_to_their_end() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let huge = format!("{{\"seats\": [\"{}\"]}}", "x".repeat(10 << 20));
    let reply = server
        .ask(Method::POST, &holds)
        .by(&buyer())
        .bytes(huge.clone())
        .send()
        .await;
    reply.assert_problem(413, "PAYLOAD_TOO_LARGE");
    let reply = server
        .ask(Method::POST, "/showtimes")
        .by(&editor())
        .bytes(huge)
        .send()
        .await;
    reply.assert_problem(413, "PAYLOAD_TOO_LARGE");
    let vast = vec![b' '; 17 << 20];
    let plan = server
        .ask(Method::POST, "/showtimes/import-plan")
        .by(&editor());
    plan.bytes(vast)
        .send()
        .await
        .assert_problem(413, "PAYLOAD_TOO_LARGE");
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn other_media_types_are_415() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let kinds = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "json",
        "",
    ];
    for kind in kinds {
        let asking = server.ask(Method::POST, &holds).by(&buyer());
        let reply = asking.raw(kind, r#"{"seats": ["A-1-1"]}"#).send().await;
        reply.assert_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    for kind in [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/vnd.x+json",
        "application/vnd.api+JSON",
    ] {
        let asking = server.ask(Method::POST, &holds).by(&buyer());
        let reply = asking
            .raw(kind, r#"{"best_available": {"quantity": 1}}"#)
            .send()
            .await;
        assert_eq!(reply.status, 201, "{kind}: {}", reply.text);
    }
}

#[tokio::test]
async fn unknown_showtimes_come_before_bad_bodies_only_in_their_own_way() {
    let server = TestServer::start().await;
    let path = "/showtimes/019b0000-0000-7000-8000-000000000000/holds";
    let reply = server
        .post(path, &json!({"seats": ["A"]}))
        .by(&buyer())
        .send()
        .await;
    reply.assert_problem(404, "NOT_FOUND");
    let long = format!("/showtimes/{}/holds", "9".repeat(4_000));
    let reply = server
        .post(&long, &json!({"seats": ["A"]}))
        .by(&buyer())
        .send()
        .await;
    reply.assert_problem(404, "NOT_FOUND");
    assert!(
        reply.text.len() < 2_000,
        "a problem repeats little of what was sent"
    );
}

/// Every write with bodies made by changing one value of a good one.
#[tokio::test]
async fn no_value_of_any_member_makes_the_server_fail() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(10_000_000),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{0}"),
        json!("x".repeat(1_000)),
        json!([]),
        json!([[]]),
        json!([null]),
        json!({}),
        json!({"a": {"b": []}}),
    ];
    let templates = [
        (
            format!("/showtimes/{id}/holds"),
            json!({"seats": null, "areas": null,
            "best_available": null, "ttl_seconds": null, "replace_hold_id": null}),
        ),
        (
            format!("/showtimes/{id}/holds"),
            json!({"best_available": {"quantity": 1,
            "sections": null, "price_tiers": null, "allow_split": null}}),
        ),
        (
            format!("/showtimes/{id}/block"),
            json!({"seats": null, "areas": null, "reason": "x"}),
        ),
        ("/showtimes".to_owned(), layout(&[("1", 4)])),
    ];
    let token = editor();
    for (path, template) in templates {
        for (pointer, value) in pointers(&template)
            .iter()
            .flat_map(|p| strange.iter().map(move |v| (p, v)))
        {
            let mut body = template.clone();
            *body.pointer_mut(pointer).unwrap() = value.clone();
            let reply = server.post(&path, &body).by(&token).send().await;
            assert!(
                reply.status < 500,
                "{path} {pointer} = {value}: {}",
                reply.text
            );
        }
    }
    server.assert_consistent(&id).await;
}

/// The address of every value in a document.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, it)| (name.clone(), it))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, it)| (at.to_string(), it))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, child) in children {
        found.extend(
            pointers(child)
                .into_iter()
                .map(|rest| format!("/{name}{rest}")),
        );
    }
    found
}
