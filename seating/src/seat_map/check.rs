//! Every invariant, recomputed from scratch.

use rustc_hash::FxHashMap;

use crate::counts::Counts;
use crate::ids::BuyerId;
use crate::places::Place;
use crate::seat_layout::{SectionIndex, SectionTier};
use crate::seat_map::{Holder, SeatMap};
use crate::snapshot::{BookingState, HoldImage, HoldLife};

/// An invariant that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("broken invariant: {what}")]
pub struct Violation {
    pub what: &'static str,
}

impl SeatMap {
    /// Recomputes counts, ownership, free map, deadlines and buyers' places, and compares.
    ///
    /// Costs time in proportion to seats, holds and bookings; meant for loads and tests.
    ///
    /// # Errors
    ///
    /// The first [`Violation`] found: the seat map must not be used any more.
    pub fn check(&self) -> Result<(), Violation> {
        let empty = |section_tier: &SectionTier| Counts {
            capacity: section_tier.capacity,
            ..Counts::default()
        };
        let mut seen = Recount {
            map: self,
            counts: self.layout.section_tiers().iter().map(empty).collect(),
            seats_owned: 0,
            buyers: FxHashMap::default(),
        };
        seen.count_holds()?;
        seen.count_bookings()?;
        seen.count_blocked()?;
        seen.compare()
    }
}

struct Recount<'a> {
    map: &'a SeatMap,
    counts: Vec<Counts>,
    seats_owned: usize,
    buyers: FxHashMap<BuyerId, u32>,
}

impl Recount<'_> {
    fn count_holds(&mut self) -> Result<(), Violation> {
        let map = self.map;
        for (slot, hold) in map.holds.live() {
            let pin = self.pin_of(hold)?;
            for place in hold.places.iter() {
                self.own(place, Holder::Hold(slot))?;
                let counts = self.counts_of(place);
                counts.held += 1 - pin;
                counts.pinned += pin;
            }
            *self.buyers.entry(hold.buyer).or_insert(0) += hold.places.count();
        }
        ensure(
            map.holds.deadlines_agree(),
            "the deadline index agrees with the holds",
        )
    }

    /// 1 for a pinned hold, whose booking must fit it, and 0 for a plain one.
    fn pin_of(&self, hold: &HoldImage) -> Result<u32, Violation> {
        let booking = match hold.life {
            HoldLife::Held => return Ok(0),
            HoldLife::Pinned(booking) => self.map.booking(booking),
            HoldLife::Ended(_) => None,
        };
        let fits = booking.is_some_and(|booking| {
            let pending = booking.state == BookingState::Pending && booking.hold == hold.id;
            pending && booking.buyer == hold.buyer && booking.places == hold.places
        });
        ensure(fits, "a pinned hold has a pending booking like it")?;
        Ok(1)
    }

    fn count_bookings(&mut self) -> Result<(), Violation> {
        let map = self.map;
        let mut pending = 0;
        for (slot, booking) in map.bookings.iter() {
            pending += usize::from(booking.state == BookingState::Pending);
            let live: Vec<u8> = booking.live_tickets().collect();
            let sold = booking.state == BookingState::Confirmed;
            ensure(
                sold != live.is_empty(),
                "a confirmed booking has live tickets, others none",
            )?;
            let numbered = booking.places.iter().zip(1_u8..);
            for (place, _) in numbered.filter(|(_, number)| live.contains(number)) {
                self.own(place, Holder::Booking(slot))?;
                self.counts_of(place).booked += 1;
                *self.buyers.entry(booking.buyer).or_insert(0) += 1;
            }
        }
        let pins = map
            .holds
            .live()
            .filter(|(_, h)| matches!(h.life, HoldLife::Pinned(_)))
            .count();
        ensure(pins == pending, "every pending booking has its pinned hold")
    }

    fn count_blocked(&mut self) -> Result<(), Violation> {
        for seat in self.map.layout.seats() {
            if self.map.seats[seat.0 as usize].holder() == Holder::Blocked {
                self.own(Place::Seat(seat), Holder::Blocked)?;
                self.counts_of(Place::Seat(seat)).blocked += 1;
            }
        }
        // Area places have no owner to ask, so the count itself is the truth.
        for (section, index) in self.map.layout.sections().iter().zip(0_u16..) {
            if self.map.layout.area_capacity(SectionIndex(index)).is_some() {
                let section_tier = usize::from(section.tiers.start);
                self.counts[section_tier].blocked = self.map.counts[section_tier].blocked;
            }
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), Violation> {
        let map = self.map;
        ensure(self.counts == *map.counts, "the counts add up")?;
        ensure(
            map.counts.iter().all(|c| c.oversold() == 0),
            "nothing is oversold",
        )?;
        let taken = map
            .seats
            .iter()
            .filter(|seat| seat.holder() != Holder::Nobody)
            .count();
        ensure(
            taken == self.seats_owned,
            "every taken seat has exactly one owner",
        )?;
        let free: u32 = map.free.iter().map(|word| word.count_ones()).sum();
        ensure(
            free as usize + taken == map.seats.len(),
            "the free map has every free seat",
        )?;
        let all_free = map.layout.seats().all(|seat| {
            let (word, bit) = map.layout.bit_of(seat);
            let free = map.free[word] >> bit & 1 == 1;
            free == (map.seats[seat.0 as usize].holder() == Holder::Nobody)
        });
        ensure(all_free, "the free map agrees with the seats")?;
        ensure(
            self.buyers == map.places_by_buyer,
            "the buyers' places add up",
        )
    }

    fn own(&mut self, place: Place, holder: Holder) -> Result<(), Violation> {
        if let Place::Seat(seat) = place {
            self.seats_owned += 1;
            let owner = self.map.seats[seat.0 as usize].holder();
            return ensure(owner == holder, "a seat belongs to who claims it");
        }
        Ok(())
    }

    fn counts_of(&mut self, place: Place) -> &mut Counts {
        let section_tier = match place {
            Place::Seat(seat) => self.map.layout.section_tier_of(seat),
            Place::Area(section) => self.map.layout.section_tier_of_area(section),
        };
        &mut self.counts[usize::from(section_tier.0)]
    }
}

fn ensure(holds: bool, what: &'static str) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation { what })
    }
}
