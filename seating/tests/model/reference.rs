//! The rules in the most obvious way: lists that are looked through from the start every time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seating::entry::{Decision, Entry, RequestStamp};
use seating::ids::{BookingId, BuyerId, HoldId, Seq};
use seating::places::{AreaQuantity, Place, Places};
use seating::rejection::{PlaceStatus, Rejection};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::seat_map::Executed;
use seating::snapshot::{BookingImage, BookingState, HoldImage, HoldLife, Snapshot};
use seating::timestamp::Timestamp;

use crate::layouts::Facts;

/// All that the model remembers.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) facts: Facts,
    pub(crate) terms: SaleTerms,
    pub(crate) at: Timestamp,
    /// What had passed when the last entry was decided, or when the reign was first asked.
    pub(crate) passed_at: Option<u64>,
    pub(crate) seq: u64,
    pub(crate) holds: BTreeMap<HoldId, HoldImage>,
    /// The longest ended first.
    pub(crate) ended: Vec<HoldId>,
    pub(crate) bookings: BTreeMap<BookingId, Booking>,
    pub(crate) blocked_seats: BTreeSet<SeatIndex>,
    pub(crate) blocked_areas: BTreeMap<SectionIndex, u32>,
    pub(crate) answers: Vec<Entry>,
}

/// A booking as the model remembers it.
#[derive(Clone, Debug)]
pub(crate) struct Booking {
    pub(crate) hold: HoldId,
    pub(crate) buyer: BuyerId,
    pub(crate) places: Places,
    pub(crate) state: BookingState,
    pub(crate) cancelled: BTreeSet<u8>,
}

/// How many places of an area are in which state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AreaCounts {
    pub(crate) reserved: u32,
    pub(crate) booked: u32,
    pub(crate) blocked: u32,
}

/// What the model expects of a command.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) entries: Vec<Entry>,
    pub(crate) answer: Result<Executed, Rejection>,
}

impl Model {
    pub(crate) fn new(facts: Facts, terms: SaleTerms, at: Timestamp) -> Self {
        Self {
            facts,
            terms,
            at,
            passed_at: None,
            seq: 1,
            holds: BTreeMap::new(),
            ended: Vec::new(),
            bookings: BTreeMap::new(),
            blocked_seats: BTreeSet::new(),
            blocked_areas: BTreeMap::new(),
            answers: Vec::new(),
        }
    }

    /// An earlier answer to the same key, or the refusal to use the key for something else.
    pub(crate) fn answered(&self, stamp: RequestStamp) -> Option<Result<Executed, Rejection>> {
        let same_key = |entry: &&Entry| entry.request.is_some_and(|r| r.key == stamp.key);
        let entry = self.answers.iter().find(same_key)?;
        Some(if entry.request == Some(stamp) {
            Ok(Executed::Replayed(Arc::new(entry.clone())))
        } else {
            Err(Rejection::KeyReused)
        })
    }

    /// Numbers a decision and lets it happen.
    pub(crate) fn record(
        &mut self,
        at: Timestamp,
        (request, by): (Option<RequestStamp>, Option<BuyerId>),
        decision: Decision,
    ) -> Entry {
        self.happen(&decision, at);
        self.seq += 1;
        self.at = at;
        let entry = Entry {
            seq: Seq(self.seq),
            at,
            request,
            by,
            decision,
        };
        if request.is_some() {
            self.answers.push(entry.clone());
        }
        entry
    }

    pub(crate) fn live_holds(&self) -> impl Iterator<Item = &HoldImage> {
        let live = |hold: &&HoldImage| !matches!(hold.life, HoldLife::Ended(_));
        self.holds.values().filter(live)
    }

    /// A booking's tickets that are sold and not cancelled, by number from 1.
    pub(crate) fn live_tickets(booking: &Booking) -> Vec<(u8, Place)> {
        if booking.state != BookingState::Confirmed {
            return Vec::new();
        }
        let numbered = (1..).zip(booking.places.iter());
        numbered
            .filter(|(number, _)| !booking.cancelled.contains(number))
            .collect()
    }

