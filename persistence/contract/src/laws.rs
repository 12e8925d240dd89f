//! The laws of the journal as a suite that every implementation runs.
//!
//! Each law is a function, so that a broken one is named by the test that calls it. The suite
//! never waits by the clock: a test of a store that may hang sets a limit around it.
#![expect(
    clippy::expect_used,
    reason = "a panic is how a law reports that it is broken"
)]

mod claims;
mod lookups;
pub mod owner;

use std::sync::Arc;

use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::spec::LayoutSpec;
use seating::snapshot::Snapshot;
use testkit::layouts::TestLayout;

use crate::{Append, Journal, JournalError, Notice};

pub use self::claims::{
    a_claim_ends_earlier_reigns, a_claim_sees_all_that_is_durable, a_late_claim_takes_nothing,
    an_unknown_showtime_has_no_reign, reigns_share_no_number_even_if_claims_are_forgotten,
};
pub use self::lookups::{
    a_snapshot_of_a_reign_that_is_over_is_not_kept, keyed_requests_find_their_first_answer,
    showtimes_with_deadlines_are_found, standing_reigns_are_listed,
};
use self::owner::Owner;

/// What the suite must be able to do to an implementation.
pub trait Harness: Sync {
    /// The journal under test, as one process has it.
    fn journal(&self) -> Arc<dyn Journal>;

    /// The same store as another process has it.
    fn another(&self) -> Arc<dyn Journal>;

    /// A new showtime with that layout, with its first entry and no reign.
    fn fresh_showtime(&self, spec: &LayoutSpec) -> impl Future<Output = ShowtimeId> + Send;

    /// Changes an append that is good so far into one that the store refuses for good.
    fn spoil(&self, append: &mut Append);

    /// Makes the store unreachable. Returns only when a load would fail.
    fn begin_outage(&self) -> impl Future<Output = ()> + Send;

    /// Brings it back.
    fn end_outage(&self) -> impl Future<Output = ()> + Send;

    /// Makes the store forget the claims after that of `epoch` and the entries after `seq`, as one
    /// does that fails over to a standby which was so far behind.
    fn fail_over(
        &self,
        showtime: ShowtimeId,
        epoch: Epoch,
        seq: Seq,
    ) -> impl Future<Output = ()> + Send;
}

/// J1: what was appended is what is loaded, in order, in pages of any size.
pub async fn entries_keep_their_order<H: Harness>(harness: &H) {
    let mut owner = open(harness).await;
    for seats in 1..=20 {
        owner.append_holds(1 + seats % 3);
    }
    owner.until_durable().await;
    let (journal, showtime) = (harness.another(), owner.showtime());
    for limit in [1, 3, 1_000] {
        let mut loaded = Vec::new();
        loop {
            let after = loaded
                .last()
                .map_or(Seq(1), |e: &seating::entry::Entry| e.seq);
            let page = journal.entries(showtime, after, limit).await;
            let page = page.expect("entries load");
            assert!(page.len() <= limit, "a page is no larger than asked");
            if page.is_empty() {
                break;
            }
            loaded.extend(page);
        }
        assert_eq!(loaded, owner.appended(), "in pages of {limit}");
    }
}

/// J1: an append of several entries is durable as a whole or not at all.
pub async fn an_append_is_whole<H: Harness>(harness: &H) {
    let mut owner = open(harness).await;
    owner.append_holds(1);
    owner.until_durable().await;
    let mut append = owner.next_holds(3);
    harness.spoil(&mut append);
    owner.send(append);
    owner.until_refused().await;
    assert_eq!(owner.stored_after_opening().await, owner.appended()[..1]);
}

/// J2: whenever a watermark is announced, everything up to it can be loaded by anybody.
pub async fn watermark_tells_the_truth<H: Harness>(harness: &H) {
    let mut owner = open(harness).await;
    let journal = harness.another();
    let mut told = Seq::ZERO;
    for _ in 0..10 {
        owner.append_holds(2);
        owner.append_holds(1);
        let durable = owner.until_durable_beyond(told).await;
        let stored = journal.entries(owner.showtime(), Seq::ZERO, 1_000).await;
        let last = stored.expect("entries load").last().map(|entry| entry.seq);
        assert!(
            last >= Some(durable),
            "{durable} was announced, {last:?} is stored"
        );
        told = durable;
    }
    owner.until_durable().await;
    let watermarks = owner.watermarks();
    assert!(
        watermarks.is_sorted(),
        "it never runs backwards: {watermarks:?}"
    );
    assert!(
        owner.journal().backlog().is_empty(),
        "every place was given back"
    );
}

