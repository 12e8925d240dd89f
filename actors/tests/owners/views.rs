//! What readers see: never ahead of the journal, never behind their own answer.

use journal::memory::Mode;
use seating::ids::Seq;
use seating::rejection::PlaceStatus;
use seating::seat_layout::SeatIndex;
use testkit::waiting::eventually;

use crate::owners::support::{TestOffice, buyer, hold};

#[tokio::test]
async fn whoever_is_answered_sees_their_own_hold() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    for seat in 0..200 {
        showtime
            .execute(hold(buyer(), &[seat]), None)
            .await
            .unwrap();
        let (status, deadline) = showtime.view().seat(SeatIndex(seat));
        assert_eq!(status, PlaceStatus::Reserved);
        assert!(deadline.is_some());
    }
    assert_eq!(showtime.view().total_counts().held, 200);
}

#[tokio::test]
async fn nobody_sees_what_is_not_durable() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::HeldBack);
    let caller = showtime.clone();
    let asked = tokio::spawn(async move { caller.execute(hold(buyer(), &[9]), None).await });
    eventually("the entry waits", async || office.journal.waiting() == 1).await;
    assert_eq!(showtime.view().seat(SeatIndex(9)).0, PlaceStatus::Available);
    office.journal.commit_all();
    asked.await.unwrap().unwrap();
    assert_eq!(showtime.view().seat(SeatIndex(9)).0, PlaceStatus::Reserved);
}

#[tokio::test]
async fn changes_since_a_number_name_exactly_the_changed_seats() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.hold(buyer(), &[0]).await.unwrap();
    let then = showtime.view().seq();
    office.hold(buyer(), &[7, 8]).await.unwrap();
    let view = showtime.view();
    assert_eq!(
        view.changed_since(then, 100),
        Some(vec![SeatIndex(7), SeatIndex(8)])
    );
    assert_eq!(view.changed_since(view.seq(), 100), Some(vec![]));
    assert_eq!(
        view.changed_since(Seq(0), 100),
        None,
        "before this owner nobody knows"
    );
    assert_eq!(
        view.changed_since(Seq(99), 100),
        None,
        "a number from the future is not ours"
    );
}

#[tokio::test]
async fn an_old_view_stays_as_it_was() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    let before = showtime.view();
    office.hold(buyer(), &[0]).await.unwrap();
    assert_eq!(before.seat(SeatIndex(0)).0, PlaceStatus::Available);
    assert_eq!(showtime.view().seat(SeatIndex(0)).0, PlaceStatus::Reserved);
}

#[tokio::test]
async fn one_commit_of_several_entries_is_seen_whole() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::HeldBack);
    let callers: Vec<_> = (0..3_u32)
        .map(|seat| {
            let showtime = showtime.clone();
            tokio::spawn(async move { showtime.execute(hold(buyer(), &[seat]), None).await })
        })
        .collect();
    eventually("all three wait", async || office.journal.waiting() == 3).await;
    office.journal.commit_all();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(showtime.view().total_counts().held, 3);
}
