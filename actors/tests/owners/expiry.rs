//! Deadlines: the alarm only wakes the owner, the clock decides.

use seating::entry::Decision;
use seating::rejection::PlaceStatus;
use seating::seat_layout::SeatIndex;
use testkit::waiting::eventually;

use crate::owners::support::{START, TestOffice, buyer, hold};

#[tokio::test]
async fn the_alarm_expires_a_hold_that_nobody_asks_about() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0, 1]).await.unwrap();
    let showtime = office.showtime().await;
    assert_eq!(showtime.view().seat(SeatIndex(0)).0, PlaceStatus::Reserved);
    office.clock.advance_seconds(601);
    eventually("the seat is free again", async || {
        showtime.view().seat(SeatIndex(0)).0 == PlaceStatus::Available
    })
    .await;
    assert!(matches!(
        office.journal.durable(office.showtime).last().map(|entry| &entry.decision),
        Some(Decision::Expired { holds }) if holds.len() == 1
    ));
}

#[tokio::test]
async fn an_earlier_deadline_rings_first() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0]).await.unwrap();
    let showtime = office.showtime().await;
    let mut short = hold(buyer(), &[1]);
    if let seating::command::Command::Hold(hold) = &mut short {
        hold.ttl_seconds = Some(60);
    }
    showtime.execute(short, None).await.unwrap();
    office.clock.advance_seconds(61);
    let status = |seat| showtime.view().seat(SeatIndex(seat)).0;
    eventually("the short hold is over", async || {
        status(1) == PlaceStatus::Available
    })
    .await;
    assert_eq!(status(0), PlaceStatus::Reserved);
    office.clock.advance_seconds(600);
    eventually("the long hold is over", async || {
        status(0) == PlaceStatus::Available
    })
    .await;
}

#[tokio::test]
async fn an_expired_hold_never_blocks_a_newer_command_whatever_the_timer_does() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0]).await.unwrap();
    office.clock.advance_seconds(600);
    office.hold(buyer(), &[0]).await.unwrap();
}

#[tokio::test]
async fn deadlines_survive_the_owner() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0]).await.unwrap();
    let showtime = office.showtime().await;
    showtime.kill_owner();
    eventually("the next owner expires the hold", async || {
        office.clock.set(START.plus_seconds(601));
        office.replayed().live_holds() == 0
    })
    .await;
}
