//! Reading bookings: whoever lost the answer of a sale finds its tickets again.

use fullhouse::accounts::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Reply, TestServer, buyer, editor, layout, token};

async fn sell(server: &TestServer, id: &str, who: &str, seats: &[&str]) -> Reply {
    let held = server.hold(id, who, seats).await;
    let confirm = format!("/showtimes/{id}/holds/{}/confirm", held.hold_id());
    let body = json!({"payment_reference": "till 7"});
    let sold = server.post(&confirm, &body).by(&editor()).send().await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    sold
}

#[tokio::test]
async fn a_booking_is_read_as_it_was_sold_by_its_buyer_and_by_staff() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 6)])).await;
    let subject = Uuid::new_v4();
    let me = token(Role::User, subject);
    let sold = sell(&server, &id, &me, &["A-1-1", "A-1-2"]).await;
    let booking = &sold.body["data"];
    assert_eq!(booking["user_id"], subject.to_string());
    let path = format!("/bookings/{}", booking["booking_id"].as_str().unwrap());
    for who in [&me, &editor()] {
        let read = server.get(&path).by(who).send().await;
        assert_eq!(read.status, 200, "{}", read.text);
        assert_eq!(&read.body["data"], booking);
    }
    let stranger = server.get(&path).by(&buyer()).send().await;
    stranger.assert_problem(404, "BOOKING_NOT_FOUND");
    server
        .get(&path)
        .send()
        .await
        .assert_problem(401, "UNAUTHENTICATED");
    for unknown in ["019b0000-0000-7000-8000-000000000000", "x"] {
        let reply = server.get(&format!("/bookings/{unknown}")).by(&me);
        reply.send().await.assert_problem(404, "BOOKING_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_sold_hold_names_its_booking() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 6)])).await;
    let me = buyer();
    let sold = sell(&server, &id, &me, &["A-1-1"]).await;
    let booking = &sold.body["data"];
    let hold = booking["hold_id"].as_str().unwrap();
    let read = server.get(&format!("/showtimes/{id}/holds/{hold}"));
    let read = read.by(&me).send().await;
    assert_eq!(read.body["data"]["status"], "confirmed", "{}", read.text);
    assert_eq!(read.body["data"]["booking_id"], booking["booking_id"]);
    assert_eq!(read.body["data"]["expires_in_seconds"], 0);
}

#[tokio::test]
async fn the_bookings_of_a_showtime_are_read_page_by_page() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 8)])).await;
    let other = server.showtime(&layout(&[("1", 8)])).await;
    sell(&server, &other, &buyer(), &["A-1-1"]).await;
    let mut sold: Vec<Value> = Vec::new();
    for seat in 1..=5 {
        let seat = format!("A-1-{seat}");
        let booking = sell(&server, &id, &buyer(), &[&seat]).await;
        sold.push(booking.body["data"].clone());
    }
    let list = format!("/showtimes/{id}/bookings");
    let mut found: Vec<Value> = Vec::new();
    let mut next = String::new();
    for page in [2, 2, 1] {
        let path = format!("{list}?limit=2{next}");
        let reply = server.get(&path).by(&editor()).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let bookings = reply.body["data"].as_array().unwrap();
        assert_eq!(bookings.len(), page);
        found.extend(bookings.iter().cloned());
        let cursor = &reply.body["meta"]["next_cursor"];
        assert_eq!(cursor.is_null(), page == 1, "{}", reply.text);
        next = format!("&cursor={}", cursor.as_str().unwrap_or_default());
    }
    let by_id = |booking: &Value| booking["booking_id"].as_str().unwrap().to_owned();
    sold.sort_by_key(by_id);
    assert_eq!(found, sold);
    for (query, field) in [
        ("?limit=101", "limit"),
        ("?limit=0", "limit"),
        ("?cursor=x", "cursor"),
    ] {
        let reply = server.get(&format!("{list}{query}")).by(&editor());
        reply.send().await.assert_invalid(field);
    }
    let curious = server.get(&list).by(&buyer()).send().await;
    curious.assert_problem(403, "FORBIDDEN");
    let nobody = "/showtimes/019b0000-0000-7000-8000-000000000000/bookings";
    let reply = server.get(nobody).by(&editor()).send().await;
    reply.assert_problem(404, "NOT_FOUND");
}
