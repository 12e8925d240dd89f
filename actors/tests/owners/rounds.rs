//! Who looks after owners that nobody asks anything.

use std::time::Duration;

use actors::error::CallError;
use actors::options::Options;
use journal::memory::Mode;
use seating::rejection::PlaceStatus;
use seating::seat_layout::SeatIndex;
use seating::settings::Settings;
use testkit::waiting::eventually;

use crate::owners::support::{House, buyer, confirm, hold, hold_of};

#[tokio::test(start_paused = true)]
async fn an_owner_that_has_lost_its_showtime_says_nothing_stale() {
    let house = House::open().await;
    let old = house.showtime().await;
    let rival = house.rival().await;
    let new = rival.showtime(house.showtime).await.unwrap();
    let held = new.execute(hold(buyer(), &[0]), None).await.unwrap();
    new.execute(confirm(hold_of(&held)), None).await.unwrap();
    assert_eq!(old.view().seat(SeatIndex(0)).0, PlaceStatus::Available);
    // It has nothing to write from which it could learn.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(house.box_office.deposed_count(), 1);
    let view = house.box_office.view(house.showtime).await.unwrap();
    assert_eq!(view.seat(SeatIndex(0)).0, PlaceStatus::Booked);
    let asked = old.hold(hold_of(&held)).await.unwrap_err();
    assert!(
        matches!(asked, CallError::Deposed | CallError::OwnerRestarted),
        "{asked:?}"
    );
    assert_eq!(rival.deposed_count(), 0);
}

fn restless() -> Options {
    Options {
        passivate_after: Duration::from_secs(8),
        ..Options::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_showtime_that_somebody_watches_stays() {
    let house = House::open_with(restless(), Settings::default(), 1_024).await;
    let epoch = house.showtime().await.view().epoch();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let view = house.box_office.view(house.showtime).await.unwrap();
        assert_eq!(view.epoch(), epoch, "it has left and come back");
    }
    assert_eq!(house.box_office.owners_count(), 1);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(
        house.box_office.owners_count(),
        0,
        "nobody watches any more"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_goes_home_while_the_store_is_away() {
    let house = House::open_with(restless(), Settings::default(), 1_024).await;
    drop(house.showtime().await);
    house.journal.set_mode(Mode::Away);
    tokio::time::sleep(Duration::from_hours(1)).await;
    let view = house.box_office.view(house.showtime).await;
    assert!(view.is_ok(), "{view:?}");
    assert_eq!(house.box_office.owners_count(), 1);
    house.journal.set_mode(Mode::Prompt);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(house.box_office.owners_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn holds_left_behind_are_looked_after_with_nobody_asking() {
    let house = House::open().await;
    house.hold(buyer(), &[0, 1]).await.unwrap();
    house.box_office.crash();
    let next = house.rival().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(next.owners_count(), 1, "it was not woken");
    house.clock.advance_seconds(601);
    eventually("they have expired", async || {
        house.replayed().live_holds() == 0
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn holds_left_behind_are_looked_after_as_soon_as_the_store_can_be_asked() {
    let house = House::open().await;
    house.hold(buyer(), &[0, 1]).await.unwrap();
    house.box_office.crash();
    house.journal.set_mode(Mode::Away);
    let next = house.rival().await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(next.owners_count(), 0);
    house.journal.set_mode(Mode::Prompt);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(next.owners_count(), 1, "it was not woken");
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_was_given_a_rest_is_tried_again_with_nobody_asking() {
    let house = House::open().await;
    house.hold(buyer(), &[0]).await.unwrap();
    loop {
        match house.box_office.showtime(house.showtime).await {
            Ok(showtime) => {
                let epoch = showtime.view().epoch();
                showtime.panic_owner();
                let again = || house.box_office.showtime(house.showtime);
                while again().await.is_ok_and(|next| next.view().epoch() == epoch) {
                    tokio::task::yield_now().await;
                }
            }
            Err(CallError::GaveUp { .. }) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(house.box_office.owners_count(), 0);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(house.box_office.owners_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_could_not_be_started_anew_in_an_outage_is_when_it_ends() {
    let house = House::open().await;
    house.hold(buyer(), &[0]).await.unwrap();
    let showtime = house.showtime().await;
    house.journal.set_mode(Mode::Away);
    showtime.panic_owner();
    eventually("it is dead", async || house.box_office.owners_count() == 0).await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(house.box_office.owners_count(), 0);
    house.journal.set_mode(Mode::Prompt);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(house.box_office.owners_count(), 1);
}
