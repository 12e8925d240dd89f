//! `/showtimes`: creating, listing, reading.

mod catalog;
mod change;
mod import;
mod not_modified;
mod seats;
mod wrong_layouts;
mod wrong_plans;

use serde_json::{Value, json};

use crate::support::{TestServer, buyer, editor, layout, layout_with};

#[tokio::test]
async fn a_created_showtime_is_read_back() {
    let server = TestServer::start().await;
    let terms = json!({"max_per_buyer": 4, "hold_ttl_seconds": 300, "gap_rule": "lenient",
                       "on_sale_from": "2020-01-01T00:00:00Z", "on_sale_until": "2040-01-01T00:00:00Z"});
    let body = layout_with(&[("1", 4), ("2", 6)], &terms);
    let created = server.post("/showtimes", &body).by(&editor()).send().await;
    assert_eq!(created.status, 201, "{}", created.text);
    let id = created.body["data"]["showtime_id"].as_str().unwrap();
    assert_eq!(
        created.header("location"),
        format!("/api/v1/showtimes/{id}")
    );
    let read = server.get(&format!("/showtimes/{id}")).send().await;
    let showtime = &read.body["data"];
    assert_eq!(showtime["title"], "A play");
    assert_eq!(showtime["starts_at"], "2030-01-31T19:30:00Z");
    assert_eq!(showtime["status"], "open");
    for (member, value) in terms.as_object().unwrap() {
        assert_eq!(&showtime[member], value, "{member}");
    }
    assert_eq!(
        (&showtime["total"], &showtime["available"]),
        (&json!(30), &json!(30))
    );
    assert_eq!(showtime["sections"].as_array().unwrap().len(), 2);
    assert_eq!(showtime["price_tiers"].as_array().unwrap().len(), 2);
    server.assert_consistent(id).await;
}