/// J4: after an entry is refused nothing of its reign becomes durable; others go on.
pub async fn a_refused_entry_silences_its_reign<H: Harness>(harness: &H) {
    let mut owner = open(harness).await;
    let mut neighbor = open(harness).await;
    owner.append_holds(2);
    neighbor.append_holds(2);
    let mut spoilt = owner.next_holds(1);
    let refused = spoilt.entries[0].seq;
    harness.spoil(&mut spoilt);
    owner.send(spoilt);
    for _ in 0..5 {
        owner.append_holds(1);
        neighbor.append_holds(1);
    }
    owner.until_refused().await;
    owner.append_holds(1);
    neighbor.append_holds(1);
    neighbor.until_durable().await;
    owner.until_answered().await;
    let poisoned =
        |notice: &Notice| matches!(notice, Notice::Poisoned { seq, .. } if *seq == refused);
    assert!(
        owner.notices().iter().any(poisoned),
        "it says from where on: {:?}",
        owner.notices()
    );
    assert_eq!(owner.stored_after_opening().await, owner.appended()[..2]);
    assert_eq!(neighbor.stored_after_opening().await, neighbor.appended());

    let mut next = Owner::claim(harness.journal(), owner.showtime(), Seq(3)).await;
    next.append_holds(1);
    next.until_durable().await;
}

/// J4: an entry that does not follow what is stored is refused like any other.
pub async fn a_gap_is_refused<H: Harness>(harness: &H) {
    let mut owner = open(harness).await;
    owner.append_holds(1);
    owner.until_durable().await;
    let lost = owner.next_holds(1);
    drop(lost);
    owner.append_holds(1);
    owner.until_refused().await;
    assert!(matches!(
        owner.last_notice(),
        Some(Notice::Poisoned { seq: Seq(4), .. })
    ));
    assert_eq!(owner.stored_after_opening().await.len(), 1);
}

/// J5: while the store is unreachable appends wait; when it is back they drain, in order, once.
pub async fn appends_outlast_an_outage<H: Harness>(harness: &H) {
    let mut owner = open(harness).await;
    owner.append_holds(1);
    owner.until_durable().await;
    harness.begin_outage().await;
    owner.append_singly(10);
    let told = owner.watermarks();
    loads_fail(harness, owner.showtime()).await;
    assert_eq!(owner.watermarks(), told, "nothing is durable meanwhile");
    harness.end_outage().await;
    owner.append_holds(1);
    owner.until_durable().await;
    assert_eq!(owner.stored_after_opening().await, owner.appended());
}

async fn loads_fail<H: Harness>(harness: &H, showtime: ShowtimeId) {
    let load = harness.journal().entries(showtime, Seq::ZERO, 1).await;
    assert!(
        matches!(load, Err(JournalError::Unavailable(_))),
        "{load:?}"
    );
    let look = harness.another().look(showtime).await;
    assert!(
        matches!(look, Err(JournalError::Unavailable(_))),
        "{look:?}"
    );
}

/// Snapshots: the newest up to the wish is found, and a later one does not hide it.
pub async fn snapshots_are_found_by_their_number<H: Harness>(harness: &H) {
    let mut owner = open(harness).await;
    owner.append_singly(5);
    owner.until_durable().await;
    let (journal, showtime) = (harness.another(), owner.showtime());
    let reign = owner.epoch();
    let none = journal.snapshot(showtime, None).await.expect("a load");
    assert_eq!(none, None);
    for seq in [2, 4, 6] {
        let saved = journal
            .save_snapshot(showtime, reign, empty_snapshot(Seq(seq)))
            .await;
        saved.expect("a snapshot is saved");
    }
    let newest = journal.snapshot(showtime, None).await.expect("a load");
    assert_eq!(newest, Some(empty_snapshot(Seq(6))));
    let older = journal.snapshot(showtime, Some(Seq(5))).await;
    assert_eq!(older.expect("a load"), Some(empty_snapshot(Seq(4))));
}

/// A layout of twenty seats and an area of a hundred places.
pub fn layout_spec() -> LayoutSpec {
    TestLayout::empty()
        .tier("STD", 150_000)
        .section("ORCH", "STD", &[("A", 10), ("B", 10)])
        .area("FLOOR", "STD", 100)
        .spec
}

async fn open<H: Harness>(harness: &H) -> Owner {
    let showtime = harness.fresh_showtime(&layout_spec()).await;
    Owner::claim(harness.journal(), showtime, Seq(1)).await
}

/// A showtime of which nothing is taken, with this last entry.
pub fn empty_snapshot(seq: Seq) -> Snapshot {
    Snapshot {
        seq,
        at: owner::at(seq),
        terms: SaleTerms::default(),
        holds: Vec::new(),
        ended_holds: Vec::new(),
        bookings: Vec::new(),
        blocked_seats: Vec::new(),
        blocked_areas: Vec::new(),
        outcomes: Vec::new(),
        forgotten: Vec::new(),
    }
}
