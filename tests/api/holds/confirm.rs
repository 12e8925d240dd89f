//! `/showtimes/{id}/holds/{hold_id}/confirm`: the box office sells.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{TestServer, buyer, editor, layout};

#[tokio::test]
async fn the_box_office_sells_a_hold() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let granted = server.hold(&id, &me, &["A-1-1", "A-1-2"]).await;
    let hold = format!("/showtimes/{id}/holds/{}", granted.hold_id());
    let confirm = json!({"payment_reference": "till 7, slip 12"});
    let sold = server
        .post(&format!("{hold}/confirm"), &confirm)
        .by(&editor())
        .send()
        .await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    let booking = &sold.body["data"];
    assert_eq!(booking["showtime_id"], id);
    assert_eq!(booking["status"], "confirmed");
    assert_eq!(booking["payment_status"], "captured");
    assert_eq!(
        booking["total"],
        json!({"amount": 100_000, "currency": "INR"})
    );
    assert_eq!(booking["expires_at"], Value::Null);
    let number = booking["booking_number"].as_str().unwrap();
    assert!(number.starts_with("FH-") && number.len() == 15, "{number}");
    let tickets = booking["tickets"].as_array().unwrap();
    assert_eq!(tickets[0]["seat_id"], "A-1-1");
    assert_eq!(tickets[1]["ticket_number"], format!("{number}-2"));
    let codes: BTreeSet<&str> = tickets
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes.len(), 2);
    assert_eq!(
        server.get(&hold).by(&me).send().await.body["data"]["status"],
        "confirmed"
    );
    let again = server.confirm(&id, granted.hold_id()).await;
    again.assert_problem(409, "HOLD_ENDED");
    let audit = server.assert_consistent(&id).await;
    assert_eq!(
        (&audit["booked"], &audit["bookings"]),
        (&json!(2), &json!(1))
    );
}

#[tokio::test]
async fn a_buyer_confirms_only_what_is_free() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let paid = server.hold(&id, &me, &["A-1-1"]).await;
    let confirm = format!("/showtimes/{id}/holds/{}/confirm", paid.hold_id());
    server
        .post(&confirm, &json!({}))
        .by(&me)
        .send()
        .await
        .assert_problem(403, "FORBIDDEN");
    let free = json!({"areas": [{"section": "F", "quantity": 2}]});
    let free = server
        .post(&format!("/showtimes/{id}/holds"), &free)
        .by(&me)
        .send()
        .await;
    let confirm = format!("/showtimes/{id}/holds/{}/confirm", free.hold_id());
    // The body may be left out altogether.
    let sold = server
        .ask(reqwest::Method::POST, &confirm)
        .by(&me)
        .send()
        .await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    assert_eq!(sold.body["data"]["payment_status"], "none");
    let ticket = &sold.body["data"]["tickets"][0];
    assert_eq!(ticket["seat_id"], Value::Null);
    assert_eq!(ticket["section"], "F");
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn a_sale_outlives_its_server() {
    use std::sync::Arc;

    use actors::clock::SystemClock;
    use test_database::TestDatabase;

    let database = Arc::new(TestDatabase::create().await);
    let first = TestServer::on(Arc::clone(&database), Arc::new(SystemClock::start()), &[]).await;
    let id = first.showtime(&layout(&[("1", 4)])).await;
    let granted = first.hold(&id, &buyer(), &["A-1-1"]).await;
    let sold = first.confirm(&id, granted.hold_id()).await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    first.stop().await;
    let second = TestServer::on(database, Arc::new(SystemClock::start()), &[]).await;
    let lost = second.hold(&id, &buyer(), &["A-1-1"]).await;
    lost.assert_problem(409, "SEATS_UNAVAILABLE");
    assert_eq!(lost.body["conflicts"][0]["status"], "BOOKED");
    second.assert_consistent(&id).await;
}
