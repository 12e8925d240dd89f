//! Looking at a showtime makes nobody its owner, and what is seen is what is durable.

use std::time::Duration;

use actors::error::CallError;
use actors::options::OwnerOptions;
use futures::future::join_all;
use journal::Journal;
use journal::memory::Mode;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::rejection::PlaceStatus;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatIndex;
use testkit::waiting::eventually;
use uuid::Uuid;

use crate::owners::support::{TestOffice, buyer, confirm, hold, hold_of};

/// Longer than a view serves.
const LATER: Duration = Duration::from_secs(1);

#[tokio::test]
async fn looking_claims_nothing() {
    let office = TestOffice::open().await;
    let view = office.box_office.view(office.showtime).await.unwrap();
    assert_eq!(view.seq(), Seq(1));
    assert_eq!(view.total_counts().available(), 200);
    assert_eq!(office.box_office.owners_count(), 0);
    let standing = office.journal.look(office.showtime).await.unwrap();
    assert_eq!(standing.epoch, Epoch(0), "nobody has begun a reign");
}

#[tokio::test(start_paused = true)]
async fn a_view_of_what_another_process_sells_follows_it_and_never_goes_back() {
    let office = TestOffice::open().await;
    let rival = office.rival().await;
    let owned = rival.showtime(office.showtime).await.unwrap();
    let mut last = Seq(0);
    for seat in 0..8 {
        let held = owned.execute(hold(buyer(), &[seat]), None).await.unwrap();
        tokio::time::sleep(LATER).await;
        let view = office.box_office.view(office.showtime).await.unwrap();
        assert!(view.seq() >= held.entry.seq, "it is stale");
        assert!(view.seq() >= last, "it went back");
        assert_eq!(view.seat(SeatIndex(seat)).0, PlaceStatus::Reserved);
        last = view.seq();
    }
    assert_eq!(office.box_office.owners_count(), 0);
    assert_eq!(rival.deposed_count(), 0, "nothing was taken from it");
}

#[tokio::test]
async fn what_its_owner_has_shown_is_seen_when_it_sleeps_again() {
    let options = OwnerOptions {
        passivate_after: Duration::from_millis(1),
        ..OwnerOptions::default()
    };
    let office = TestOffice::open_with(options, SaleTerms::default(), 1_024).await;
    let before = office.box_office.view(office.showtime).await.unwrap();
    for seat in 0..20 {
        let held = office.hold(buyer(), &[seat]).await.unwrap();
        let showtime = office.showtime().await;
        let sold = showtime.execute(confirm(hold_of(&held)), None).await;
        let sold = sold.unwrap().entry.seq;
        drop(showtime);
        eventually("it sleeps", async || office.box_office.owners_count() == 0).await;
        let view = office.box_office.view(office.showtime).await.unwrap();
        assert!(view.seq() >= sold, "{} after {sold} was shown", view.seq());
        assert_eq!(
            view.changed_since(before.seq(), 1_000),
            None,
            "it cannot know"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_leaves_those_who_look_the_last_view() {
    let office = TestOffice::open().await;
    let seen = office.box_office.view(office.showtime).await.unwrap();
    office.journal.set_mode(Mode::Unreachable);
    tokio::time::sleep(LATER).await;
    let view = office.box_office.view(office.showtime).await.unwrap();
    assert_eq!(view.seq(), seen.seq());
    let unseen = office.another();
    let refused = office.box_office.view(unseen).await.unwrap_err();
    assert!(
        matches!(refused, CallError::JournalUnavailable { .. }),
        "{refused:?}"
    );
}

/// It says who reigns, and then nothing of what was sold.
#[tokio::test(start_paused = true)]
async fn a_store_that_fails_half_way_through_a_look_leaves_the_last_view_too() {
    let office = TestOffice::open().await;
    let rival = office.rival().await;
    let owned = rival.showtime(office.showtime).await.unwrap();
    let seen = office.box_office.view(office.showtime).await.unwrap();
    owned.execute(hold(buyer(), &[1]), None).await.unwrap();
    tokio::time::sleep(LATER).await;
    office.journal.fail_loads_after(1, 1);
    let view = office.box_office.view(office.showtime).await.unwrap();
    assert_eq!(view.seq(), seen.seq());
    tokio::time::sleep(LATER).await;
    let view = office.box_office.view(office.showtime).await.unwrap();
    assert!(view.seq() > seen.seq());
}

#[tokio::test]
async fn made_up_ids_are_unknown_and_take_nobodys_place() {
    let office = TestOffice::open().await;
    for _ in 0..2_000 {
        let made_up = ShowtimeId::new(Uuid::now_v7());
        let looked = office.box_office.view(made_up).await;
        assert_eq!(looked.unwrap_err(), CallError::UnknownShowtime);
    }
    assert!(office.box_office.view(office.showtime).await.is_ok());
}

#[tokio::test]
async fn a_walk_through_more_showtimes_than_are_kept_sees_each() {
    let office = TestOffice::open().await;
    let mut all = Vec::new();
    for _ in 0..600 {
        all.push(office.another());
    }
    for showtime in all.iter().chain(&all) {
        assert_eq!(
            office.box_office.view(*showtime).await.unwrap().seq(),
            Seq(1)
        );
    }
}

/// Owners have turns of their own, so a crawler over sleeping showtimes keeps nobody from buying.
#[tokio::test]
async fn who_wants_to_buy_waits_behind_nobody_who_looks() {
    let office = TestOffice::open().await;
    let cold: Vec<ShowtimeId> = (0..200).map(|_| office.another()).collect();
    let looked = std::cell::Cell::new(0);
    let looking = cold.iter().map(async |&showtime| {
        office.box_office.view(showtime).await.unwrap();
        looked.set(looked.get() + 1);
    });
    let buying = async {
        office.hold(buyer(), &[1]).await.unwrap();
        looked.get()
    };
    let (_, looked_before) = tokio::join!(join_all(looking), buying);
    assert!(
        looked_before < 100,
        "{looked_before} of 200 were served first"
    );
    assert_eq!(looked.get(), 200);
}

/// The store does not fail at once: it is not heard of any more.
#[tokio::test(start_paused = true)]
async fn a_crowd_goes_on_seeing_what_was_seen_last_while_the_store_is_unreachable() {
    let office = TestOffice::open().await;
    let before = office.box_office.view(office.showtime).await.unwrap();
    office.journal.set_mode(Mode::Unreachable);
    for _ in 0..20 {
        tokio::time::sleep(LATER).await;
        let asked = tokio::time::Instant::now();
        let crowd = (0..50).map(|_| office.box_office.view(office.showtime));
        for seen in join_all(crowd).await {
            assert_eq!(seen.unwrap().seq(), before.seq());
        }
        assert!(asked.elapsed() <= LATER, "{:?}", asked.elapsed());
    }
}
