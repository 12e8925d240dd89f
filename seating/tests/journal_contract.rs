//! The journal's laws, obeyed in memory; its injected faults, each as it is meant.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use seating::event::{Entry, Event};
use seating::ids::{Seq, ShowtimeId};
use seating::journal::contract::{self, Harness};
use seating::journal::memory::{MemoryJournal, Mode};
use seating::journal::{Append, Journal};
use seating::layout_spec::LayoutSpec;
use seating::seat_layout::SeatLayout;
use seating::settings::Settings;
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
        self.journal.clone()
    }

    fn another(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }

    async fn fresh_showtime(&self, house: &LayoutSpec) -> ShowtimeId {
        let number = self.showtimes.fetch_add(1, Ordering::Relaxed);
        let showtime = ShowtimeId::new(Uuid::from_u128(u128::from(number)));
        let layout = Arc::new(SeatLayout::build(house).unwrap());
        let opening = Entry {
            seq: Seq(1),
            at: Timestamp::from_unix_seconds(0),
            request: None,
            event: Event::Opened(Settings::default()),
        };
        self.journal.create(showtime, layout, opening);
        showtime
    }

    fn spoil(&self, append: &mut Append) {
        self.journal
            .poison(append.reign.showtime, append.entries[0].seq);
    }

    async fn begin_outage(&self) {
        self.journal.set_mode(Mode::Away);
    }

    async fn end_outage(&self) {
        self.journal.set_mode(Mode::Prompt);
    }
}

macro_rules! laws {
    ($($law:ident;)*) => {$(
        #[test]
        fn $law() {
            block_on(contract::$law(&InMemory::new()));
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
    a_refused_entry_silences_its_reign;
    a_gap_is_refused;
    appends_outlast_an_outage;
    snapshots_are_found_by_their_number;
}

/// Nothing in memory ever waits for another thread, so a future that is not ready never will be.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the law waits for news that never comes"),
    }
}
