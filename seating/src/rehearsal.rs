//! A house to rehearse the rules in: short ways to build one, to name things and to ask it.
//!
//! For tests and benches; every answer is checked, and a broken promise is a panic.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::sync::Arc;

use uuid::Uuid;

use crate::command::{
    BestAvailable, BlockPlaces, Command, Confirm, Hold, Party, Role, TicketStock, Want,
};
use crate::event::{Entry, Event, RequestStamp};
use crate::ids::{BookingId, BuyerId, HoldId, TicketCode, TicketId};
use crate::layout_spec::{
    LayoutSpec, Money, NumbersSpec, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use crate::places::{AreaQuantity, Places};
use crate::rejection::{PlaceStatus, Rejection};
use crate::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use crate::seat_map::{Asked, Decision, Entries, SeatMap};
use crate::settings::Settings;
use crate::timestamp::Timestamp;

/// A house being described.
#[derive(Clone, Debug, Default)]
pub struct House {
    /// What has been described so far.
    pub spec: LayoutSpec,
}

impl House {
    /// A house without anything in it.
    pub fn empty() -> Self {
        Self::default()
    }

    /// One section `S` of one price tier `T`, its rows `A`, `B`, … as long as these.
    pub fn of_rows(lengths: &[u32]) -> Self {
        let labels = ('A'..='Z').map(String::from);
        let rows: Vec<_> = labels.zip(lengths.iter().copied()).collect();
        Self::empty().tier("T", 1_000).section("S", "T", &rows)
    }

    /// Adds a price tier, in rupees.
    #[must_use]
    pub fn tier(mut self, code: &str, amount: i64) -> Self {
        self.spec.price_tiers.push(PriceTierSpec {
            code: code.to_owned(),
            name: code.to_owned(),
            price: Some(Money {
                amount,
                currency: "INR".to_owned(),
            }),
        });
        self
    }

    /// Adds a section of grid rows, each a label and a number of seats.
    #[must_use]
    pub fn section(self, code: &str, tier: &str, rows: &[(impl ToString, u32)]) -> Self {
        let grid = |label: String, count: u32| RowSpec {
            label,
            seats: RowSeatsSpec::Grid {
                numbers: NumbersSpec::Count(count),
                price_tier: tier.to_owned(),
            },
        };
        let rows = rows.iter().map(|(label, n)| grid(label.to_string(), *n));
        let rows = rows.collect();
        self.with(code, SectionKindSpec::Reserved { rows, stage: None })
    }

    /// Adds an area.
    #[must_use]
    pub fn area(self, code: &str, tier: &str, capacity: u32) -> Self {
        let price_tier = tier.to_owned();
        self.with(
            code,
            SectionKindSpec::GeneralAdmission {
                capacity,
                price_tier,
            },
        )
    }

    /// Adds any section.
    #[must_use]
    pub fn with(mut self, code: &str, kind: SectionKindSpec) -> Self {
        let code = code.to_owned();
        let name = code.clone();
        self.spec.sections.push(SectionSpec { code, name, kind });
        self
    }

    /// The house, built.
    pub fn build(&self) -> Arc<SeatLayout> {
        Arc::new(SeatLayout::build(&self.spec).expect("the house is as it should be"))
    }

    /// The house, built and opened at time 0.
    pub fn open(&self, settings: Settings) -> Rehearsal {
        Rehearsal::open(self.build(), settings)
    }
}

/// A seat map with a clock, asked one command after the other.
#[derive(Debug)]
pub struct Rehearsal {
    /// The seat map.
    pub map: SeatMap,
    /// The time at which it is asked.
    pub now: Timestamp,
    /// Everything recorded so far.
    pub entries: Vec<Entry>,
}

impl Rehearsal {
    /// Opens a house at time 0.
    pub fn open(layout: Arc<SeatLayout>, settings: Settings) -> Self {
        let now = Timestamp::default();
        let opening = SeatMap::opening(settings, now);
        let mut map = SeatMap::new(layout);
        map.apply(&opening).expect("the first entry fits");
        Self {
            map,
            now,
            entries: vec![opening],
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: u32) {
        self.now = self.now.plus_seconds(seconds);
    }

    /// Asks, and answers with the event recorded. The invariants hold afterwards, and a rejection
    /// has changed nothing.
    pub fn ask(&mut self, command: &Command) -> Result<Event, Rejection> {
        let decision = self.request(command, None)?;
        let event = self.entries.last().map(|entry| entry.event.clone());
        match (decision, event) {
            (Decision::Recorded, Some(event)) => Ok(event),
            other => panic!("{command:?} was not recorded: {other:?}"),
        }
    }

    /// Asks under an idempotency stamp or none.
    pub fn request(
        &mut self,
        command: &Command,
        stamp: Option<RequestStamp>,
    ) -> Result<Decision, Rejection> {
        let before = self.map.snapshot();
        let recorded = self.entries.len();
        let answer = self.unchecked(command, stamp);
        if let Err(violation) = self.map.check() {
            panic!("after {command:?}: {violation}");
        }
        if answer.is_err() && self.entries.len() == recorded {
            assert_eq!(before, self.map.snapshot(), "a rejection changed something");
        }
        answer
    }

    /// Asks without checking what costs time in proportion to the house.
    pub fn unchecked(
        &mut self,
        command: &Command,
        stamp: Option<RequestStamp>,
    ) -> Result<Decision, Rejection> {
        let mut entries = Entries::new();
        let answer = (self.map).execute(self.now, command, stamp.map(Asked::from), &mut entries);
        self.entries
            .extend(entries.into_iter().map(Arc::unwrap_or_clone));
        answer.expect("the seat map fits its own entries")
    }

    /// Whether a seat is for sale, reserved, booked or blocked.
    pub fn status(&self, seat: u32) -> PlaceStatus {
        self.map.seat(SeatIndex(seat)).0
    }

    /// How many places are for sale.
    pub fn available(&self) -> u32 {
        self.map.house_counts().available()
    }
}

/// A buyer of that number.
pub fn buyer(number: u128) -> Party {
    let role = Role::Buyer;
    let buyer = BuyerId::new(Uuid::from_u128(number));
    Party { buyer, role }
}

/// Somebody at the box office.
pub fn house(number: u128) -> Party {
    let role = Role::House;
    Party {
        role,
        ..buyer(number)
    }
}

/// The hold of that number.
pub fn hold_id(number: u128) -> HoldId {
    HoldId::new(Uuid::from_u128(number))
}

/// The booking of that number.
pub fn booking_id(number: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(number))
}

/// Tickets whose ids and codes begin with that number.
pub fn tickets(number: u128) -> Box<TicketStock> {
    let ticket = |at: usize| {
        let bits = number << 8 | at as u128;
        (TicketId::new(Uuid::from_u128(bits)), TicketCode::new(bits))
    };
    Box::new(std::array::from_fn(ticket))
}

/// Exactly these seats.
pub fn seats(seats: impl IntoIterator<Item = u32>) -> Want {
    Want::Places(Places::of_seats(seats.into_iter().map(SeatIndex)))
}

/// So much of these areas, by the number of their section.
pub fn areas(areas: &[(u16, u32)]) -> Want {
    Want::Places(Places::of_areas(area_quantities(areas)))
}

/// Whatever is best, anywhere and together.
pub fn best(quantity: u32) -> BestAvailable {
    BestAvailable {
        quantity,
        sections: Vec::new(),
        tiers: Vec::new(),
        allow_split: false,
    }
}

/// A wish for a hold on the showtime's own terms.
pub fn wish(hold: u128, by: Party, want: Want) -> Hold {
    Hold {
        hold: hold_id(hold),
        by,
        want,
        ttl_seconds: None,
        replace: None,
        include_blocked: false,
    }
}

/// To hold on the showtime's own terms.
pub fn hold(hold: u128, by: Party, want: Want) -> Command {
    Command::Hold(wish(hold, by, want))
}

/// To release a hold.
pub fn release(hold: u128, by: Party) -> Command {
    let hold = hold_id(hold);
    Command::Release { hold, by }
}

/// To begin the payment of a hold.
pub fn begin_payment(hold: u128, by: Party, booking: u128, seconds: u32) -> Command {
    Command::BeginPayment {
        hold: hold_id(hold),
        by,
        booking: booking_id(booking),
        seconds,
    }
}

/// To confirm a hold as a booking.
pub fn confirm(hold: u128, by: Party, booking: u128) -> Command {
    Command::Confirm(Confirm {
        hold: hold_id(hold),
        by,
        booking: booking_id(booking),
        tickets: tickets(booking),
        payment_reference: None,
    })
}

/// To cancel a booking or some tickets of it.
pub fn cancel(booking: u128, by: Party, tickets: Option<&[u8]>) -> Command {
    Command::CancelBooking {
        booking: booking_id(booking),
        by,
        tickets: tickets.map(<[u8]>::to_vec),
    }
}

/// Places to block or unblock.
pub fn block_places(seats: &[u32], areas: &[(u16, u32)]) -> BlockPlaces {
    BlockPlaces {
        by: Some(house(9).buyer),
        seats: seats.iter().copied().map(SeatIndex).collect(),
        areas: area_quantities(areas).collect(),
        reason: "rehearsal".to_owned(),
    }
}

fn area_quantities(areas: &[(u16, u32)]) -> impl Iterator<Item = AreaQuantity> + '_ {
    areas.iter().map(|&(section, quantity)| AreaQuantity {
        section: SectionIndex(section),
        quantity,
    })
}
