//! `/showtimes/{id}/holds`: hold, read, extend, release.

mod best_available;
mod confirm;
mod list;

use fullhouse::accounts::Role;
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestServer, buyer, editor, layout, layout_with, token};

#[tokio::test]
async fn a_hold_says_everything_about_itself() {
    let (server, _clock) = TestServer::with_clock().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let body = json!({"seats": ["A-1-1", "A-1-2"], "areas": [{"section": "F", "quantity": 2}],
                      "ttl_seconds": 120});
    let reply = server
        .post(&format!("/showtimes/{id}/holds"), &body)
        .by(&me)
        .send()
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let hold = &reply.body["data"];
    assert_eq!(hold["showtime_id"], id);
    assert_eq!(hold["status"], "held");
    assert_eq!(
        hold["seats"][0],
        json!({"seat_id": "A-1-1", "section": "A", "row": "1",
        "number": "1", "price_tier": "STD", "price": {"amount": 50_000, "currency": "INR"}})
    );
    assert_eq!(
        hold["areas"],
        json!([{"section": "F", "quantity": 2, "price_tier": "FREE",
        "price": {"amount": 0, "currency": "INR"}}])
    );
    assert_eq!(hold["total"], json!({"amount": 100_000, "currency": "INR"}));
    assert_eq!(hold["expires_in_seconds"], 120);
    assert_eq!(hold["seq"], 2);
    assert_eq!(hold["durability"], "journaled");
    let place = format!("/api/v1/showtimes/{id}/holds/{}", reply.hold_id());
    assert_eq!(reply.header("location"), place);
    let read = server
        .ask_at(reqwest::Method::GET, &place)
        .by(&me)
        .send()
        .await;
    assert_eq!(read.status, 200);
    assert_eq!(read.body["data"]["seats"], hold["seats"]);
    assert_eq!(read.body["data"]["expires_at"], hold["expires_at"]);
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn a_lost_race_names_every_conflict_and_takes_nothing() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 6)])).await;
    let me = buyer();
    assert_eq!(server.hold(&id, &me, &["A-1-1"]).await.status, 201);
    let sold = server.hold(&id, &me, &["A-1-2"]).await;
    let sold = server.confirm(&id, sold.hold_id()).await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    let block = json!({"seats": ["A-1-3"], "reason": "pillar"});
    let blocked = server
        .post(&format!("/showtimes/{id}/block"), &block)
        .by(&editor())
        .send()
        .await;
    assert_eq!(blocked.status, 200);
    let lost = server
        .hold(&id, &buyer(), &["A-1-1", "A-1-2", "A-1-3", "A-1-4"])
        .await;
    lost.assert_problem(409, "SEATS_UNAVAILABLE");
    assert_eq!(
        lost.body["conflicts"],
        json!([
            {"seat_id": "A-1-1", "status": "RESERVED"},
            {"seat_id": "A-1-2", "status": "BOOKED"},
            {"seat_id": "A-1-3", "status": "BLOCKED"},
        ])
    );
    assert_eq!(server.hold(&id, &buyer(), &["A-1-4"]).await.status, 201);
}

#[tokio::test]
async fn an_area_is_sold_by_quantity_until_it_is_sold_out() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 1)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let ask = async |quantity: u32| {
        let wish = json!({"areas": [{"section": "F", "quantity": quantity}]});
        server.post(&holds, &wish).by(&buyer()).send().await
    };
    assert_eq!(ask(10).await.status, 201);
    assert_eq!(ask(6).await.status, 201);
    let too_many = ask(5).await;
    too_many.assert_problem(409, "SEATS_UNAVAILABLE");
    let conflicts = json!([{"section": "F", "status": "AVAILABLE", "available": 4}]);
    assert_eq!(too_many.body["conflicts"], conflicts);
    assert_eq!(ask(4).await.status, 201);
    ask(1).await.assert_problem(409, "SOLD_OUT");
}

