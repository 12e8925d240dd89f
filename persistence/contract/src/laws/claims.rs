//! The laws of reigns: who may begin one, what it ends and what it is called.

use seating::ids::{Epoch, Seq, ShowtimeId};
use uuid::Uuid;

use super::owner::{Owner, claim};
use super::{Harness, layout_spec, open};
use crate::{JournalError, Notice, Succession};

/// J3: a new reign ends the one before, and sees everything that it made durable.
pub async fn a_claim_ends_earlier_reigns<H: Harness>(harness: &H) {
    let mut old = open(harness).await;
    old.append_holds(1);
    old.until_durable().await;
    let mut new = Owner::claim(harness.another(), old.showtime(), Seq(2)).await;
    assert!(new.epoch() > old.epoch(), "reigns are numbered upwards");
    old.append_holds(2);
    old.until_refused().await;
    assert_eq!(old.last_notice(), Some(Notice::Fenced));
    assert_eq!(old.stored_after_opening().await, old.appended()[..1]);

    new.append_holds(1);
    new.until_durable().await;
    let stored = new.stored_after_opening().await;
    assert_eq!(stored[0], old.appended()[0]);
    assert_eq!(stored[1..], *new.appended());
    assert!(new.journal().backlog().is_empty() && old.journal().backlog().is_empty());
}

/// J3: whatever the old reign has in progress while the new one claims, the claim sees all of it
/// that will ever be durable.
pub async fn a_claim_sees_all_that_is_durable<H: Harness>(harness: &H) {
    let mut old = open(harness).await;
    for _ in 0..10 {
        old.append_singly(20);
        let claim = claim(&*harness.another(), old.showtime()).await;
        old.append_singly(20);
        let seen = old.stored_after_opening().await;
        old.until_refused().await;
        let stored = old.stored_after_opening().await;
        assert_eq!(seen, stored, "nothing appears after a claim");
        let durable = Seq(1 + stored.len() as u64);
        assert!(old.watermarks().last().is_none_or(|told| *told <= durable));
        // The next round's old owner begins where the stored entries end.
        let mut next = Owner::claim(harness.journal(), old.showtime(), durable).await;
        assert!(next.epoch() > claim.epoch);
        next.remember(stored);
        old = next;
    }
}

/// J3: a showtime that nobody created cannot be claimed.
pub async fn an_unknown_showtime_has_no_reign<H: Harness>(harness: &H) {
    let (journal, nobody) = (harness.journal(), ShowtimeId::new(Uuid::from_u128(0xdead)));
    let look = journal.look(nobody).await;
    assert!(matches!(look, Err(JournalError::UnknownShowtime(id)) if id == nobody));
    let unseen = Succession {
        from: Epoch(0),
        to: Epoch(1),
    };
    assert!(journal.claim(nobody, unseen).await.is_err());
}

/// J3: a claim that comes when another reign than the one it saw stands takes nothing, however
/// often it is repeated.
pub async fn a_late_claim_takes_nothing<H: Harness>(harness: &H) {
    let (journal, showtime) = (
        harness.journal(),
        harness.fresh_showtime(&layout_spec()).await,
    );
    let seen = journal.look(showtime).await.expect("a look");
    let mut successor = Owner::claim(harness.another(), showtime, Seq(1)).await;
    successor.append_holds(1);
    for _ in 0..3 {
        let late = journal.claim(showtime, seen.succession()).await;
        assert!(
            matches!(late, Err(JournalError::Overtaken(id)) if id == showtime),
            "{late:?}"
        );
    }
    successor.append_holds(1);
    successor.until_durable().await;
    let standing = journal.look(showtime).await.expect("a look");
    assert_eq!(standing.epoch, successor.epoch());
}

/// J6: a store that forgets claims never lets a forgotten reign write beside the one that follows.
pub async fn reigns_share_no_number_even_if_claims_are_forgotten<H: Harness>(harness: &H) {
    let mut first = open(harness).await;
    let (showtime, mut numbers) = (first.showtime(), vec![first.epoch()]);
    first.append_holds(1);
    first.until_durable().await;
    for _ in 0..8 {
        let mut forgotten = Owner::claim(harness.journal(), showtime, Seq(2)).await;
        forgotten.append_holds(1);
        forgotten.until_durable().await;
        harness.fail_over(showtime, first.epoch(), Seq(2)).await;
        let mut next = Owner::claim(harness.another(), showtime, Seq(2)).await;
        forgotten.append_holds(1);
        forgotten.until_refused().await;
        assert_eq!(forgotten.last_notice(), Some(Notice::Fenced));
        next.append_holds(1);
        next.until_durable().await;
        assert_eq!(next.stored_after_opening().await.len(), 2);
        numbers.extend([forgotten.epoch(), next.epoch()]);
        harness.fail_over(showtime, first.epoch(), Seq(2)).await;
    }
    let reigns = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), reigns, "no number comes twice: {numbers:?}");
}
