//! The laws of what is looked up beside the entries themselves.

use seating::counts::Counts;
use seating::ids::{Epoch, Seq, ShowtimeId};

use super::owner::Owner;
use super::{Harness, empty_snapshot, layout_spec, open};
use crate::{Append, Journal, JournalError};

/// The reigns that stand come in the order of their showtimes; unknown showtimes are left out.
pub async fn standing_reigns_are_listed<H: Harness>(harness: &H) {
    let (one, two) = (open(harness).await, open(harness).await);
    let unclaimed = harness.fresh_showtime(&layout_spec()).await;
    let nobody = ShowtimeId::new(uuid::Uuid::from_u128(0xdead));
    let asked = [two.showtime(), nobody, unclaimed, one.showtime()];
    let told = harness.another().epochs(&asked).await;
    let mut expected = vec![
        (one.showtime(), one.epoch()),
        (two.showtime(), two.epoch()),
        (unclaimed, Epoch(0)),
    ];
    expected.sort_unstable();
    assert_eq!(told.expect("a load"), expected);
    assert_eq!(harness.journal().epochs(&[]).await.expect("a load"), []);
}

/// A key finds the entry that answered it first, in its own showtime, and only once it is durable.
pub async fn keyed_requests_find_their_first_answer<H: Harness>(harness: &H) {
    let (mut owner, mut neighbor) = (open(harness).await, open(harness).await);
    for _ in 0..6 {
        owner.append_holds(1);
        neighbor.append_holds(1);
    }
    owner.until_durable().await;
    neighbor.until_durable().await;
    let journal = harness.another();
    let elsewhere = harness.fresh_showtime(&layout_spec()).await;
    let answered = async |showtime, key| {
        let found = journal.answered(showtime, key).await;
        found.expect("a load")
    };
    let keyed = owner.appended().iter();
    let keyed = keyed.filter_map(|entry| Some((entry, entry.request?.key)));
    for (entry, key) in keyed {
        assert_eq!(answered(owner.showtime(), key).await.as_ref(), Some(entry));
        assert_eq!(answered(elsewhere, key).await, None);
    }
    for unknown in [0, 1, u128::MAX] {
        assert_eq!(answered(owner.showtime(), unknown).await, None);
    }
}

/// Showtimes with places held or pinned are found in pages, in order; the others are not.
pub async fn showtimes_with_deadlines_are_found<H: Harness>(harness: &H) {
    let mut busy = Vec::new();
    for (held, pinned) in [(1, 0), (0, 0), (0, 1), (2, 3)] {
        let mut owner = open(harness).await;
        let append = with_counts(&mut owner, held, pinned);
        owner.send(append);
        owner.until_durable().await;
        if held + pinned > 0 {
            busy.push(owner.showtime());
        }
    }
    harness.fresh_showtime(&layout_spec()).await;
    busy.sort_unstable();
    let journal = harness.another();
    assert_eq!(all_waking(&*journal, 2).await, busy);
    let mut ended = Owner::claim(harness.journal(), busy[0], Seq(2)).await;
    let append = with_counts(&mut ended, 0, 0);
    ended.send(append);
    ended.until_durable().await;
    assert_eq!(all_waking(&*journal, 100).await, busy[1..]);
}

async fn all_waking(journal: &dyn Journal, page: usize) -> Vec<ShowtimeId> {
    let mut all: Vec<ShowtimeId> = Vec::new();
    loop {
        let found = journal.waking(all.last().copied(), page).await;
        let found = found.expect("a load");
        assert!(found.len() <= page, "a page is no larger than asked");
        if found.is_empty() {
            return all;
        }
        all.extend(found);
    }
}

fn with_counts(owner: &mut Owner, held: u32, pinned: u32) -> Append {
    let mut append = owner.next_holds(1);
    for (_, counts) in &mut append.counts {
        *counts = Counts {
            capacity: 20,
            held,
            pinned,
            ..Counts::default()
        };
    }
    append
}

/// A snapshot of a reign that has ended may be of a history that the store has forgotten.
pub async fn a_snapshot_of_a_reign_that_is_over_is_not_kept<H: Harness>(harness: &H) {
    let mut old = open(harness).await;
    old.append_holds(3);
    old.until_durable().await;
    let (journal, showtime) = (harness.journal(), old.showtime());
    harness.fail_over(showtime, Epoch(0), Seq(1)).await;
    let mut new = Owner::claim(harness.another(), showtime, Seq(1)).await;
    new.append_holds(3);
    new.until_durable().await;
    let late = journal
        .save_snapshot(showtime, old.epoch(), empty_snapshot(Seq(3)))
        .await;
    assert!(matches!(late, Err(JournalError::Overtaken(id)) if id == showtime));
    assert_eq!(
        journal.snapshot(showtime, None).await.expect("a load"),
        None
    );
    let timely = journal
        .save_snapshot(showtime, new.epoch(), empty_snapshot(Seq(3)))
        .await;
    timely.expect("a snapshot is saved");
}
