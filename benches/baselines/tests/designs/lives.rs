//! The life of a hold: refused whole, released, expired, sold.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestServer, Way, buyer, editor};

#[tokio::test(flavor = "multi_thread")]
async fn hold_is_refused_whole_when_one_seat_is_taken() {
    for way in Way::all() {
        let server = TestServer::start(way).await;
        let id = server.showtime(1).await;
        server.held(id, &["S-1-2"]).await;
        let wish = json!({"seats": ["S-1-1", "S-1-2"]});
        let reply = server.hold(id, &buyer(), &wish).await;
        assert_eq!(reply.status, 409, "{way}: {}", reply.body);
        assert_eq!(reply.code(), "SEATS_UNAVAILABLE", "{way}");
        let conflicts = json!([{"seat_id": "S-1-2", "status": "RESERVED"}]);
        assert_eq!(reply.body["conflicts"], conflicts, "{way}");
        server.assert_sound(id, 1, 0).await;
        server.held(id, &["S-1-1"]).await;
        server.assert_sound(id, 2, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn released_seats_are_free_again_and_only_once() {
    for way in Way::all() {
        let server = TestServer::start(way).await;
        let id = server.showtime(1).await;
        let token = buyer();
        let wish = json!({"seats": ["S-1-1", "S-1-2"]});
        let hold = server.hold(id, &token, &wish).await.hold_id();
        let path = format!("/{id}/holds/{hold}");
        let release = |token| server.ask(Method::DELETE, &path, token, None);
        let somebody = buyer();
        assert_eq!(release(&somebody).await.code(), "HOLD_NOT_FOUND", "{way}");
        assert_eq!(release(&token).await.status, 200, "{way}");
        server.assert_sound(id, 0, 0).await;
        assert_eq!(release(&token).await.code(), "HOLD_ENDED", "{way}");
        server.held(id, &["S-1-2", "S-1-1"]).await;
        server.assert_sound(id, 2, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_hold_frees_its_seats_and_cannot_be_sold() {
    for way in Way::all() {
        let server = TestServer::start(way).await;
        let id = server.showtime(1).await;
        let pairs = ["S-1-1", "S-1-3", "S-1-5", "S-1-7", "S-1-9"];
        let mut late = String::new();
        for first in pairs {
            let number: u32 = first.rsplit('-').next().unwrap().parse().unwrap();
            let second = format!("S-1-{}", number + 1);
            late = server.held(id, &[first, &second]).await;
        }
        let best = json!({"best_available": {"quantity": 10}});
        let full = server.hold(id, &buyer(), &best).await;
        assert_eq!(full.code(), "NO_BLOCK", "{way}");
        server.expire_all().await;
        server.assert_sound(id, 0, 0).await;
        assert_eq!(
            server.confirm(id, &late).await.code(),
            "HOLD_EXPIRED",
            "{way}"
        );
        let path = format!("/{id}/holds/{late}");
        let release = server.ask(Method::DELETE, &path, &editor(), None).await;
        assert_eq!(release.code(), "HOLD_EXPIRED", "{way}");
        server.held(id, &["S-1-4"]).await;
        let rest = json!({"best_available": {"quantity": 6}});
        let reply = server.hold(id, &buyer(), &rest).await;
        assert_eq!(reply.status, 201, "{way}: {}", reply.body);
        assert_eq!(reply.seats()[0], "S-1-5", "{way}");
        server.assert_sound(id, 7, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_seats_are_sold_for_good() {
    for way in Way::all() {
        let server = TestServer::start(way).await;
        let id = server.showtime(1).await;
        let hold = server.held(id, &["S-1-2", "S-1-1"]).await;
        let path = format!("/{id}/holds/{hold}/confirm");
        let unpaid = server.ask(Method::POST, &path, &buyer(), None).await;
        assert_eq!(unpaid.code(), "FORBIDDEN", "{way}");
        let sold = server.confirm(id, &hold).await;
        assert_eq!(sold.status, 200, "{way}: {}", sold.body);
        let tickets = sold.body["data"]["tickets"].as_array().unwrap();
        let seats: Vec<_> = tickets.iter().map(|ticket| &ticket["seat_id"]).collect();
        assert_eq!(seats, ["S-1-2", "S-1-1"], "{way}");
        assert_eq!(sold.body["data"]["total"]["amount"], 300_000, "{way}");
        assert_eq!(
            server.confirm(id, &hold).await.code(),
            "HOLD_ENDED",
            "{way}"
        );
        server.assert_sound(id, 0, 2).await;
        server.expire_all().await;
        let again = server
            .hold(id, &buyer(), &json!({"seats": ["S-1-1"]}))
            .await;
        assert_eq!(again.code(), "SEATS_UNAVAILABLE", "{way}");
        let conflicts = json!([{"seat_id": "S-1-1", "status": "BOOKED"}]);
        assert_eq!(again.body["conflicts"], conflicts, "{way}");
        server.assert_sound(id, 0, 2).await;
    }
}
