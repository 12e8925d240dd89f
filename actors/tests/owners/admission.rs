//! Overload is answered at once and never absorbed.

use actors::error::CallError;
use actors::options::Options;
use seating::command::Command;
use seating::journal::Journal;
use seating::journal::memory::Mode;
use seating::settings::Settings;

use crate::owners::support::{House, buyer, eventually, hold, hold_of, party};

#[tokio::test]
async fn a_full_owner_refuses_holds_at_once_and_still_takes_releases() {
    let options = Options {
        in_flight_max: 16,
        ..Options::default()
    };
    let house = House::open_with(options, Settings::default(), 1_024).await;
    let showtime = house.showtime().await;
    let owner = buyer();
    let held = house.hold(owner, &[100]).await.unwrap();
    house.journal.set_mode(Mode::HeldBack);
    let waiting: Vec<_> = (0..14)
        .map(|seat| {
            let showtime = showtime.clone();
            tokio::spawn(async move { showtime.execute(hold(buyer(), &[seat]), None).await })
        })
        .collect();
    eventually("all are in", || house.journal.waiting() == 14).await;

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
    eventually("the release is in", || house.journal.waiting() == 15).await;
    house.journal.set_mode(Mode::Prompt);
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
    let house = House::open_with(Options::default(), Settings::default(), 16).await;
    let showtime = house.showtime().await;
    house.journal.set_mode(Mode::Away);
    let waiting: Vec<_> = (0..14)
        .map(|seat| {
            let showtime = showtime.clone();
            tokio::spawn(async move { showtime.execute(hold(buyer(), &[seat]), None).await })
        })
        .collect();
    eventually("the backlog is full", || house.journal.waiting() == 14).await;
    let refused = showtime
        .execute(hold(buyer(), &[50]), None)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, CallError::Overloaded { .. }),
        "{refused:?}"
    );
    house.journal.set_mode(Mode::Prompt);
    for waiting in waiting {
        assert!(waiting.await.unwrap().is_ok());
    }
    assert!(house.journal.backlog().is_empty());
}

#[tokio::test]
async fn a_rejected_command_gives_its_place_back() {
    let house = House::open_with(Options::default(), Settings::default(), 8).await;
    house.hold(buyer(), &[0]).await.unwrap();
    for _ in 0..100 {
        let refused = house.hold(buyer(), &[0]).await.unwrap_err();
        assert!(matches!(refused, CallError::Rejected(_)), "{refused:?}");
    }
    assert!(house.journal.backlog().is_empty());
}
