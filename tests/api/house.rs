//! Block, unblock, journal, audit: the house's own.

use serde_json::json;

use crate::support::{TestServer, buyer, editor, house};

#[tokio::test]
async fn blocked_places_are_off_sale_until_they_are_unblocked() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 4)])).await;
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
    let id = server.showtime(&house(&[("1", 4)])).await;
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
async fn the_journal_tells_what_happened_without_ticket_codes() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    let granted = server.hold(&id, &buyer(), &["A-1-1"]).await;
    let confirm = format!("/showtimes/{id}/holds/{}/confirm", granted.hold_id());
    let sold = server.post(&confirm, &json!({})).by(&editor()).send().await;
    let code = sold.body["data"]["tickets"][0]["code"].as_str().unwrap();
    let path = format!("/showtimes/{id}/journal");
    let reply = server.get(&path).by(&editor()).send().await;
    let events = reply.body["data"]["events"].as_array().unwrap();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["opened", "held", "confirmed"]);
    assert_eq!(events[1]["seats"], json!(["A-1-1"]));
    assert!(
        !reply.text.contains(code),
        "a journal's reader must not be able to walk in with it"
    );
    let page = server
        .get(&format!("{path}?limit=2"))
        .by(&editor())
        .send()
        .await;
    assert_eq!(page.body["data"]["next_after_seq"], 2);
    let rest = server
        .get(&format!("{path}?after_seq=2"))
        .by(&editor())
        .send()
        .await;
    assert_eq!(rest.body["data"]["events"][0]["seq"], 3);
    assert_eq!(rest.body["data"]["next_after_seq"], json!(null));
    for (query, field) in [
        ("after_seq=x", "after_seq"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after_seq=18446744073709551615", "after_seq"),
    ] {
        let reply = server
            .get(&format!("{path}?{query}"))
            .by(&editor())
            .send()
            .await;
        reply.assert_invalid(field);
    }
}

#[tokio::test]
async fn audits_agree_while_the_sale_goes_on() {
    let server = TestServer::start().await;
    let rows: Vec<(String, u32)> = (0..10).map(|row| (format!("R{row}"), 20)).collect();
    let rows: Vec<(&str, u32)> = rows
        .iter()
        .map(|(row, seats)| (row.as_str(), *seats))
        .collect();
    let id = server.showtime(&house(&rows)).await;
    let house_token = editor();
    let sell = async |n: u32| {
        let wish = json!({"best_available": {"quantity": 1 + n % 3}});
        let holds = format!("/showtimes/{id}/holds");
        let granted = server.post(&holds, &wish).by(&buyer()).send().await;
        if granted.status != 201 {
            return;
        }
        let hold = format!("{holds}/{}", granted.hold_id());
        if n.is_multiple_of(2) {
            server
                .post(&format!("{hold}/confirm"), &json!({}))
                .by(&house_token)
                .send()
                .await;
        } else {
            server.delete(&hold).by(&house_token).send().await;
        }
    };
    let selling = futures::future::join_all((0..120).map(sell));
    let auditing = async {
        for _ in 0..10 {
            server.assert_consistent(&id).await;
        }
    };
    tokio::join!(selling, auditing);
    let audit = server.assert_consistent(&id).await;
    assert!(audit["booked"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_blocked_seat_is_sold_at_the_till_in_one_step() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 4)])).await;
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
async fn what_is_not_for_sale_is_blocked_for_buyers_and_refused_to_the_house() {
    let server = TestServer::start().await;
    let mut body = house(&[("1", 2), ("2", 2)]);
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
