//! Who looks after owners that nobody asks anything.

use std::time::Duration;

use actors::error::CallError;
use actors::options::OwnerOptions;
use journal::memory::Mode;
use seating::rejection::PlaceStatus;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatIndex;
use testkit::waiting::eventually;

use crate::owners::support::{TestOffice, buyer, confirm, hold, hold_of};

#[tokio::test(start_paused = true)]
async fn an_owner_that_has_lost_its_showtime_says_nothing_stale() {
    let office = TestOffice::open().await;
    let old = office.showtime().await;
    let rival = office.rival().await;
    let new = rival.showtime(office.showtime).await.unwrap();
    let held = new.execute(hold(buyer(), &[0]), None).await.unwrap();
    new.execute(confirm(hold_of(&held)), None).await.unwrap();
    assert_eq!(old.view().seat(SeatIndex(0)).0, PlaceStatus::Available);
    // It has nothing to write from which it could learn.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(office.box_office.deposed_count(), 1);
    let view = office.box_office.view(office.showtime).await.unwrap();
    assert_eq!(view.seat(SeatIndex(0)).0, PlaceStatus::Booked);
    let asked = old.hold(hold_of(&held)).await.unwrap_err();
    assert!(
        matches!(asked, CallError::Deposed | CallError::OwnerRestarted),
        "{asked:?}"
    );
    assert_eq!(rival.deposed_count(), 0);
}

fn restless() -> OwnerOptions {
    OwnerOptions {
        passivate_after: Duration::from_secs(8),
        ..OwnerOptions::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_showtime_that_somebody_watches_stays() {
    let office = TestOffice::open_with(restless(), SaleTerms::default(), 1_024).await;
    let epoch = office.showtime().await.view().epoch();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let view = office.box_office.view(office.showtime).await.unwrap();
        assert_eq!(view.epoch(), epoch, "it has left and come back");
    }
    assert_eq!(office.box_office.owners_count(), 1);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(
        office.box_office.owners_count(),
        0,
        "nobody watches any more"
    );
}

#[tokio::test(start_paused = true)]
async fn no_owner_leaves_while_the_store_is_unreachable() {
    let office = TestOffice::open_with(restless(), SaleTerms::default(), 1_024).await;
    drop(office.showtime().await);
    office.journal.set_mode(Mode::Unreachable);
    tokio::time::sleep(Duration::from_hours(1)).await;
    let view = office.box_office.view(office.showtime).await;
    assert!(view.is_ok(), "{view:?}");
    assert_eq!(office.box_office.owners_count(), 1);
    office.journal.set_mode(Mode::Prompt);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(office.box_office.owners_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn holds_left_behind_are_looked_after_with_nobody_asking() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0, 1]).await.unwrap();
    office.box_office.crash();
    let next = office.rival().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(next.owners_count(), 1, "it was not woken");
    office.clock.advance_seconds(601);
    eventually("they have expired", async || {
        office.replayed().live_holds() == 0
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn holds_left_behind_are_looked_after_as_soon_as_the_store_can_be_asked() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0, 1]).await.unwrap();
    office.box_office.crash();
    office.journal.set_mode(Mode::Unreachable);
    let next = office.rival().await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(next.owners_count(), 0);
    office.journal.set_mode(Mode::Prompt);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(next.owners_count(), 1, "it was not woken");
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_was_given_a_rest_is_tried_again_with_nobody_asking() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0]).await.unwrap();
    loop {
        match office.box_office.showtime(office.showtime).await {
            Ok(showtime) => {
                let epoch = showtime.view().epoch();
                showtime.panic_owner();
                let again = || office.box_office.showtime(office.showtime);
                while again().await.is_ok_and(|next| next.view().epoch() == epoch) {
                    tokio::task::yield_now().await;
                }
            }
            Err(CallError::GaveUp { .. }) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(office.box_office.owners_count(), 0);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(office.box_office.owners_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_could_not_be_started_in_an_outage_is_when_it_ends() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0]).await.unwrap();
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::Unreachable);
    showtime.panic_owner();
    eventually("it is dead", async || office.box_office.owners_count() == 0).await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(office.box_office.owners_count(), 0);
    office.journal.set_mode(Mode::Prompt);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(office.box_office.owners_count(), 1);
}
