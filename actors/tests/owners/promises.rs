//! When an answer leaves, and what it rests on.

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::{BoxOffice, Durability};
use actors::error::CallError;
use actors::options::{HoldAck, OwnerOptions};
use journal::memory::Mode;
use seating::ids::{Seq, ShowtimeId};
use seating::rejection::Rejection;
use seating::sale_terms::SaleTerms;
use testkit::waiting::eventually;
use uuid::Uuid;

use crate::owners::support::{TestOffice, buyer, confirm, hold, hold_of, stamp};

#[tokio::test]
async fn a_hold_is_answered_once_it_is_durable_and_not_before() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::HeldBack);
    let asked = tokio::spawn(async move { showtime.execute(hold(buyer(), &[0, 1]), None).await });
    eventually("the entry waits", async || office.journal.waiting() == 1).await;
    assert!(!asked.is_finished());
    office.journal.commit_all();
    let answer = asked.await.unwrap().unwrap();
    assert_eq!(answer.durability, Durability::Journaled);
    assert_eq!(
        office.journal.durable(office.showtime).last(),
        Some(&*answer.entry)
    );
}

/// For who is told that nothing was left to do, because of what somebody else is still waiting for.
#[tokio::test]
async fn it_is_settled_once_all_that_was_decided_is_durable_and_shown() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    assert_eq!(showtime.all_durable().await.unwrap(), Seq(1));
    office.journal.set_mode(Mode::HeldBack);
    let other = showtime.clone();
    let asked = tokio::spawn(async move { other.execute(hold(buyer(), &[0, 1]), None).await });
    eventually("the entry waits", async || office.journal.waiting() == 1).await;
    let mut settled = Box::pin(showtime.all_durable());
    for _ in 0..100 {
        assert!(futures::poll!(settled.as_mut()).is_pending());
        tokio::task::yield_now().await;
    }
    office.journal.commit_all();
    assert_eq!(settled.await.unwrap(), Seq(2));
    assert_eq!(showtime.view().seq(), Seq(2));
    asked.await.unwrap().unwrap();
}

#[tokio::test]
async fn memory_acks_answer_holds_early_but_never_sales() {
    let options = OwnerOptions {
        hold_ack: HoldAck::Memory,
        ..OwnerOptions::default()
    };
    let office = TestOffice::open_with(options, SaleTerms::default(), 1_024).await;
    office.journal.set_mode(Mode::HeldBack);
    let answer = office.hold(buyer(), &[0]).await.unwrap();
    assert_eq!(answer.durability, Durability::Memory);
    let showtime = office.showtime().await;
    let sale = confirm(hold_of(&answer));
    let asked = tokio::spawn(async move { showtime.execute(sale, None).await });
    eventually("the sale waits", async || office.journal.waiting() == 2).await;
    assert!(!asked.is_finished());
    office.journal.commit_all();
    assert_eq!(
        asked.await.unwrap().unwrap().durability,
        Durability::Journaled
    );
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    let buyer = buyer();
    let first = showtime
        .execute(hold(buyer, &[0]), Some(stamp(7)))
        .await
        .unwrap();
    let again = showtime
        .execute(hold(buyer, &[0]), Some(stamp(7)))
        .await
        .unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.entry, again.entry);
}

#[tokio::test]
async fn a_request_repeated_while_the_first_still_waits_is_answered_with_it() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::HeldBack);
    let buyer = buyer();
    let ask = || {
        let showtime = showtime.clone();
        tokio::spawn(async move { showtime.execute(hold(buyer, &[0]), Some(stamp(7))).await })
    };
    let first = ask();
    eventually("the first waits", async || office.journal.waiting() == 1).await;
    let second = ask();
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    office.journal.commit_all();
    let (first, second) = (
        first.await.unwrap().unwrap(),
        second.await.unwrap().unwrap(),
    );
    assert_eq!(first.entry, second.entry);
    assert_eq!(office.journal.durable(office.showtime).len(), 2);
}

