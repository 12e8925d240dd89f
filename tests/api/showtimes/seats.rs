//! `/showtimes/{id}/seats`, `/layout`, `/availability`.

use std::io::Read;

use serde_json::{Value, json};

use crate::support::{TestServer, buyer, editor, layout};

fn by_id<'a>(map: &'a Value, id: &str) -> &'a Value {
    let seats = map["data"]["seats"].as_array().unwrap();
    seats.iter().find(|seat| seat["seat_id"] == id).unwrap()
}

#[tokio::test]
async fn the_map_shows_every_state() {
    let (server, clock) = TestServer::with_clock().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let granted = server.hold(&id, &buyer(), &["A-1-1"]).await;
    let sold = server.hold(&id, &buyer(), &["A-1-2"]).await;
    assert_eq!(server.confirm(&id, sold.hold_id()).await.status, 200);
    let block =
        json!({"seats": ["A-1-3"], "areas": [{"section": "F", "quantity": 5}], "reason": "x"});
    server
        .post(&format!("/showtimes/{id}/block"), &block)
        .by(&editor())
        .send()
        .await;
    clock.advance_seconds(100);
    let path = format!("/showtimes/{id}/seats");
    let map = server.get(&path).send().await;
    assert_eq!(map.status, 200);
    assert_eq!(map.body["data"]["seq"], 5);
    let seat = by_id(&map.body, "A-1-1");
    assert_eq!(
        (&seat["status"], &seat["seconds_remaining"]),
        (&json!("RESERVED"), &json!(500))
    );
    assert_eq!(seat["price"], json!({"amount": 50_000, "currency": "INR"}));
    assert_eq!(by_id(&map.body, "A-1-2")["status"], "BOOKED");
    assert_eq!(by_id(&map.body, "A-1-3")["status"], "BLOCKED");
    let free = by_id(&map.body, "A-1-4");
    assert_eq!(
        (&free["status"], &free["seconds_remaining"]),
        (&json!("AVAILABLE"), &Value::Null)
    );
    assert_eq!(map.body["data"]["areas"][0]["blocked"], 5);
    // Seconds count down although nothing has happened.
    clock.advance_seconds(10);
    let later = server.get(&path).send().await;
    assert_eq!(by_id(&later.body, "A-1-1")["seconds_remaining"], 490);
    drop(granted);
}

#[tokio::test]
async fn an_unchanged_map_is_304() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    for part in ["seats", "availability", "layout"] {
        let path = format!("/showtimes/{id}/{part}");
        let first = server.get(&path).send().await;
        let tag = first.header("etag").to_owned();
        assert!(!tag.is_empty(), "{part}");
        let same = server.get(&path).header("if-none-match", &tag).send().await;
        assert_eq!((same.status, same.bytes.len()), (304, 0), "{part}");
        // What a cache keeps with it is the same (RFC 9110, section 15.4.5).
        for name in ["etag", "cache-control", "vary"] {
            assert_eq!(same.header(name), first.header(name), "{part}: {name}");
        }
        let several = format!("\"other\", {tag}");
        let same = server
            .get(&path)
            .header("if-none-match", &several)
            .send()
            .await;
        assert_eq!(same.status, 304, "{part}");
    }
    let path = format!("/showtimes/{id}/seats");
    let tag = server.get(&path).send().await.header("etag").to_owned();
    server.hold(&id, &buyer(), &["A-1-1"]).await;
    let changed = server.get(&path).header("if-none-match", &tag).send().await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn filters_select_and_unknown_ones_are_refused() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    server.hold(&id, &buyer(), &["A-1-1"]).await;
    let count = async |query: &str| {
        let reply = server
            .get(&format!("/showtimes/{id}/seats?{query}"))
            .send()
            .await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
        reply.body["data"]["seats"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 4);
    assert_eq!(count("section=A").await, 4);
    assert_eq!(count("section=F").await, 0);
    assert_eq!(count("status=RESERVED").await, 1);
    assert_eq!(count("status=AVAILABLE&section=A").await, 3);
    let refused = [
        ("section=Z", "section"),
        ("status=reserved", "status"),
        ("since_seq=-1", "since_seq"),
        ("since_seq=x", "since_seq"),
        ("section=A&section=F", "section"),
        ("section=%FF", "section"),
    ];
    for (query, field) in refused {
        let reply = server
            .get(&format!("/showtimes/{id}/seats?{query}"))
            .send()
            .await;
        reply.assert_invalid(field);
    }
}

