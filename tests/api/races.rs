//! Many buyers, few seats.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Reply, TestServer, buyer, layout};

const BUYERS: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn of_five_hundred_buyers_of_one_seat_one_gets_it() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let buyers: Vec<String> = (0..BUYERS).map(|_| buyer()).collect();
    let rush = buyers.iter().map(|me| server.hold(&id, me, &["A-1-2"]));
    let replies = futures::future::join_all(rush).await;
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 1);
    for lost in replies.iter().filter(|reply| reply.status != 201) {
        lost.assert_problem(409, "SEATS_UNAVAILABLE");
        assert_eq!(
            lost.body["conflicts"],
            json!([{"seat_id": "A-1-2", "status": "RESERVED"}])
        );
    }
    let audit = server.assert_consistent(&id).await;
    assert_eq!((&audit["held"], &audit["seq"]), (&json!(1), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn best_available_sells_every_seat_before_it_is_sold_out() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&ROWS)).await;
    let wish = json!({"best_available": {"quantity": 2, "sections": ["A"], "allow_split": true}});
    let replies = rush(&server, &id, &wish).await;
    let won: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(won.len(), 50, "fifty pairs fit into a hundred seats");
    let seats: BTreeSet<&str> = won
        .iter()
        .flat_map(|reply| reply.body["data"]["seats"].as_array().unwrap())
        .map(|seat| seat["seat_id"].as_str().unwrap())
        .collect();
    assert_eq!(seats.len(), 100);
    for lost in replies.iter().filter(|reply| reply.status != 201) {
        lost.assert_problem(409, "SOLD_OUT");
    }
    let audit = server.assert_consistent(&id).await;
    assert_eq!(audit["held"], 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn best_available_refuses_only_when_no_block_is_left() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&ROWS)).await;
    let wish = json!({"best_available": {"quantity": 2, "sections": ["A"]}});
    let replies = rush(&server, &id, &wish).await;
    for lost in replies.iter().filter(|reply| reply.status != 201) {
        assert!(["NO_BLOCK", "SOLD_OUT"].contains(&lost.body["code"].as_str().unwrap()));
    }
    let map = server
        .get(&format!("/showtimes/{id}/seats?section=A"))
        .send()
        .await;
    let seats = map.body["data"]["seats"].as_array().unwrap();
    let free_pair = seats.windows(2).find(|pair| {
        pair[0]["row"] == pair[1]["row"] && pair.iter().all(|seat| seat["status"] == "AVAILABLE")
    });
    assert_eq!(free_pair, None);
    server.assert_consistent(&id).await;
}

/// A hundred seats in section `A`.
const ROWS: [(&str, u32); 5] = [("1", 20), ("2", 20), ("3", 20), ("4", 20), ("5", 20)];

async fn rush(server: &TestServer, id: &str, wish: &Value) -> Vec<Reply> {
    let holds = format!("/showtimes/{id}/holds");
    let buyers: Vec<String> = (0..BUYERS).map(|_| buyer()).collect();
    let rush = buyers
        .iter()
        .map(|me| server.post(&holds, wish).by(me).send());
    futures::future::join_all(rush).await
}
