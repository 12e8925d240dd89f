//! Who may take a showtime from whom: late claims, claims at once, claims that the store forgets.

use std::time::Duration;

use actors::error::CallError;
use journal::Journal;
use seating::ids::{Epoch, Seq};
use testkit::waiting::eventually;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::owners::support::{TestOffice, buyer, hold};

/// Lets every task go as far as it can; nothing here waits for time.
async fn until_all_wait() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

/// Somebody asks for the showtime, whose claim arrives when the test says so.
async fn claim_on_its_way(
    office: &TestOffice,
) -> (oneshot::Sender<()>, JoinHandle<Result<(), CallError>>) {
    let (arrive, arrived) = oneshot::channel();
    office.journal.delay_claim(async { drop(arrived.await) });
    let asking = tokio::spawn({
        let (office, showtime) = (office.box_office.clone(), office.showtime);
        async move { office.showtime(showtime).await.map(|_| ()) }
    });
    until_all_wait().await;
    (arrive, asking)
}

#[tokio::test(start_paused = true)]
async fn a_late_claim_of_a_stopped_process_takes_nothing_from_its_successor() {
    let office = TestOffice::open().await;
    let (arrive, asking) = claim_on_its_way(&office).await;
    let stopped = office.box_office.stop(Duration::from_secs(1)).await;
    assert!(!stopped, "a claim is still in progress");

    let successor = office.rival().await;
    let showtime = successor.showtime(office.showtime).await.unwrap();
    showtime.execute(hold(buyer(), &[1]), None).await.unwrap();
    arrive.send(()).unwrap();
    until_all_wait().await;
    assert!(asking.await.unwrap().is_err());
    let held = showtime.execute(hold(buyer(), &[2]), None).await;
    assert!(held.is_ok(), "{held:?}");
    assert_eq!(successor.deposed_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_processes_that_claim_at_once_one_serves_and_neither_is_locked_out() {
    let office = TestOffice::open().await;
    let (arrive, asking) = claim_on_its_way(&office).await;
    let rival = office.rival().await;
    let faster = rival.showtime(office.showtime).await.unwrap();
    faster.execute(hold(buyer(), &[1]), None).await.unwrap();
    arrive.send(()).unwrap();
    assert_eq!(asking.await.unwrap(), Err(CallError::OwnerRestarted));
    // The slower one has taken nothing, and never had anything to lose.
    faster.execute(hold(buyer(), &[2]), None).await.unwrap();
    assert_eq!(office.box_office.deposed_count(), 0);
    // Whoever is asked next takes over, as ever, and only the one who lost it is deposed.
    office.hold(buyer(), &[3]).await.unwrap();
    let refused = faster.execute(hold(buyer(), &[4]), None).await;
    assert!(refused.is_err(), "{refused:?}");
    eventually("it knows", async || rival.deposed_count() == 1).await;
    assert_eq!(office.box_office.deposed_count(), 0);
    assert_eq!(office.replayed().total_counts().held, 3);
}

#[tokio::test]
async fn the_only_process_goes_on_when_the_store_forgets_its_claims() {
    for claims in 0..3 {
        let office = TestOffice::open().await;
        office.hold(buyer(), &[0]).await.unwrap();
        let mut reigns = vec![Epoch(0), standing(&office).await];
        for _ in 0..claims {
            office.showtime().await.panic_owner();
            let newest = *reigns.last().unwrap();
            while standing(&office).await == newest {
                tokio::task::yield_now().await;
            }
            reigns.push(standing(&office).await);
        }
        for forgotten in reigns.clone().into_iter().rev().skip(1) {
            office.journal.fail_over(office.showtime, forgotten, Seq(2));
            // The old owner learns by writing that its reign is over, and then nobody asks again.
            let before = *reigns.last().unwrap();
            drop(office.hold(buyer(), &[1]).await);
            while standing(&office).await <= before {
                tokio::task::yield_now().await;
            }
            reigns.push(standing(&office).await);
            assert_eq!(office.replayed().total_counts().held, 1);
        }
        office.hold(buyer(), &[2]).await.unwrap();
        assert_eq!(
            office.box_office.deposed_count(),
            0,
            "nobody else was there"
        );
    }
}

/// The reign that stands in the store.
async fn standing(office: &TestOffice) -> Epoch {
    office.journal.look(office.showtime).await.unwrap().epoch
}

#[tokio::test]
async fn a_claim_forgotten_by_the_store_gives_nobody_the_showtime_twice() {
    let office = TestOffice::open().await;
    office.hold(buyer(), &[0]).await.unwrap();
    office.journal.fail_over(office.showtime, Epoch(0), Seq(1));
    let rival = office.rival().await;
    let new = rival.showtime(office.showtime).await.unwrap();
    new.execute(hold(buyer(), &[1]), None).await.unwrap();
    drop(office.hold(buyer(), &[2]).await);
    eventually("it knows", async || office.box_office.deposed_count() == 1).await;
    assert_eq!(
        office.hold(buyer(), &[3]).await.unwrap_err(),
        CallError::Deposed
    );
    new.execute(hold(buyer(), &[2]), None).await.unwrap();
    assert_eq!(rival.deposed_count(), 0);
    assert_eq!(office.replayed().total_counts().held, 2);
}

#[tokio::test]
async fn a_process_whose_owner_left_does_not_take_the_showtime_back() {
    let office = TestOffice::open().await;
    let old = office.showtime().await;
    let rival = office.rival().await;
    let new = rival.showtime(office.showtime).await.unwrap();
    // Its owner dies without having heard that its reign is over.
    old.kill_owner();
    eventually("it knows", async || office.box_office.deposed_count() == 1).await;
    new.execute(hold(buyer(), &[1]), None).await.unwrap();
}