    pub(crate) fn seat(&self, seat: SeatIndex) -> (PlaceStatus, Option<Timestamp>) {
        for hold in self.live_holds() {
            if hold.places.seats.contains(&seat) {
                return (PlaceStatus::Reserved, Some(hold.expires_at));
            }
        }
        for booking in self.bookings.values() {
            let live = Self::live_tickets(booking);
            if live.iter().any(|(_, place)| *place == Place::Seat(seat)) {
                return (PlaceStatus::Booked, None);
            }
        }
        if self.blocked_seats.contains(&seat) {
            return (PlaceStatus::Blocked, None);
        }
        (PlaceStatus::Available, None)
    }

    pub(crate) fn area(&self, section: SectionIndex) -> AreaCounts {
        let mut counts = AreaCounts {
            blocked: self.blocked_areas.get(&section).copied().unwrap_or(0),
            ..AreaCounts::default()
        };
        for hold in self.live_holds() {
            counts.reserved += quantity_in(&hold.places, section);
        }
        for booking in self.bookings.values() {
            let live = Self::live_tickets(booking);
            let here = live.iter().filter(|(_, p)| *p == Place::Area(section));
            counts.booked += u32::try_from(here.count()).unwrap();
        }
        counts
    }

    pub(crate) fn area_available(&self, section: SectionIndex) -> u32 {
        let (capacity, ..) = self.facts.sections[usize::from(section.0)].unwrap();
        let counts = self.area(section);
        capacity - counts.reserved - counts.booked - counts.blocked
    }

    /// Capacity, reserved, booked and blocked of a section.
    pub(crate) fn public_counts(&self, section: SectionIndex) -> [u32; 4] {
        if let Some((capacity, ..)) = self.facts.sections[usize::from(section.0)] {
            let counts = self.area(section);
            return [capacity, counts.reserved, counts.booked, counts.blocked];
        }
        let mut counts = [0; 4];
        for (fact, at) in self.facts.seats.iter().zip(0..) {
            if fact.section != section.0 {
                continue;
            }
            counts[0] += 1;
            match self.seat(SeatIndex(at)).0 {
                PlaceStatus::Available => {}
                PlaceStatus::Reserved => counts[1] += 1,
                PlaceStatus::Booked => counts[2] += 1,
                PlaceStatus::Blocked => counts[3] += 1,
            }
        }
        counts
    }

    /// Places in a buyer's live holds and bookings.
    pub(crate) fn places_of(&self, buyer: BuyerId) -> u32 {
        let holds = self.live_holds().filter(|hold| hold.buyer == buyer);
        let held: u32 = holds.map(|hold| hold.places.count()).sum();
        let bookings = self.bookings.values().filter(|b| b.buyer == buyer);
        let booked: usize = bookings.map(|b| Self::live_tickets(b).len()).sum();
        held + u32::try_from(booked).unwrap()
    }

    pub(crate) fn price(&self, place: Place) -> i64 {
        match place {
            Place::Seat(seat) => self.facts.seats[seat.0 as usize].price,
            Place::Area(section) => self.facts.sections[usize::from(section.0)].unwrap().1,
        }
    }

    /// The state as the seat map should tell it.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let image = |(id, booking): (&BookingId, &Booking)| BookingImage {
            id: *id,
            hold: booking.hold,
            buyer: booking.buyer,
            places: booking.places.clone(),
            state: booking.state,
            cancelled_tickets: booking.cancelled.iter().map(|n| 1 << (n - 1)).sum(),
        };
        let blocked = self
            .blocked_areas
            .iter()
            .filter(|(_, quantity)| **quantity > 0);
        let blocked_areas = blocked.map(|(&section, &quantity)| AreaQuantity { section, quantity });
        Snapshot {
            seq: Seq(self.seq),
            at: self.at,
            terms: self.terms.clone(),
            holds: self.live_holds().cloned().collect(),
            ended_holds: self.ended.iter().map(|id| self.holds[id].clone()).collect(),
            bookings: self.bookings.iter().map(image).collect(),
            blocked_seats: self.blocked_seats.iter().copied().collect(),
            blocked_areas: blocked_areas.collect(),
            outcomes: self.answers.iter().cloned().map(Arc::new).collect(),
            // No history here is long enough to forget.
            forgotten: Vec::new(),
        }
    }
}

/// How much of an area is in a set of places.
pub(crate) fn quantity_in(places: &Places, section: SectionIndex) -> u32 {
    let areas = places.areas.iter().filter(|area| area.section == section);
    areas.map(|area| area.quantity).sum()
}
