//! The journal's laws, obeyed in memory; its injected faults, each as it is meant.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use journal::laws::owner::Owner;
use journal::laws::{self, Harness};
use journal::memory::{MemoryJournal, Mode};
use journal::{Append, Journal, JournalClosed, JournalError, Notice};
use seating::entry::{Decision, Entry};
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::LayoutSpec;
use seating::timestamp::Timestamp;
use uuid::Uuid;

struct InMemory {
    journal: Arc<MemoryJournal>,
    showtimes: AtomicU64,
}

impl InMemory {
    fn new() -> Self {
        Self {
            journal: MemoryJournal::new(1_000),
            showtimes: AtomicU64::new(0),
        }
    }
}

impl Harness for InMemory {
    fn journal(&self) -> Arc<dyn Journal> {
        let journal: Arc<MemoryJournal> = Arc::clone(&self.journal);
        journal
    }

    fn another(&self) -> Arc<dyn Journal> {
        let journal: Arc<MemoryJournal> = Arc::clone(&self.journal);
        journal
    }

    async fn fresh_showtime(&self, spec: &LayoutSpec) -> ShowtimeId {
        let number = self.showtimes.fetch_add(1, Ordering::Relaxed);
        let showtime = ShowtimeId::new(Uuid::from_u128(u128::from(number)));
        let layout = Arc::new(SeatLayout::build(spec).unwrap());
        let opening = Entry {
            seq: Seq(1),
            at: Timestamp::from_unix_seconds(0),
            request: None,
            by: None,
            decision: Decision::Opened(SaleTerms::default()),
        };
        self.journal.create(showtime, layout, opening);
        showtime
    }

    fn spoil(&self, append: &mut Append) {
        self.journal
            .poison(append.reign.showtime, append.entries[0].seq);
    }

    async fn begin_outage(&self) {
        self.journal.set_mode(Mode::Unreachable);
    }

    async fn end_outage(&self) {
        self.journal.set_mode(Mode::Prompt);
    }

    async fn fail_over(&self, showtime: ShowtimeId, epoch: Epoch, seq: Seq) {
        self.journal.fail_over(showtime, epoch, seq);
    }
}

macro_rules! laws {
    ($($law:ident;)*) => {$(
        #[test]
        fn $law() {
            block_on(laws::$law(&InMemory::new()));
        }
    )*};
}

laws! {
    entries_keep_their_order;
    an_append_is_whole;
    watermark_tells_the_truth;
    a_claim_ends_earlier_reigns;
    a_claim_sees_all_that_is_durable;
    an_unknown_showtime_has_no_reign;
    a_late_claim_takes_nothing;
    reigns_share_no_number_even_if_claims_are_forgotten;
    standing_reigns_are_listed;
    keyed_requests_find_their_first_answer;
    showtimes_with_deadlines_are_found;
    a_snapshot_of_a_reign_that_is_over_is_not_kept;
    a_refused_entry_silences_its_reign;
    a_gap_is_refused;
    appends_outlast_an_outage;
    snapshots_are_found_by_their_number;
}

#[test]
fn held_back_entries_are_loaded_by_nobody_until_they_are_committed() {
    block_on(async {
        let harness = InMemory::new();
        let mut owner = owner_of(&harness).await;
        harness.journal.set_mode(Mode::HeldBack);
        owner.append_holds(2);
        assert_eq!(harness.journal.waiting(), 1);
        assert_eq!(owner.stored_after_opening().await, []);
        assert_eq!(owner.notices(), []);
        harness.journal.commit_all();
        owner.until_durable().await;
        assert_eq!(owner.stored_after_opening().await, owner.appended());
    });
}

#[test]
fn a_crash_loses_what_is_not_durable_and_nothing_else() {
    block_on(async {
        let harness = InMemory::new();
        let mut owner = owner_of(&harness).await;
        owner.append_holds(1);
        harness.journal.set_mode(Mode::HeldBack);
        owner.append_holds(1);
        harness.journal.crash();
        harness.journal.commit_all();
        assert_eq!(owner.stored_after_opening().await, owner.appended()[..1]);
        assert_eq!(owner.last_notice(), Some(Notice::Durable(Seq(2))));
        assert!(harness.journal.backlog().is_empty());
    });
}

#[test]
fn a_commit_without_an_answer_survives_a_crash_unannounced() {
    block_on(async {
        let harness = InMemory::new();
        let mut owner = owner_of(&harness).await;
        harness.journal.set_mode(Mode::HeldBack);
        owner.append_holds(1);
        harness.journal.commit_unseen();
        assert_eq!(owner.notices(), []);
        owner.append_holds(1);
        harness.journal.commit_all();
        assert_eq!(owner.watermarks(), [Seq(2), Seq(3)], "told late, in order");
        owner.append_holds(1);
        harness.journal.commit_unseen();
        harness.journal.crash();
        harness.journal.commit_all();
        assert_eq!(owner.watermarks(), [Seq(2), Seq(3)], "never told");
        assert_eq!(owner.stored_after_opening().await, owner.appended());
    });
}

#[test]
fn so_many_loads_fail_as_a_test_asks() {
    block_on(async {
        let harness = InMemory::new();
        let showtime = harness.fresh_showtime(&laws::layout_spec()).await;
        harness.journal.fail_loads_after(1, 2);
        harness.journal.look(showtime).await.unwrap();
        for _ in 0..2 {
            let look = harness.journal.look(showtime).await;
            assert!(matches!(look, Err(JournalError::Unavailable(_))));
        }
        harness.journal.look(showtime).await.unwrap();
    });
}

#[test]
fn a_closed_journal_takes_nothing() {
    block_on(async {
        let harness = InMemory::new();
        let mut owner = owner_of(&harness).await;
        harness.journal.set_mode(Mode::Closed);
        let append = owner.next_holds(1);
        assert_eq!(harness.journal.append(append), Err(JournalClosed));
        assert!(harness.journal.backlog().is_empty());
    });
}

async fn owner_of(harness: &InMemory) -> Owner {
    let showtime = harness.fresh_showtime(&laws::layout_spec()).await;
    Owner::claim(harness.journal(), showtime, Seq(1)).await
}

/// Nothing in memory ever waits for another thread, so a future that is not ready never will be.
#[expect(clippy::panic, reason = "a panic is how a test fails")]
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the law waits for news that never comes"),
    }
}