#[tokio::test]
async fn five_hundred_buyers_of_one_seat_make_one_happy() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    let asked: Vec<_> = (0..500)
        .map(|_| {
            let showtime = showtime.clone();
            tokio::spawn(async move { showtime.execute(hold(buyer(), &[42]), None).await })
        })
        .collect();
    let mut granted = 0;
    for asked in asked {
        match asked.await.unwrap() {
            Ok(_) => granted += 1,
            Err(CallError::Rejected(Rejection::PlacesUnavailable { conflicts })) => {
                assert_eq!(conflicts.len(), 1);
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(granted, 1);
}

#[tokio::test]
async fn an_unknown_showtime_is_said_to_be_unknown() {
    let office = TestOffice::open().await;
    let unknown = ShowtimeId::new(Uuid::now_v7());
    let error = office.box_office.showtime(unknown).await.unwrap_err();
    assert_eq!(error, CallError::UnknownShowtime);
}

#[tokio::test]
async fn first_uses_at_the_same_time_start_exactly_one_owner() {
    let office = TestOffice::open().await;
    let asked: Vec<_> = (0..64)
        .map(|_| {
            let (office, id): (BoxOffice, _) = (office.box_office.clone(), office.showtime);
            tokio::spawn(async move { office.showtime(id).await.unwrap() })
        })
        .collect();
    for asked in asked {
        asked.await.unwrap();
    }
    assert_eq!(office.journal.reigns(office.showtime), 1);
}

#[tokio::test(start_paused = true)]
async fn promises_wait_out_their_deadline_while_the_journal_is_unreachable_and_reads_go_on() {
    let options = OwnerOptions {
        call_timeout: Duration::from_secs(2),
        ..OwnerOptions::default()
    };
    let office = TestOffice::open_with(options, SaleTerms::default(), 1_024).await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::Unreachable);
    let error = showtime
        .execute(hold(buyer(), &[0]), None)
        .await
        .unwrap_err();
    assert!(
        matches!(error, CallError::JournalUnavailable { .. }),
        "{error:?}"
    );
    assert_eq!(showtime.view().seq().0, 1, "the view shows what is durable");

    office.journal.set_mode(Mode::Prompt);
    // The hold was recorded after all: it drained by itself.
    let conflict = office.hold(buyer(), &[0]).await.unwrap_err();
    assert!(matches!(
        conflict,
        CallError::Rejected(Rejection::PlacesUnavailable { .. })
    ));
    office.hold(buyer(), &[1]).await.unwrap();
    assert_eq!(office.replayed().seq().0, 3);
}

#[tokio::test]
async fn a_closing_box_office_keeps_its_promises_and_writes_snapshots() {
    let office = TestOffice::open().await;
    let showtime = office.showtime().await;
    office.journal.set_mode(Mode::HeldBack);
    let asked = {
        let showtime = showtime.clone();
        tokio::spawn(async move { showtime.execute(hold(buyer(), &[3]), None).await })
    };
    eventually("the entry waits", async || office.journal.waiting() == 1).await;
    let box_office = office.box_office.clone();
    let stopping = tokio::spawn(async move { box_office.stop(Duration::from_secs(20)).await });
    let refused = async {
        loop {
            let refused = showtime.execute(hold(buyer(), &[4]), None);
            match tokio::time::timeout(Duration::from_millis(5), refused).await {
                Ok(Err(error)) => break error,
                Ok(Ok(_)) | Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    assert_eq!(refused.await, CallError::ShuttingDown);
    office.journal.set_mode(Mode::Prompt);
    assert!(asked.await.unwrap().is_ok());
    assert!(stopping.await.unwrap());
    let stored = office.journal.snapshots(office.showtime);
    assert_eq!(stored.first(), Some(&office.replayed().seq()));
    let _alive = Arc::strong_count(&office.journal);
}

#[tokio::test(start_paused = true)]
async fn snapshots_that_are_not_written_before_the_end_break_no_promise() {
    let office = TestOffice::open().await;
    for _ in 0..40 {
        let showtime = office.box_office.showtime(office.another()).await.unwrap();
        showtime.execute(hold(buyer(), &[0]), None).await.unwrap();
    }
    office.journal.never_save_snapshots();
    let kept = office.box_office.stop(Duration::from_secs(10)).await;
    assert!(kept, "everything acknowledged is durable");
}
