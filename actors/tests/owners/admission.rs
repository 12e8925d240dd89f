//! Overload is answered at once and never absorbed.

use std::time::Duration;

use actors::box_office::ShowtimeHandle;
use actors::error::CallError;
use actors::options::{HoldAck, OwnerOptions};
use journal::Journal;
use journal::memory::Mode;
use seating::command::Command;
use seating::ids::{HoldId, Seq};
use seating::sale_terms::SaleTerms;
use testkit::waiting::eventually;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::owners::support::{TestOffice, buyer, confirm, hold, hold_of, party};

#[tokio::test]
async fn a_full_owner_refuses_holds_at_once_and_still_takes_releases() {
    let options = OwnerOptions {
        in_flight_max: 16,
        ..OwnerOptions::default()
    };
    let office = TestOffice::open_with(options, SaleTerms::default(), 1_024).await;
    let showtime = office.showtime().await;
    let owner = buyer();
    let held = office.hold(owner, &[100]).await.unwrap();
    office.journal.set_mode(Mode::HeldBack);
    let waiting: Vec<_> = (0..14)
        .map(|seat| {
            let showtime = showtime.clone();
            tokio::spawn(async move { showtime.execute(hold(buyer(), &[seat]), None).await })
        })
        .collect();
    eventually("all are in", async || office.journal.waiting() == 14).await;

    let refused = showtime
        .execute(hold(buyer(), &[50]), None)
        .await
        .unwrap_err();
    let CallError::Overloaded { retry_after } = refused else {
        panic!("{refused:?}")
    };
    assert!(retry_after.as_millis() >= 100 && retry_after.as_secs() <= 10);

    let release = Command::Release {
        hold: hold_of(&held),
        by: party(owner),
    };
    let released = {
        let showtime = showtime.clone();
        tokio::spawn(async move { showtime.execute(release, None).await })
    };
    eventually("the release is in", async || office.journal.waiting() == 15).await;
    office.journal.set_mode(Mode::Prompt);
    assert!(released.await.unwrap().is_ok());
    for waiting in waiting {
        assert!(waiting.await.unwrap().is_ok());
    }
    assert!(
        showtime.execute(hold(buyer(), &[50]), None).await.is_ok(),
        "there is room again"
    );
}

#[tokio::test]
async fn the_backlog_bounds_all_owners_together_and_empties_again() {
    let office = TestOffice::open_with(OwnerOptions::default(), SaleTerms::default(), 16).await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::Unreachable);
    let waiting: Vec<_> = (0..14)
        .map(|seat| {
            let showtime = showtime.clone();
            tokio::spawn(async move { showtime.execute(hold(buyer(), &[seat]), None).await })
        })
        .collect();
    eventually("the backlog is full", async || {
        office.journal.waiting() == 14
    })
    .await;
    let refused = showtime
        .execute(hold(buyer(), &[50]), None)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, CallError::Overloaded { .. }),
        "{refused:?}"
    );
    office.journal.set_mode(Mode::Prompt);
    for waiting in waiting {
        assert!(waiting.await.unwrap().is_ok());
    }
    assert!(office.journal.backlog().is_empty());
}

#[tokio::test]
async fn a_rejected_command_gives_its_place_back() {
    let office = TestOffice::open_with(OwnerOptions::default(), SaleTerms::default(), 8).await;
    office.hold(buyer(), &[0]).await.unwrap();
    for _ in 0..100 {
        let refused = office.hold(buyer(), &[0]).await.unwrap_err();
        assert!(matches!(refused, CallError::Rejected(_)), "{refused:?}");
    }
    assert!(office.journal.backlog().is_empty());
}