#[tokio::test]
async fn seats_may_be_listed_and_rows_may_have_their_own_tier() {
    let server = TestServer::start().await;
    let mut body = layout(&[]);
    body["sections"][0]["rows"] = json!([
        {"row": "A", "seats": ["1", "3", "5"], "price_tier": "FREE"},
        {"row": "B", "seats": ["x\"y", "é"]},
    ]);
    let id = server.showtime(&body).await;
    let map = server.get(&format!("/showtimes/{id}/seats")).send().await;
    let seats = map.body["data"]["seats"].as_array().unwrap();
    let seats: Vec<(&str, &str)> = seats
        .iter()
        .map(|seat| {
            (
                seat["seat_id"].as_str().unwrap(),
                seat["price_tier"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seats,
        [
            ("A-A-1", "FREE"),
            ("A-A-3", "FREE"),
            ("A-A-5", "FREE"),
            ("A-B-x\"y", "STD"),
            ("A-B-é", "STD")
        ]
    );
    let granted = server.hold(&id, &editor(), &["A-B-x\"y", "A-B-é"]).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
}

#[tokio::test]
async fn the_list_is_paged_with_the_newest_sale_first() {
    let server = TestServer::start().await;
    let newest = server.showtime(&layout(&[("1", 1)])).await;
    let list = server.get("/showtimes?limit=2").send().await;
    assert_eq!(
        list.body["meta"],
        json!({"page": 1, "limit": 2, "total": 4, "total_pages": 2})
    );
    assert_eq!(list.body["data"][0]["showtime_id"], newest);
    let second = server.get("/showtimes?limit=2&page=2").send().await;
    assert_eq!(second.body["data"].as_array().unwrap().len(), 2);
    let beyond = server.get("/showtimes?limit=2&page=9").send().await;
    assert_eq!(beyond.body["data"], json!([]));
    for (query, field) in [
        ("page=0", "page"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("page=99999999999999999999", "page"),
        ("page=10001", "page"),
    ] {
        server
            .get(&format!("/showtimes?{query}"))
            .send()
            .await
            .assert_invalid(field);
    }
}

/// The layout with one member changed, by JSON pointer.
fn changed(pointer: &str, value: Value) -> Value {
    let mut body = layout(&[("1", 4)]);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    if let Some(items) = parent.as_array_mut() {
        items[name.parse::<usize>().unwrap()] = value;
    } else {
        parent
            .as_object_mut()
            .unwrap()
            .insert(name.to_owned(), value);
    }
    body
}

/// A member of a good layout, what it is changed to, and the field that the problem must name.
const WRONG_LAYOUTS: &str = r#"
/title                         ""                        title
/title                         "a\u0000b"                title
/title                         7                         title
/starts_at                     "tomorrow"                starts_at
/starts_at                     "+262142-01-01T00:00:00Z" starts_at
/starts_at                     "-4800-01-01T00:00:00Z"   starts_at
/on_sale_from                  "0001-01-01T00:00:00Z"    on_sale_from
/max_per_buyer                 0                         max_per_buyer
/max_per_buyer                 -1                        max_per_buyer
/hold_ttl_seconds              59                        hold_ttl_seconds
/hold_ttl_seconds              99999999999               hold_ttl_seconds
/gap_rule                      "strong"                  gap_rule
/sections                      []                        sections
/sections                      {}                        sections
/sections/0/kind               "standing"                sections[0].kind
/sections/0/capacity           5                         sections[0].capacity
/sections/0/rows               null                      sections[0].rows
/sections/0/rows               []                        sections[0].rows
/sections/0/rows/0/seats       0                         sections[0].rows[0].seats
/sections/0/rows/0/seats       10000000                  sections[0].rows[0].seats
/sections/0/rows/0/seats       18446744073709551615      sections[0].rows[0].seats
/sections/0/rows/0/seats       -4                        sections[0].rows[0].seats
/sections/0/rows/0/seats       ["1",2]                   sections[0].rows[0].seats[1]
/sections/0/rows/0/row         ""                        sections[0].rows[0].row
/sections/0/price_tier         "NONE"                    sections[0].rows[0].price_tier
/sections/0/price_tier         null                      sections[0].rows[0].price_tier
/sections/1/capacity           0                         sections[1].capacity
/sections/1/capacity           null                      sections[1].capacity
/sections/1/code               "A"                       sections[1].code
/sections/1/colour             "red"                     sections[1].colour
/price_tiers/0/price/amount    -1                        price_tiers[0].price.amount
/price_tiers/0/price/amount    1.5                       price_tiers[0].price.amount
/price_tiers/0/price/currency  "rupee"                   price_tiers[0].price.currency
/price_tiers/1/price/currency  "EUR"                     price_tiers[1].price.currency
/price_tiers                   []                        price_tiers
/event_id                      "x"                       event_id
/sectoins                      []                        sectoins
"#;

#[tokio::test]
async fn wrong_layouts_are_refused_with_the_place_named() {
    let server = TestServer::start().await;
    for line in WRONG_LAYOUTS.trim().lines() {
        let mut words = line.split_whitespace();
        let (pointer, value) = (words.next().unwrap(), words.next().unwrap());
        let field = words.next().unwrap();
        let body = changed(pointer, serde_json::from_str(value).unwrap());
        let reply = server.post("/showtimes", &body).by(&editor()).send().await;
        assert_eq!(
            reply.body["errors"][0]["field"], field,
            "{line}: {}",
            reply.text
        );
        reply.assert_invalid(field);
    }
    let long = changed("/title", json!("x".repeat(201)));
    let reply = server.post("/showtimes", &long).by(&editor()).send().await;
    reply.assert_invalid("title");
    let list = server.get("/showtimes").send().await;
    assert_eq!(
        list.body["meta"]["total"], 3,
        "only the demo's showtimes are there"
    );
}

#[tokio::test]
async fn duplicate_seats_are_refused_by_name() {
    let server = TestServer::start().await;
    let body = changed(
        "/sections/0/rows",
        json!([{"row": "1", "seats": ["1", "2", "1"]}]),
    );
    let reply = server.post("/showtimes", &body).by(&editor()).send().await;
    reply.assert_problem(422, "VALIDATION_FAILED");
    assert!(reply.text.contains("A-1-1"), "{}", reply.text);
}

#[tokio::test]
async fn ids_are_found_however_they_are_composed() {
    let server = TestServer::start().await;
    let mut body = layout(&[("1", 4)]);
    body["sections"][0]["code"] = json!("Ku\u{308}che");
    let id = server.showtime(&body).await;
    for seat in ["Ku\u{308}che-1-1", "K\u{fc}che-1-2"] {
        let held = server.hold(&id, &buyer(), &[seat]).await;
        assert_eq!(held.status, 201, "{}", held.text);
        let told = held.body["data"]["seats"][0]["section"].as_str().unwrap();
        assert_eq!(told, "K\u{fc}che");
    }
}

#[tokio::test]
async fn every_fault_of_a_layout_is_reported_at_once() {
    let server = TestServer::start().await;
    let mut body = layout(&[("1", 4)]);
    body["sections"][0]["code"] = json!("\u{202e}A");
    body["sections"][0]["rows"][0]["seats"] = json!(0);
    body["price_tiers"][0]["price"]["currency"] = json!("rupee");
    let reply = server.post("/showtimes", &body).by(&editor()).send().await;
    reply.assert_problem(422, "VALIDATION_FAILED");
    let errors = reply.body["errors"].as_array().unwrap();
    let fields: Vec<&str> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert!(
        fields.contains(&"price_tiers[0].price.currency"),
        "{fields:?}"
    );
    assert!(fields.contains(&"sections[0].rows[0].seats"), "{fields:?}");
    let code = errors
        .iter()
        .find(|error| error["field"] == "sections[0].code")
        .unwrap();
    assert_eq!(
        code["message"],
        "must not contain U+202E RIGHT-TO-LEFT OVERRIDE"
    );
}