#[tokio::test]
async fn somebody_elses_hold_does_not_exist() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let (me, other) = (buyer(), buyer());
    let granted = server.hold(&id, &me, &["A-1-1"]).await;
    let hold = format!("/showtimes/{id}/holds/{}", granted.hold_id());
    let extend = json!({"seconds": 900});
    let tries = [
        server.get(&hold).by(&other),
        server.delete(&hold).by(&other),
        server.post(&format!("{hold}/extend"), &extend).by(&other),
        server
            .post(&format!("{hold}/confirm"), &json!({}))
            .by(&other),
    ];
    for asking in tries {
        asking.send().await.assert_problem(404, "HOLD_NOT_FOUND");
    }
    for role in [Role::Editor, Role::SuperAdmin] {
        let staff = token(role, Uuid::new_v4());
        assert_eq!(server.get(&hold).by(&staff).send().await.status, 200);
    }
    for id_like in ["not-a-uuid", "019b76da-a800-7000-8000-00000000ffff", "%00"] {
        let path = format!("/showtimes/{id}/holds/{id_like}");
        server
            .get(&path)
            .by(&me)
            .send()
            .await
            .assert_problem(404, "HOLD_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_released_hold_frees_its_seats_once() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let granted = server.hold(&id, &me, &["A-1-1"]).await;
    let hold = format!("/showtimes/{id}/holds/{}", granted.hold_id());
    let released = server.delete(&hold).by(&me).send().await;
    assert_eq!(released.status, 200);
    assert_eq!(released.body["data"]["status"], "released");
    assert_eq!(
        server.get(&hold).by(&me).send().await.body["data"]["status"],
        "released"
    );
    server
        .delete(&hold)
        .by(&me)
        .send()
        .await
        .assert_problem(409, "HOLD_ENDED");
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn staff_release_anybodys_hold() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let granted = server.hold(&id, &buyer(), &["A-1-1"]).await;
    let hold = format!("/showtimes/{id}/holds/{}", granted.hold_id());
    assert_eq!(server.delete(&hold).by(&editor()).send().await.status, 200);
}

#[tokio::test]
async fn a_hold_is_extended_up_to_its_cap() {
    let (server, clock) = TestServer::with_clock().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let granted = server.hold(&id, &me, &["A-1-1"]).await;
    let extend = format!("/showtimes/{id}/holds/{}/extend", granted.hold_id());
    clock.advance_seconds(100);
    let ask = async |seconds: u32| {
        server
            .post(&extend, &json!({"seconds": seconds}))
            .by(&me)
            .send()
            .await
    };
    let longer = ask(900).await;
    assert_eq!(longer.status, 200, "{}", longer.text);
    assert_eq!(longer.body["data"]["expires_in_seconds"], 1_400);
    ask(301).await.assert_problem(409, "CANNOT_EXTEND");
    assert_eq!(ask(300).await.body["data"]["expires_in_seconds"], 1_700);
    ask(1).await.assert_problem(409, "CANNOT_EXTEND");
}

#[tokio::test]
async fn an_expired_hold_frees_its_seats_and_says_so() {
    let (server, clock) = TestServer::with_clock().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let granted = server.hold(&id, &me, &["A-1-1"]).await;
    let hold = format!("/showtimes/{id}/holds/{}", granted.hold_id());
    clock.advance_seconds(600);
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
    let read = server.get(&hold).by(&me).send().await;
    assert_eq!(read.body["data"]["status"], "expired");
    assert_eq!(read.body["data"]["expires_in_seconds"], 0);
    server
        .delete(&hold)
        .by(&me)
        .send()
        .await
        .assert_problem(409, "HOLD_EXPIRED");
    let confirm = server.confirm(&id, granted.hold_id()).await;
    confirm.assert_problem(409, "HOLD_EXPIRED");
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn a_hold_is_swapped_in_one_step() {
    let server = TestServer::start().await;
    let id = server
        .showtime(&layout_with(&[("1", 4)], &json!({"max_per_buyer": 2})))
        .await;
    let me = buyer();
    let first = server.hold(&id, &me, &["A-1-1", "A-1-2"]).await;
    let swap = json!({"seats": ["A-1-2", "A-1-3"], "replace_hold_id": first.hold_id()});
    let second = server
        .post(&format!("/showtimes/{id}/holds"), &swap)
        .by(&me)
        .send()
        .await;
    assert_eq!(second.status, 201, "{}", second.text);
    let old = server
        .get(&format!("/showtimes/{id}/holds/{}", first.hold_id()))
        .by(&me)
        .send()
        .await;
    assert_eq!(old.body["data"]["status"], "released");
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
    let stranger = json!({"seats": ["A-1-4"], "replace_hold_id": second.hold_id()});
    let reply = server
        .post(&format!("/showtimes/{id}/holds"), &stranger)
        .by(&buyer())
        .send()
        .await;
    reply.assert_problem(404, "HOLD_NOT_FOUND");
}

#[tokio::test]
async fn nobody_gets_more_than_their_share() {
    let server = TestServer::start().await;
    let id = server
        .showtime(&layout_with(&[("1", 6)], &json!({"max_per_buyer": 3})))
        .await;
    let me = buyer();
    assert_eq!(server.hold(&id, &me, &["A-1-1", "A-1-2"]).await.status, 201);
    let greedy = server.hold(&id, &me, &["A-1-3", "A-1-4"]).await;
    greedy.assert_problem(409, "TICKET_LIMIT_REACHED");
    assert_eq!(server.hold(&id, &me, &["A-1-3"]).await.status, 201);
    assert_eq!(
        server
            .hold(&id, &editor(), &["A-1-4", "A-1-5"])
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn nothing_is_sold_outside_the_sale() {
    let (server, clock) = TestServer::with_clock().await;
    // The clock stands at 2027-01-15T08:00:00Z.
    let terms = json!({"on_sale_from": "2027-01-15T09:00:00Z",
                       "on_sale_until": "2027-01-15T10:00:00Z"});
    let id = server.showtime(&layout_with(&[("1", 4)], &terms)).await;
    let early = server.hold(&id, &buyer(), &["A-1-1"]).await;
    early.assert_problem(409, "SHOWTIME_NOT_ON_SALE");
    assert!(
        early.body["detail"]
            .as_str()
            .unwrap()
            .contains("2027-01-15T09:00:00Z")
    );
    assert_eq!(server.hold(&id, &editor(), &["A-1-4"]).await.status, 201);
    clock.advance_seconds(3_600);
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
    clock.advance_seconds(3_600);
    let late = server.hold(&id, &buyer(), &["A-1-2"]).await;
    late.assert_problem(409, "SHOWTIME_NOT_ON_SALE");
}

#[tokio::test]
async fn a_pick_that_strands_a_seat_is_refused_by_name() {
    let server = TestServer::start().await;
    let id = server
        .showtime(&layout_with(&[("1", 6)], &json!({"gap_rule": "strict"})))
        .await;
    let reply = server.hold(&id, &buyer(), &["A-1-2", "A-1-3"]).await;
    reply.assert_problem(409, "STRANDED_SEAT");
    assert_eq!(reply.body["conflicts"][0]["seat_id"], "A-1-1");
}

#[tokio::test]
async fn memory_acknowledgement_is_said_aloud() {
    let server = TestServer::with_flags(&["--hold-ack", "memory"]).await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let granted = server.hold(&id, &buyer(), &["A-1-1"]).await;
    assert_eq!(granted.body["data"]["durability"], "memory");
    let sold = server.confirm(&id, granted.hold_id()).await;
    assert_eq!(sold.body["data"]["durability"], "journaled");
}
