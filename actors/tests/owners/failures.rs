//! Owners that die: nothing acknowledged is lost, nothing is promised by the dead.

use std::collections::BTreeSet;

use actors::box_office::Showtime;
use actors::error::CallError;
use actors::options::Options;
use seating::ids::Seq;
use seating::journal::memory::Mode;
use seating::settings::Settings;

use crate::owners::support::{House, buyer, confirm, eventually, hold, hold_of, stamp};

/// Holds seats one after the other while owners die, repeating what got no answer.
async fn hold_and_confirm_under_fire(house: &House, fail: fn(&Showtime)) {
    let mut acknowledged = BTreeSet::new();
    let mut deaths = 0_u32;
    for seat in 0..200_u32 {
        let command = hold(buyer(), &[seat]);
        if seat % 40 == 20 {
            fail(&house.showtime().await);
            deaths += 1;
        }
        let held = loop {
            let showtime = house.box_office.showtime(house.showtime).await;
            let answered = match showtime {
                Ok(showtime) => {
                    showtime
                        .execute(command.clone(), Some(stamp(u128::from(seat) + 1)))
                        .await
                }
                Err(error) => Err(error),
            };
            match answered {
                Ok(answer) => break answer,
                Err(CallError::OwnerRestarted) => tokio::task::yield_now().await,
                Err(other) => panic!("seat {seat}: {other}"),
            }
        };
        acknowledged.insert(hold_of(&held));
    }
    assert_eq!(acknowledged.len(), 200);
    let replayed = house.replayed();
    for hold in acknowledged {
        assert!(
            replayed.hold(hold).is_some(),
            "an acknowledged hold is lost"
        );
    }
    assert_eq!(replayed.house_counts().held, 200);
    let epoch = house.showtime().await.view().epoch().0;
    assert!(
        epoch > u64::from(deaths),
        "{deaths} deaths, yet epoch {epoch}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panicking_owners_lose_nothing_acknowledged() {
    let house = House::open().await;
    hold_and_confirm_under_fire(&house, Showtime::panic_owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_owners_lose_nothing_acknowledged() {
    let house = House::open().await;
    hold_and_confirm_under_fire(&house, Showtime::kill_owner).await;
}

#[tokio::test]
async fn replies_parked_in_a_dead_owner_end_as_restarted_never_as_silence() {
    let house = House::open().await;
    let showtime = house.showtime().await;
    house.journal.set_mode(Mode::HeldBack);
    let caller = showtime.clone();
    let asked = tokio::spawn(async move { caller.execute(hold(buyer(), &[0]), None).await });
    eventually("the event waits", || house.journal.waiting() == 1).await;
    showtime.panic_owner();
    assert_eq!(asked.await.unwrap().unwrap_err(), CallError::OwnerRestarted);
}

#[tokio::test]
async fn an_old_owner_never_acknowledges_again() {
    let house = House::open().await;
    let old = house.showtime().await;
    old.execute(hold(buyer(), &[0]), None).await.unwrap();
    let rival = house.rival().await;
    let new = rival.showtime(house.showtime).await.unwrap();
    new.execute(hold(buyer(), &[1]), None).await.unwrap();

    let refused = old.execute(hold(buyer(), &[2]), None).await.unwrap_err();
    assert!(
        matches!(refused, CallError::Deposed | CallError::OwnerRestarted),
        "{refused:?}"
    );
    eventually("it knows", || house.box_office.deposed_count() == 1).await;
    let refused = house.hold(buyer(), &[3]).await.unwrap_err();
    assert_eq!(
        refused,
        CallError::Deposed,
        "it does not take the showtime back"
    );
    new.execute(hold(buyer(), &[2]), None).await.unwrap();
    assert_eq!(house.replayed().house_counts().held, 3);
}

#[tokio::test]
async fn a_poisoned_event_restarts_its_owner_without_it() {
    let house = House::open().await;
    let showtime = house.showtime().await;
    house.journal.poison(house.showtime, Seq(2));
    let refused = showtime
        .execute(hold(buyer(), &[0]), None)
        .await
        .unwrap_err();
    assert_eq!(refused, CallError::OwnerRestarted);
    eventually("the next owner lives", || house.replayed().seq() == Seq(1)).await;
    let held = house.hold(buyer(), &[0]).await.unwrap();
    assert_eq!(held.entry.seq, Seq(2));
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_keeps_failing_is_given_a_rest_and_then_another_chance() {
    let house = House::open().await;
    let refusal = loop {
        match house.box_office.showtime(house.showtime).await {
            Ok(showtime) => {
                showtime.panic_owner();
                // Every death is noticed before the next one.
                let epoch = showtime.view().epoch();
                while house
                    .box_office
                    .showtime(house.showtime)
                    .await
                    .is_ok_and(|next| next.view().epoch() == epoch)
                {
                    tokio::task::yield_now().await;
                }
            }
            Err(error) => break error,
        }
    };
    let CallError::GaveUp { retry_after } = refusal else {
        panic!("{refusal:?}")
    };
    tokio::time::sleep(retry_after).await;
    house.hold(buyer(), &[0]).await.unwrap();
}

#[tokio::test]
async fn a_damaged_snapshot_is_passed_over() {
    let options = Options {
        snapshot_every: 5,
        ..Options::default()
    };
    let house = House::open_with(options, Settings::default(), 1_024).await;
    for seat in 0..20 {
        let held = house.hold(buyer(), &[seat]).await.unwrap();
        let showtime = house.showtime().await;
        showtime
            .execute(confirm(hold_of(&held)), None)
            .await
            .unwrap();
    }
    eventually("snapshots are written", || {
        house.journal.snapshots(house.showtime).len() == 2
    })
    .await;
    house.journal.damage_snapshots(house.showtime);
    house.showtime().await.kill_owner();
    let rival = house.rival().await;
    let showtime = rival.showtime(house.showtime).await.unwrap();
    assert_eq!(showtime.view().house_counts().booked, 20);
}
