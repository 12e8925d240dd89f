//! The check finds what was planted, one kind at a time.

use baselines::design::Design;

use crate::support::TestServer;

/// A violation planted by SQL, and a part of the sentence that must report it. At the start S-1-1
/// and S-1-2 (0 and 1 by number) are held and S-1-3 (2) is sold.
const PLANTED: [(&str, &str); 9] = [
    (
        "insert into holds (id, showtime_id, buyer_id, seats, expires_at) \
         select gen_random_uuid(), showtime_id, buyer_id, seats, expires_at from holds \
         where status = 'live'",
        "seat 0 is in 2 live holds",
    ),
    (
        "alter table tickets drop constraint tickets_seat; \
         insert into tickets select gen_random_uuid(), booking_id, showtime_id, seat, code \
         from tickets",
        "seat 2 is on 2 tickets",
    ),
    (
        "update holds set seats = array[0, 1, 2] where status = 'live'",
        "seat 2 is sold and in the live hold",
    ),
    (
        "update seats set hold_id = gen_random_uuid() where seat = 0",
        "seat 0 says reserved by hold",
    ),
    (
        "update seats set status = 'reserved', held_until = now() + interval '1 hour' \
         where seat = 5",
        "seat 5 says reserved by hold",
    ),
    (
        "update seats set status = 'available' where seat = 1",
        "seat 1 of the live hold",
    ),
    (
        "update seats set status = 'available' where seat = 2",
        "for seat 2, which says available",
    ),
    ("delete from tickets", "seat 2 is sold without a ticket"),
    (
        "update holds set seats = array[2, 3] where status = 'confirmed'",
        "was confirmed for 2 seats and has 1 tickets",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn planted_violations_are_found() {
    let server = TestServer::start(Design::ConditionalUpdate).await;
    let undo = "alter table tickets drop constraint if exists tickets_seat; \
                truncate showtimes, seats, holds, bookings, tickets; \
                alter table tickets add constraint tickets_seat unique (showtime_id, seat)";
    for (statement, sentence) in PLANTED {
        let id = server.showtime(1).await;
        server.held(id, &["S-1-1", "S-1-2"]).await;
        let sold = server.held(id, &["S-1-3"]).await;
        server.confirm(id, &sold).await;
        server.assert_sound(id, 2, 1).await;
        server.sql(statement).await;
        let found = server.check(id).await.violations;
        let reported = found.iter().any(|violation| violation.contains(sentence));
        assert!(reported, "{statement}: {found:?}");
        server.sql(undo).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn miscounted_event_is_found() {
    let server = TestServer::start(Design::EventRowLock).await;
    let id = server.showtime(1).await;
    server.held(id, &["S-1-1", "S-1-2"]).await;
    server.assert_sound(id, 2, 0).await;
    server.sql("update showtimes set taken = 3").await;
    let found = server.check(id).await.violations;
    assert_eq!(
        found,
        ["the event counts 3 taken places, and 2 seats are taken"]
    );
}