#[tokio::test]
async fn an_early_answer_keeps_its_place_until_it_is_durable() {
    let options = OwnerOptions {
        hold_ack: HoldAck::Memory,
        in_flight_max: 16,
        ..OwnerOptions::default()
    };
    let office = TestOffice::open_with(options, SaleTerms::default(), 1_024).await;
    office.journal.set_mode(Mode::HeldBack);
    for seat in 0..14 {
        office.hold(buyer(), &[seat]).await.unwrap();
    }
    let refused = office.hold(buyer(), &[14]).await.unwrap_err();
    assert!(
        matches!(refused, CallError::Overloaded { .. }),
        "{refused:?}"
    );
    office.journal.set_mode(Mode::Prompt);
    let showtime = office.showtime().await;
    eventually("the owner has heard of it", async || {
        showtime.view().seq() == Seq(15)
    })
    .await;
    office.hold(buyer(), &[14]).await.unwrap();
}

/// A showtime with one entry that is not durable, and a hold that everybody may ask about.
async fn with_an_entry_that_waits(options: OwnerOptions) -> (TestOffice, ShowtimeHandle, HoldId) {
    let office = TestOffice::open_with(options, SaleTerms::default(), 1_024).await;
    let held = office.hold(buyer(), &[0]).await.unwrap();
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::Unreachable);
    let caller = showtime.clone();
    tokio::spawn(async move { caller.execute(hold(buyer(), &[1]), None).await });
    eventually("the entry waits", async || office.journal.waiting() == 1).await;
    (office, showtime, hold_of(&held))
}

fn ask(showtime: &ShowtimeHandle, hold: HoldId) -> JoinHandle<bool> {
    let showtime = showtime.clone();
    tokio::spawn(async move { showtime.hold(hold).await.is_ok() })
}

#[tokio::test]
async fn questions_whose_askers_have_gone_leave_nothing() {
    let (office, showtime, held) = with_an_entry_that_waits(OwnerOptions::default()).await;
    for _ in 0..5_000 {
        let asking = ask(&showtime, held);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        asking.abort();
        // It has gone, and its place with it.
        drop(asking.await);
    }
    for _ in 0..200 {
        let snapshot = showtime.snapshot();
        drop(tokio::time::timeout(Duration::ZERO, snapshot).await);
    }
    let still_asking = ask(&showtime, held);
    let parked = showtime.parked_count().await.unwrap();
    assert_eq!(office.journal.waiting(), 1, "nothing became durable");
    assert!(parked <= 65, "{parked} answers are kept for nobody");
    office.journal.set_mode(Mode::Prompt);
    assert!(still_asking.await.unwrap());
}

#[tokio::test]
async fn questions_that_wait_are_bounded_as_commands_are_and_leave_room_to_sell() {
    let options = OwnerOptions {
        in_flight_max: 16,
        ..OwnerOptions::default()
    };
    let (office, showtime, held) = with_an_entry_that_waits(options).await;
    // One place has the hold that waits.
    let waiting: Vec<_> = (0..13).map(|_| ask(&showtime, held)).collect();
    // On one thread all of them come in before this one goes on.
    tokio::task::yield_now().await;
    let refused = showtime.hold(held).await.unwrap_err();
    assert!(
        matches!(refused, CallError::Overloaded { .. }),
        "{refused:?}"
    );
    let seller = showtime.clone();
    let selling = tokio::spawn(async move { seller.execute(confirm(held), None).await });
    eventually("the sale is in", async || office.journal.waiting() == 2).await;
    office.journal.set_mode(Mode::Prompt);
    assert!(selling.await.unwrap().is_ok());
    for asked in waiting {
        assert!(asked.await.unwrap());
    }
}

#[tokio::test]
async fn nobody_waits_for_a_hold_that_does_not_exist() {
    let (office, showtime, _) = with_an_entry_that_waits(OwnerOptions::default()).await;
    let made_up = HoldId::new(Uuid::now_v7());
    let (image, _) = showtime.hold(made_up).await.unwrap();
    assert_eq!(image, None);
    assert_eq!(
        office.journal.waiting(),
        1,
        "the store is still unreachable"
    );
}
