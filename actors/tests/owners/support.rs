//! A box office with one small showtime, a manual clock and the in-memory journal.

use std::sync::Arc;

use actors::box_office::{Answer, BoxOffice, ShowtimeHandle};
use actors::clock::ManualClock;
use actors::error::CallError;
use actors::options::OwnerOptions;
use journal::Journal;
use journal::memory::MemoryJournal;
use seating::command::{Command, Confirm, Hold, Party, Role, Want};
use seating::entry::{Decision, RequestStamp};
use seating::ids::{BookingId, BuyerId, HoldId, ShowtimeId, TicketCode, TicketId};
use seating::places::Places;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SeatLayout};
use seating::seat_map::SeatMap;
use seating::timestamp::Timestamp;
use testkit::layouts::TestLayout;
use uuid::Uuid;

pub(crate) const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// A box office with one showtime of ten rows of twenty.
pub(crate) struct TestOffice {
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) box_office: BoxOffice,
    pub(crate) showtime: ShowtimeId,
    pub(crate) options: OwnerOptions,
}

impl TestOffice {
    pub(crate) async fn open() -> Self {
        Self::open_with(OwnerOptions::default(), SaleTerms::default(), 65_536).await
    }

    pub(crate) async fn open_with(options: OwnerOptions, terms: SaleTerms, backlog: usize) -> Self {
        let journal = MemoryJournal::new(backlog);
        let clock = Arc::new(ManualClock::new(START));
        let showtime = ShowtimeId::new(Uuid::now_v7());
        journal.create(showtime, layout(), SeatMap::opening(terms, None, START));
        let kept: Arc<dyn Journal> = Arc::<MemoryJournal>::clone(&journal);
        let box_office = BoxOffice::open(kept, Arc::<ManualClock>::clone(&clock), options)
            .await
            .unwrap();
        Self {
            journal,
            clock,
            box_office,
            showtime,
            options,
        }
    }

    /// A second box office over the same journal, as another process has.
    pub(crate) async fn rival(&self) -> BoxOffice {
        let kept: Arc<dyn Journal> = Arc::<MemoryJournal>::clone(&self.journal);
        BoxOffice::open(kept, Arc::<ManualClock>::clone(&self.clock), self.options)
            .await
            .unwrap()
    }

    /// One more showtime of the same layout, whose owner sleeps.
    pub(crate) fn another(&self) -> ShowtimeId {
        let showtime = ShowtimeId::new(Uuid::now_v7());
        let opening = SeatMap::opening(SaleTerms::default(), None, START);
        self.journal.create(showtime, layout(), opening);
        showtime
    }

    pub(crate) async fn showtime(&self) -> ShowtimeHandle {
        self.box_office.showtime(self.showtime).await.unwrap()
    }

    /// Holds through whichever owner lives now.
    pub(crate) async fn hold(&self, buyer: BuyerId, seats: &[u32]) -> Result<Answer, CallError> {
        let showtime = self.box_office.showtime(self.showtime).await?;
        showtime.execute(hold(buyer, seats), None).await
    }

    /// The seat map as the durable entries make it.
    pub(crate) fn replayed(&self) -> SeatMap {
        let mut map = SeatMap::new(layout());
        for entry in self.journal.durable(self.showtime) {
            map.apply(&entry).unwrap();
        }
        map.check().unwrap();
        map
    }
}

pub(crate) fn layout() -> Arc<SeatLayout> {
    TestLayout::of_rows(&[20; 10]).build()
}

pub(crate) fn buyer() -> BuyerId {
    BuyerId::new(Uuid::new_v4())
}

pub(crate) fn party(buyer: BuyerId) -> Party {
    Party {
        buyer,
        role: Role::Buyer,
    }
}

pub(crate) fn staff_party() -> Party {
    Party {
        buyer: buyer(),
        role: Role::Staff,
    }
}

pub(crate) fn hold(buyer: BuyerId, seats: &[u32]) -> Command {
    wish(
        buyer,
        Want::Places(Places::of_seats(seats.iter().map(|&seat| SeatIndex(seat)))),
    )
}

fn wish(buyer: BuyerId, want: Want) -> Command {
    let hold = HoldId::new(Uuid::now_v7());
    Command::Hold(Hold {
        hold,
        by: party(buyer),
        want,
        ttl_seconds: None,
        replace: None,
        include_blocked: false,
    })
}

pub(crate) fn confirm(hold: HoldId) -> Command {
    let ticket = || {
        (
            TicketId::new(Uuid::now_v7()),
            TicketCode::new(Uuid::new_v4().as_u128()),
        )
    };
    Command::Confirm(Confirm {
        hold,
        by: staff_party(),
        booking: BookingId::new(Uuid::now_v7()),
        tickets: Box::new(std::array::from_fn(|_| ticket())),
        payment_reference: None,
    })
}

pub(crate) fn stamp(key: u128) -> RequestStamp {
    RequestStamp {
        key,
        fingerprint: key,
    }
}

/// The hold that an answer granted.
pub(crate) fn hold_of(answer: &Answer) -> HoldId {
    let Decision::Held(held) = &answer.entry.decision else {
        panic!("not a hold: {answer:?}");
    };
    held.hold
}