#[tokio::test]
async fn since_a_seq_only_changes_are_sent() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let path = format!("/showtimes/{id}/seats");
    let whole = server.get(&path).send().await;
    assert_eq!(whole.body["data"]["full"], true);
    let seq = whole.body["data"]["seq"].as_u64().unwrap();
    let before = seq;
    server.hold(&id, &buyer(), &["A-1-1"]).await;
    let changes = server.get(&format!("{path}?since_seq={seq}")).send().await;
    assert_eq!(changes.body["data"]["full"], false);
    let seats = changes.body["data"]["seats"].as_array().unwrap();
    assert_eq!(seats.len(), 1);
    assert_eq!(seats[0]["seat_id"], "A-1-1");
    let seq = changes.body["data"]["seq"].as_u64().unwrap();
    let nothing = server.get(&format!("{path}?since_seq={seq}")).send().await;
    assert_eq!(nothing.body["data"]["seats"], json!([]));
    // A reader of one state hears of the seats that have left it.
    let left = server.get(&format!("{path}?since_seq={before}&status=AVAILABLE"));
    assert_eq!(
        left.send().await.body["data"]["seats"][0]["status"],
        "RESERVED"
    );
    // A seq that this showtime has not reached is answered with everything.
    let future = server.get(&format!("{path}?since_seq=999")).send().await;
    assert_eq!(future.body["data"]["full"], true);
}

#[tokio::test]
async fn a_reader_alone_always_sees_what_was_just_answered() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 500)])).await;
    for seat in 1..=40 {
        let held = server.hold(&id, &buyer(), &[&format!("A-1-{seat}")]).await;
        let map = server.get(&format!("/showtimes/{id}/seats")).send().await;
        assert_eq!(map.body["data"]["seq"], held.body["data"]["seq"]);
    }
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_ask() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 100)])).await;
    for part in ["seats", "layout"] {
        let path = format!("/showtimes/{id}/{part}");
        let plain = server
            .get(&path)
            .header("accept-encoding", "identity")
            .send()
            .await;
        assert_eq!(plain.header("content-encoding"), "");
        let packed = server
            .get(&path)
            .header("accept-encoding", "br, gzip;q=0.8")
            .send()
            .await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        assert_eq!(packed.header("vary"), "accept-encoding");
        assert!(packed.bytes.len() < plain.bytes.len() / 4);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*packed.bytes)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, plain.bytes);
        let refused = server
            .get(&path)
            .header("accept-encoding", "gzip;q=0")
            .send()
            .await;
        assert_eq!(refused.header("content-encoding"), "");
    }
}

#[tokio::test]
async fn the_layout_has_positions_and_a_strong_tag() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 2), ("2", 4)])).await;
    let reply = server.get(&format!("/showtimes/{id}/layout")).send().await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("etag").starts_with('"'));
    let layout = &reply.body["data"];
    assert_eq!(layout["layout_version"], 1);
    let rows = &layout["sections"][0]["rows"];
    assert_eq!(
        rows[1]["seats"][3],
        json!({"seat_id": "A-2-4", "number": "4",
        "price_tier": "STD", "position": {"x": 3.0, "y": 1.0}})
    );
    assert_eq!(layout["sections"][1]["capacity"], 20);
    assert_eq!(layout["price_tiers"][1]["code"], "FREE");
}

#[tokio::test]
async fn availability_adds_up() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    server.hold(&id, &buyer(), &["A-1-1"]).await;
    let reply = server
        .get(&format!("/showtimes/{id}/availability"))
        .send()
        .await;
    let body = &reply.body["data"];
    assert_eq!(
        (&body["total"], &body["available"], &body["reserved"]),
        (&json!(24), &json!(23), &json!(1))
    );
    assert_eq!(body["sections"][0]["reserved"], 1);
    assert_eq!(body["sections"][1]["available"], 20);
    assert_eq!(body["price_tiers"][0]["reserved"], 1);
}

#[tokio::test]
async fn an_unknown_showtime_is_404_everywhere() {
    let server = TestServer::start().await;
    for id in ["019b0000-0000-7000-8000-000000000000", "nope", "%22"] {
        for part in [
            "",
            "/seats",
            "/layout",
            "/availability",
            "/journal",
            "/audit",
        ] {
            let path = format!("/showtimes/{id}{part}");
            let reply = server.get(&path).by(&editor()).send().await;
            reply.assert_problem(404, "NOT_FOUND");
        }
        let hold = server.hold(id, &buyer(), &["A-1-1"]).await;
        hold.assert_problem(404, "NOT_FOUND");
    }
}
