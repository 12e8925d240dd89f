//! Memory follows what is hot.

use std::sync::Arc;
use std::time::Duration;

use actors::error::CallError;
use actors::options::OwnerOptions;
use seating::command::Command;
use seating::ids::HoldId;
use seating::rejection::Rejection;
use seating::sale_terms::SaleTerms;
use testkit::waiting::eventually;
use uuid::Uuid;

use crate::owners::support::{TestOffice, buyer, confirm, hold, hold_of, party};

fn quick() -> OwnerOptions {
    OwnerOptions {
        passivate_after: Duration::from_millis(20),
        ..OwnerOptions::default()
    }
}

#[tokio::test]
async fn an_idle_owner_leaves_a_snapshot_and_comes_back_as_it_was() {
    let office = TestOffice::open_with(quick(), SaleTerms::default(), 1_024).await;
    let held = office.hold(buyer(), &[5]).await.unwrap();
    let showtime = office.showtime().await;
    showtime
        .execute(confirm(hold_of(&held)), None)
        .await
        .unwrap();
    eventually("it has left", async || {
        !office.journal.snapshots(office.showtime).is_empty()
    })
    .await;

    let again = office.box_office.showtime(office.showtime).await.unwrap();
    assert_eq!(office.journal.reigns(office.showtime), 2);
    assert_eq!(again.view().total_counts().booked, 1);
    // A handle from before follows the showtime to its next owner.
    showtime.execute(hold(buyer(), &[6]), None).await.unwrap();
}

#[tokio::test]
async fn an_owner_with_live_holds_stays() {
    let office = TestOffice::open_with(quick(), SaleTerms::default(), 1_024).await;
    let owner = buyer();
    let held = office.hold(owner, &[5]).await.unwrap();
    let showtime = office.showtime().await;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        office.showtime().await;
        assert_eq!(office.journal.reigns(office.showtime), 1);
    }
    let release = Command::Release {
        hold: hold_of(&held),
        by: party(owner),
    };
    showtime.execute(release, None).await.unwrap();
    eventually("it has left", async || {
        !office.journal.snapshots(office.showtime).is_empty()
    })
    .await;
}

/// Each begins when the last owner has left, so there are at least as many reigns.
const ROUNDS: usize = 25;
const CALLS: usize = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_is_lost_to_an_owner_that_is_leaving() {
    let options = OwnerOptions {
        passivate_after: Duration::from_micros(20),
        ..OwnerOptions::default()
    };
    let office = Arc::new(TestOffice::open_with(options, SaleTerms::default(), 1_024).await);
    for _ in 0..ROUNDS {
        eventually("it has left", async || {
            office.box_office.owners_count() == 0
        })
        .await;
        let callers = (0..8).map(|_| tokio::spawn(ask_in_vain(Arc::clone(&office))));
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
    }
    assert_eq!(
        office.box_office.deposed_count(),
        0,
        "nobody else was there"
    );
    assert!(office.box_office.owners_count() <= 1);
    let reigns = office.journal.reigns(office.showtime);
    assert!(reigns >= ROUNDS, "owners did not leave: {reigns} reigns");
}

/// Nothing is ever held, so the owner may leave between any two calls.
async fn ask_in_vain(office: Arc<TestOffice>) {
    for _ in 0..CALLS {
        let unknown = Command::Release {
            hold: HoldId::new(Uuid::now_v7()),
            by: party(buyer()),
        };
        let answer = office.showtime().await.execute(unknown, None).await;
        let refusal = CallError::Rejected(Rejection::HoldNotFound);
        assert_eq!(answer.unwrap_err(), refusal);
        tokio::task::yield_now().await;
    }
}
