//! `/showtimes/{id}/block` and `/unblock`: places off sale and back.

use serde_json::json;

use crate::support::{TestServer, buyer, editor, layout};

#[tokio::test]
async fn blocked_places_are_off_sale_until_they_are_unblocked() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let places = json!({"seats": ["A-1-1"], "areas": [{"section": "F", "quantity": 20}],
                        "reason": "camera"});
    let block = format!("/showtimes/{id}/block");
    let reply = server.post(&block, &places).by(&editor()).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["data"]["seats"], json!(["A-1-1"]));
    assert_eq!(reply.body["data"]["areas"][0]["quantity"], 20);
    assert_eq!(reply.body["data"]["reason"], "camera");
    server
        .hold(&id, &buyer(), &["A-1-1"])
        .await
        .assert_problem(409, "SEATS_UNAVAILABLE");
    let again = server.post(&block, &places).by(&editor()).send().await;
    again.assert_problem(409, "SEATS_UNAVAILABLE");
    server.assert_consistent(&id).await;
    let unblock = server
        .post(&format!("/showtimes/{id}/unblock"), &places)
        .by(&editor());
    assert_eq!(unblock.send().await.status, 200);
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn wrong_blocks_are_refused_by_name() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let block = format!("/showtimes/{id}/block");
    let cases = [
        (json!({"seats": ["A-1-1"]}), "reason"),
        (json!({"seats": ["A-1-1", "Z"], "reason": "x"}), "seats[1]"),
        (
            json!({"areas": [{"section": "Z", "quantity": 1}], "reason": "x"}),
            "areas[0].section",
        ),
        (
            json!({"areas": [{"section": "F", "quantity": 0}], "reason": "x"}),
            "areas",
        ),
        (
            json!({"areas": [{"section": "A", "quantity": 1}], "reason": "x"}),
            "areas",
        ),
        (json!({"seats": "A-1-1", "reason": "x"}), "seats"),
        (
            json!({"seats": ["A-1-1"], "reason": "x", "why": "y"}),
            "why",
        ),
    ];
    for (body, field) in cases {
        let reply = server.post(&block, &body).by(&editor()).send().await;
        reply.assert_invalid(field);
    }
    let nothing = server
        .post(&block, &json!({"reason": "x"}))
        .by(&editor())
        .send()
        .await;
    nothing.assert_problem(422, "VALIDATION_FAILED");
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn a_blocked_seat_is_sold_at_the_till_in_one_step() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = editor();
    let block = json!({"seats": ["A-1-1"], "reason": "press"});
    let block = server
        .post(&format!("/showtimes/{id}/block"), &block)
        .by(&me)
        .send()
        .await;
    assert_eq!(block.status, 200, "{}", block.text);
    let holds = format!("/showtimes/{id}/holds");
    let wish = json!({"seats": ["A-1-1"], "include_blocked": true});
    let stranger = server.post(&holds, &wish).by(&buyer()).send().await;
    stranger.assert_invalid("include_blocked");
    let granted = server.post(&holds, &wish).by(&me).send().await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    let hold = granted.body["data"]["hold_id"].as_str().unwrap();
    let confirm = format!("/showtimes/{id}/holds/{hold}/confirm");
    let sold = server.post(&confirm, &json!({})).by(&me).send().await;
    assert_eq!(
        sold.body["data"]["tickets"][0]["seat_id"], "A-1-1",
        "{}",
        sold.text
    );
    let journal = server
        .get(&format!("/showtimes/{id}/journal"))
        .by(&me)
        .send()
        .await;
    assert!(journal.text.contains("from_blocked"), "{}", journal.text);
    let free = json!({"seats": ["A-1-2"], "reason": "press is not coming"});
    let free = server
        .post(&format!("/showtimes/{id}/unblock"), &free)
        .by(&me)
        .send()
        .await;
    free.assert_problem(409, "NOT_BLOCKED");
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn what_is_not_for_sale_is_blocked_for_buyers_and_refused_to_staff() {
    let server = TestServer::start().await;
    let mut body = layout(&[("1", 2), ("2", 2)]);
    body["price_tiers"][1]["price"] = json!(null);
    body["sections"][0]["rows"][0]["price_tier"] = json!("FREE");
    let id = server.showtime(&body).await;
    let holds = format!("/showtimes/{id}/holds");
    let seat = json!({"seats": ["A-1-1"]});
    let area = json!({"areas": [{"section": "F", "quantity": 2}]});
    let both = json!({"seats": ["A-2-1"], "areas": area["areas"]});
    let codes = [
        (&seat, "SEATS_UNAVAILABLE"),
        (&area, "SOLD_OUT"),
        (&both, "SEATS_UNAVAILABLE"),
    ];
    for (wish, code) in codes {
        for somebody in [buyer(), editor()] {
            let refused = server.post(&holds, wish).by(&somebody).send().await;
            refused.assert_problem(409, code);
        }
    }
    for wish in [seat, area] {
        let mut blocked = wish.clone();
        blocked["include_blocked"] = json!(true);
        let held = server.post(&holds, &blocked).by(&editor()).send().await;
        held.assert_problem(409, "NOT_FOR_SALE");
        let mut unblocked = wish;
        unblocked["reason"] = json!("x");
        let unblock = server.post(&format!("/showtimes/{id}/unblock"), &unblocked);
        let unblock = unblock.by(&editor()).send().await;
        unblock.assert_problem(409, "NOT_FOR_SALE");
    }
    server.assert_consistent(&id).await;
}
