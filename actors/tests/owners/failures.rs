//! Owners that die: nothing acknowledged is lost, nothing is promised by the dead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actors::box_office::{Answer, ShowtimeHandle};
use actors::error::CallError;
use actors::options::OwnerOptions;
use journal::memory::Mode;
use seating::command::Command;
use seating::entry::Decision;
use seating::ids::{BookingId, Seq};
use seating::rejection::HoldEnd;
use seating::sale_terms::SaleTerms;
use seating::snapshot::{BookingState, HoldLife};
use testkit::waiting::eventually;

use crate::owners::support::{TestOffice, buyer, confirm, hold, hold_of, stamp};

const CALLERS: u32 = 8;
const SEATS_EACH: u32 = 25;

/// Eight callers hold and buy seats at once while owners die and leave under them; whatever gets
/// no answer is repeated under its key.
async fn sell_under_fire(options: OwnerOptions, fail: Option<fn(&ShowtimeHandle)>) {
    let office = Arc::new(TestOffice::open_with(options, SaleTerms::default(), 4_096).await);
    let sold = Arc::new(AtomicU32::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| tokio::spawn(sell_seats(Arc::clone(&office), caller, Arc::clone(&sold))))
        .collect();
    let mut shots = 0;
    while sold.load(Ordering::Relaxed) < CALLERS * SEATS_EACH {
        // Five shots in all: a sixth would make the supervisor give up.
        if let Some(fail) = fail
            && shots < 5
            && sold.load(Ordering::Relaxed) > shots * 30
        {
            fail(&office.showtime().await);
            shots += 1;
        }
        assert!(
            callers.iter().all(|caller| !caller.is_finished()) || sold.load(Ordering::Relaxed) > 0
        );
        tokio::task::yield_now().await;
    }
    let mut bookings = Vec::new();
    for caller in callers {
        bookings.extend(caller.await.unwrap());
    }
    let replayed = office.replayed();
    for booking in bookings {
        let state = replayed.booking(booking).map(|booking| booking.state);
        assert_eq!(
            state,
            Some(BookingState::Confirmed),
            "an acknowledged sale is lost"
        );
    }
    assert_eq!(replayed.total_counts().booked, CALLERS * SEATS_EACH);
    assert_eq!(
        office.box_office.deposed_count(),
        0,
        "nobody else was there"
    );
    assert!(office.box_office.owners_count() <= 1);
}

async fn sell_seats(office: Arc<TestOffice>, caller: u32, sold: Arc<AtomicU32>) -> Vec<BookingId> {
    let mut bookings = Vec::new();
    for seat in caller * SEATS_EACH..(caller + 1) * SEATS_EACH {
        let key = u128::from(seat) * 2 + 1;
        let held = insist(&office, &hold(buyer(), &[seat]), key).await;
        let sale = insist(&office, &confirm(hold_of(&held)), key + 1).await;
        if let Decision::Confirmed(sale) = &sale.entry.decision {
            bookings.push(sale.booking);
        }
        sold.fetch_add(1, Ordering::Relaxed);
    }
    bookings
}

