//! Showtimes without an owner here: they are looked at without anybody's taking them, what another
//! process sells is seen soon, and holds that were left behind end by themselves.

use std::sync::Arc;

use actors::clock::{Clock, ManualClock, SystemClock};
use seating::timestamp::Timestamp;
use test_database::TestDatabase;
use testkit::waiting::eventually;
use uuid::Uuid;

use crate::support::{Reply, TestServer, buyer, layout};

#[tokio::test(flavor = "multi_thread")]
async fn a_sleeping_showtime_is_read_without_being_claimed() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let seats = server.get(&format!("/showtimes/{id}/seats")).send().await;
    assert_eq!(seats.status, 200, "{}", seats.text);
    assert_eq!(seats.header("etag"), "W/\"0-1\"", "nobody has reigned");
    for part in ["", "/layout", "/availability", "/seats?since_seq=0"] {
        let reply = server.get(&format!("/showtimes/{id}{part}")).send().await;
        assert_eq!(reply.status, 200, "{part}: {}", reply.text);
    }
    let holds = server.get(&format!("/showtimes/{id}/holds")).by(&buyer());
    assert_eq!(holds.send().await.body["data"], serde_json::json!([]));
    let hold = format!("/showtimes/{id}/holds/{}", Uuid::new_v4());
    let hold = server.get(&hold).by(&buyer()).send().await;
    hold.assert_problem(404, "HOLD_NOT_FOUND");
    let since = format!("/showtimes/{id}/seats?since_seq=0");
    let since = server.get(&since).send().await;
    assert_eq!(since.body["data"]["full"], true, "{}", since.text);
    let again = server.get(&format!("/showtimes/{id}/seats"));
    let again = again.header("if-none-match", "W/\"0-1\"").send().await;
    assert_eq!(again.status, 304, "nor has since: the tag names the reign");
    // Who sells is seen at once, and by the same tag's rules.
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
    let sold = server
        .get(&format!("/showtimes/{id}/availability"))
        .send()
        .await;
    assert_eq!(sold.body["data"]["reserved"], 1, "{}", sold.text);
    assert_ne!(sold.header("etag"), "W/\"0-1\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_showtimes_are_not_found_however_many_are_asked_for() {
    let server = TestServer::start().await;
    let asking = (0..200).map(|_| {
        let path = format!("/showtimes/{}/seats", Uuid::now_v7());
        server.get(&path).send()
    });
    for reply in futures::future::join_all(asking).await {
        reply.assert_problem(404, "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_lost_a_showtime_shows_what_the_other_sells() {
    let database = Arc::new(TestDatabase::create().await);
    let start = || {
        let clock = Arc::new(SystemClock::start());
        TestServer::on(Arc::clone(&database), clock, &[])
    };
    let (old, new) = (start().await, start().await);
    let id = old.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    // Only who has owned it can lose it.
    assert_eq!(old.hold(&id, &buyer(), &["A-1-4"]).await.status, 201);
    let held = new.hold(&id, &me, &["A-1-1"]).await;
    assert_eq!(held.status, 201, "{}", held.text);
    let sold = new.confirm(&id, held.hold_id()).await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    // The old one has nothing to write from which it could learn.
    let seats = format!("/showtimes/{id}/availability");
    let seen = |reply: &Reply| reply.body["data"]["booked"] == 1;
    eventually("seen by the old one", async || {
        seen(&old.get(&seats).send().await)
    })
    .await;
    let asked = old.get(&format!("/showtimes/{id}/holds/{}", held.hold_id()));
    let asked = asked.by(&me).send().await;
    assert_eq!(asked.body["data"]["status"], "confirmed", "{}", asked.text);
    let ask_more = old.hold(&id, &me, &["A-1-2"]).await;
    ask_more.assert_problem(503, "SHOWTIME_UNAVAILABLE");
    assert_eq!(old.ask_ops("/readyz").send().await.status, 503);
    assert_eq!(new.ask_ops("/readyz").send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_left_behind_end_after_a_start_with_nobody_asking() {
    let database = Arc::new(TestDatabase::create().await);
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(
        1_800_000_000,
    )));
    let start = || {
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        TestServer::on(Arc::clone(&database), shared, &[])
    };
    let first = start().await;
    let id = first.showtime(&layout(&[("1", 4)])).await;
    let held = first
        .hold(&id, &buyer(), &["A-1-1", "A-1-2", "A-1-3", "A-1-4"])
        .await;
    assert_eq!(held.status, 201, "{}", held.text);
    first.stop().await;
    clock.advance_seconds(601);
    let next = start().await;
    let listed = |reply: &Reply| {
        let all = reply.body["data"].as_array().cloned().unwrap_or_default();
        let of = all.iter().find(|of| of["showtime_id"] == id.as_str());
        of.is_some_and(|of| of["reserved"] == 0)
    };
    eventually("listed as free", async || {
        listed(&next.get("/showtimes?limit=100").send().await)
    })
    .await;
    next.assert_consistent(&id).await;
    next.stop().await;
}
