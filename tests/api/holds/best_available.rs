//! Best available over HTTP.

use serde_json::{Value, json};

use crate::support::{TestServer, buyer, layout};

async fn best(server: &TestServer, id: &str, wish: Value) -> crate::support::Reply {
    let path = format!("/showtimes/{id}/holds");
    server
        .post(&path, &json!({"best_available": wish}))
        .by(&buyer())
        .send()
        .await
}

#[tokio::test]
async fn the_best_seats_are_together_in_the_middle_of_the_front() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 7), ("2", 7)])).await;
    let reply = best(&server, &id, json!({"quantity": 3})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let seats = reply.body["data"]["seats"].as_array().unwrap();
    let seats: Vec<&str> = seats
        .iter()
        .map(|seat| seat["seat_id"].as_str().unwrap())
        .collect();
    assert_eq!(seats, ["A-1-3", "A-1-4", "A-1-5"]);
}

#[tokio::test]
async fn filters_are_kept_and_unknown_ones_named() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let reply = best(&server, &id, json!({"quantity": 2, "sections": ["A"]})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let unknown = best(&server, &id, json!({"quantity": 2, "sections": ["A", "Z"]})).await;
    unknown.assert_invalid("best_available.sections[1]");
    let unknown = best(&server, &id, json!({"quantity": 2, "price_tiers": ["Z"]})).await;
    unknown.assert_invalid("best_available.price_tiers[0]");
    let typo = best(&server, &id, json!({"quantity": 2, "section": ["A"]})).await;
    typo.assert_invalid("best_available.section");
}

#[tokio::test]
async fn no_block_and_sold_out_are_told_apart() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    assert_eq!(server.hold(&id, &buyer(), &["A-1-2"]).await.status, 201);
    let stalls = |quantity: u32, allow_split: bool| json!({"quantity": quantity, "sections": ["A"], "allow_split": allow_split});
    let none = best(&server, &id, stalls(3, false)).await;
    none.assert_problem(409, "NO_BLOCK");
    let apart = best(&server, &id, stalls(3, true)).await;
    assert_eq!(apart.status, 201, "{}", apart.text);
    let out = best(&server, &id, stalls(1, false)).await;
    out.assert_problem(409, "SOLD_OUT");
    let area = best(&server, &id, json!({"quantity": 3})).await;
    let areas = &area.body["data"]["areas"];
    assert_eq!(
        (&areas[0]["section"], &areas[0]["quantity"]),
        (&json!("F"), &json!(3))
    );
}