/// Asks until there is an answer.
async fn insist(office: &TestOffice, command: &Command, key: u128) -> Answer {
    loop {
        let answered = match office.box_office.showtime(office.showtime).await {
            Ok(showtime) => showtime.execute(command.clone(), Some(stamp(key))).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(answer) => return answer,
            Err(CallError::OwnerRestarted) => tokio::task::yield_now().await,
            Err(other) => panic!("{command:?}: {other}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_box_office_takes_nothing_back_from_its_successor() {
    let office = TestOffice::open().await;
    // From the second failure on the next owner is started after a pause.
    for _ in 0..4 {
        let showtime = office.showtime().await;
        showtime.panic_owner();
        let lost = showtime.execute(hold(buyer(), &[1]), None).await;
        assert_eq!(lost, Err(CallError::OwnerRestarted));
    }
    // Time stands still while there is something to do, and the pause has begun by now.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(office.box_office.stop(Duration::from_secs(20)).await);
    let successor = office.rival().await;
    let showtime = successor.showtime(office.showtime).await.unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let held = showtime.execute(hold(buyer(), &[3]), None).await;
    assert!(held.is_ok(), "{held:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn panicking_owners_under_load_lose_nothing_acknowledged() {
    sell_under_fire(OwnerOptions::default(), Some(ShowtimeHandle::panic_owner)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_owners_under_load_lose_nothing_acknowledged() {
    sell_under_fire(OwnerOptions::default(), Some(ShowtimeHandle::kill_owner)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn owners_that_leave_all_the_time_are_followed_and_never_depose_each_other() {
    let options = OwnerOptions {
        passivate_after: Duration::from_micros(50),
        ..OwnerOptions::default()
    };
    for _ in 0..20 {
        sell_under_fire(options, None).await;
    }
}

#[tokio::test]
async fn a_hold_is_shown_once_it_is_durable() {
    let office = TestOffice::open().await;
    let held = office.hold(buyer(), &[0]).await.unwrap();
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::HeldBack);
    let (seller, reader) = (showtime.clone(), showtime);
    let sale = confirm(hold_of(&held));
    let selling = tokio::spawn(async move { seller.execute(sale, None).await });
    eventually("the sale waits", async || office.journal.waiting() == 1).await;
    let id = hold_of(&held);
    let reading = tokio::spawn(async move { reader.hold(id).await });
    tokio::task::yield_now().await;
    assert!(!reading.is_finished(), "the sale could still be forgotten");
    office.journal.commit_all();
    let (image, seq) = reading.await.unwrap().unwrap();
    let life = image.unwrap().life;
    assert!(matches!(life, HoldLife::Ended(HoldEnd::Confirmed(Some(_)))));
    assert_eq!(seq, selling.await.unwrap().unwrap().entry.seq);
}

#[tokio::test]
async fn replies_parked_in_a_dead_owner_end_as_restarted_never_as_silence() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::HeldBack);
    let caller = showtime.clone();
    let asked = tokio::spawn(async move { caller.execute(hold(buyer(), &[0]), None).await });
    eventually("the entry waits", async || office.journal.waiting() == 1).await;
    showtime.panic_owner();
    assert_eq!(asked.await.unwrap().unwrap_err(), CallError::OwnerRestarted);
}

#[tokio::test]
async fn an_old_owner_never_acknowledges_again() {
    let office = TestOffice::open().await;
    let old = office.showtime().await;
    old.execute(hold(buyer(), &[0]), None).await.unwrap();
    let rival = office.rival().await;
    let new = rival.showtime(office.showtime).await.unwrap();
    new.execute(hold(buyer(), &[1]), None).await.unwrap();

    let refused = old.execute(hold(buyer(), &[2]), None).await.unwrap_err();
    assert!(
        matches!(refused, CallError::Deposed | CallError::OwnerRestarted),
        "{refused:?}"
    );
    eventually("it knows", async || office.box_office.deposed_count() == 1).await;
    let refused = office.hold(buyer(), &[3]).await.unwrap_err();
    assert_eq!(
        refused,
        CallError::Deposed,
        "it does not take the showtime back"
    );
    new.execute(hold(buyer(), &[2]), None).await.unwrap();
    assert_eq!(office.replayed().total_counts().held, 3);
}

#[tokio::test]
async fn a_poisoned_entry_restarts_its_owner_without_it() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.journal.poison(office.showtime, Seq(2));
    let refused = showtime
        .execute(hold(buyer(), &[0]), None)
        .await
        .unwrap_err();
    assert_eq!(refused, CallError::OwnerRestarted);
    eventually("the next owner lives", async || {
        office.replayed().seq() == Seq(1)
    })
    .await;
    let held = office.hold(buyer(), &[0]).await.unwrap();
    assert_eq!(held.entry.seq, Seq(2));
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_keeps_failing_is_given_a_rest_and_then_another_chance() {
    let office = TestOffice::open().await;
    let refusal = loop {
        match office.box_office.showtime(office.showtime).await {
            Ok(showtime) => {
                showtime.panic_owner();
                // Every death is noticed before the next one.
                let epoch = showtime.view().epoch();
                while office
                    .box_office
                    .showtime(office.showtime)
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
    office.hold(buyer(), &[0]).await.unwrap();
}

#[tokio::test]
async fn a_damaged_snapshot_is_passed_over() {
    let options = OwnerOptions {
        snapshot_every: 5,
        ..OwnerOptions::default()
    };
    let office = TestOffice::open_with(options, SaleTerms::default(), 1_024).await;
    for seat in 0..20 {
        let held = office.hold(buyer(), &[seat]).await.unwrap();
        let showtime = office.showtime().await;
        showtime
            .execute(confirm(hold_of(&held)), None)
            .await
            .unwrap();
    }
    eventually("snapshots are written", async || {
        office.journal.snapshots(office.showtime).len() == 2
    })
    .await;
    office.journal.damage_snapshots(office.showtime);
    office.showtime().await.kill_owner();
    let rival = office.rival().await;
    let showtime = rival.showtime(office.showtime).await.unwrap();
    assert_eq!(showtime.view().total_counts().booked, 20);
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_deposes_nobody() {
    let office = TestOffice::open().await;
    office.journal.set_mode(Mode::HeldBack);
    let showtime = office.showtime().await;
    let held = tokio::spawn(async move { showtime.execute(hold(buyer(), &[0]), None).await });
    eventually("the hold waits", async || office.journal.waiting() == 1).await;
    office.journal.lose_claims(1);
    office.showtime().await.kill_owner();
    assert_eq!(held.await.unwrap().unwrap_err(), CallError::OwnerRestarted);
    // The next owner's claim is recorded without its knowing, and fences the entry that waits.
    eventually("the next owner has failed", async || {
        office.box_office.owners_count() == 0
    })
    .await;
    office.journal.set_mode(Mode::Prompt);
    assert_eq!(office.journal.durable(office.showtime).len(), 1, "fenced");
    office.hold(buyer(), &[0]).await.unwrap();
    assert_eq!(
        office.box_office.deposed_count(),
        0,
        "nobody else was there"
    );
}
