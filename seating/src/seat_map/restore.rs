//! State to plain data and back.

use std::sync::Arc;

use crate::clock::OwnTime;
use crate::ids::Seq;
use crate::limits::PLACES_PER_HOLD_MAX;
use crate::places::{AreaQuantity, Place, Places};
use crate::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use crate::seat_map::{Broken, Holder, Occupant, SeatMap};
use crate::snapshot::{BookingImage, BookingState, HoldImage, HoldLife, Snapshot};

impl SeatMap {
    /// The state as plain data.
    pub fn snapshot(&self) -> Option<Snapshot> {
        let mut holds: Vec<HoldImage> = self.holds.live().map(|(_, hold)| hold.clone()).collect();
        holds.sort_unstable_by_key(|hold| hold.id);
        let mut bookings: Vec<_> = self.bookings.iter().map(|(_, b)| b.clone()).collect();
        bookings.sort_unstable_by_key(|booking| booking.id);
        Some(Snapshot {
            seq: self.seq,
            at: self.time.at,
            terms: self.terms.clone()?,
            holds,
            ended_holds: self.holds.ended().cloned().collect(),
            bookings,
            blocked_seats: self.blocked_seats().collect(),
            blocked_areas: self.blocked_areas(),
            outcomes: self.requests.remembered().map(Arc::clone).collect(),
            forgotten: self.requests.forgotten().to_vec(),
        })
    }

    /// The seat map of a snapshot, checked through and through.
    ///
    /// # Errors
    ///
    /// [`Broken`] when the snapshot contradicts itself or the layout: replay from an older one.
    pub fn restore(layout: Arc<SeatLayout>, snapshot: Snapshot) -> Result<Self, Broken> {
        let seq = snapshot.seq;
        let map = Self::rebuild(layout, snapshot).map_err(|what| Broken { seq, what })?;
        map.check().map_err(|violation| Broken {
            seq,
            what: violation.what,
        })?;
        Ok(map)
    }

    fn rebuild(layout: Arc<SeatLayout>, snapshot: Snapshot) -> Result<Self, &'static str> {
        let mut map = Self::new(layout);
        map.seq = snapshot.seq;
        map.time = OwnTime::after(snapshot.at);
        map.terms = Some(snapshot.terms);
        if map.seq == Seq::ZERO {
            return Err("a snapshot is of at least one entry");
        }
        for hold in snapshot.ended_holds {
            map.put_ended_hold(hold)?;
        }
        for hold in snapshot.holds {
            map.put_hold(hold)?;
        }
        for booking in snapshot.bookings {
            map.put_booking(booking)?;
        }
        for seat in snapshot.blocked_seats {
            map.put(Place::Seat(seat), Holder::Blocked)?;
        }
        for area in snapshot.blocked_areas {
            map.put_many(Place::Area(area.section), Holder::Blocked, area.quantity)?;
        }
        if !map.requests.restore_forgotten(snapshot.forgotten) {
            return Err("the filter of forgotten requests has another size");
        }
        for entry in snapshot.outcomes {
            let stamp = entry.request.ok_or("an outcome has no request")?;
            if !map.requests.remember(stamp.key, entry) {
                return Err("a request was answered twice");
            }
        }
        map.clear_changes();
        Ok(map)
    }

    fn put_ended_hold(&mut self, hold: HoldImage) -> Result<(), &'static str> {
        if !matches!(hold.life, HoldLife::Ended(_)) {
            return Err("an ended hold is live");
        }
        self.known(&hold.places)?;
        let slot = self.holds.insert_ended(hold);
        slot.map(|_| ()).ok_or("an ended hold is a duplicate")
    }

    fn put_hold(&mut self, hold: HoldImage) -> Result<(), &'static str> {
        if matches!(hold.life, HoldLife::Ended(_)) {
            return Err("a live hold is over");
        }
        self.known(&hold.places)?;
        let (buyer, places) = (hold.buyer, hold.places.clone());
        let slot = self.holds.insert(hold);
        let slot = slot.ok_or("a hold is a duplicate")?;
        places
            .iter()
            .try_for_each(|place| self.put(place, Holder::Hold(slot)))?;
        self.add_places(buyer, places.count());
        Ok(())
    }

    fn put_booking(&mut self, booking: BookingImage) -> Result<(), &'static str> {
        if self.bookings.find(booking.id).is_some() {
            return Err("a booking is a duplicate");
        }
        self.known(&booking.places)?;
        let live: Vec<u8> = booking.live_tickets().collect();
        let (buyer, places, state) = (booking.buyer, booking.places.clone(), booking.state);
        let slot = self.bookings.insert(booking);
        if state != BookingState::Confirmed {
            return Ok(());
        }
        let numbered = places.iter().zip(1_u8..);
        for (place, _) in numbered.filter(|(_, number)| live.contains(number)) {
            self.put(place, Holder::Booking(slot))?;
        }
        self.add_places(buyer, u32::try_from(live.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// The places are of this layout and no more than a hold may have.
    fn known(&self, places: &Places) -> Result<(), &'static str> {
        let seats = places.seats.iter().all(|&seat| self.layout.has_seat(seat));
        let mut areas = places.areas.iter();
        let areas = areas.all(|area| self.layout.area_capacity(area.section).is_some());
        let few = places.count() as usize <= PLACES_PER_HOLD_MAX;
        if seats && areas && few {
            Ok(())
        } else {
            Err("places are too many or do not exist")
        }
    }

    fn put(&mut self, place: Place, holder: Holder) -> Result<(), &'static str> {
        self.put_many(place, holder, 1)
    }

    /// The same for so many places of an area at once; a seat is only one.
    fn put_many(
        &mut self,
        place: Place,
        holder: Holder,
        quantity: u32,
    ) -> Result<(), &'static str> {
        let section_tier = match place {
            Place::Seat(seat) => {
                if !self.layout.has_seat(seat) || self.seats[seat.0 as usize] != Occupant::FREE {
                    return Err("a seat does not exist or is taken twice");
                }
                self.seats[seat.0 as usize] = Occupant::new(holder);
                let (word, bit) = self.layout.bit_of(seat);
                self.free[word] &= !(1 << bit);
                self.layout.section_tier_of(seat)
            }
            Place::Area(section) => {
                self.layout
                    .area_capacity(section)
                    .ok_or("an area does not exist")?;
                self.layout.section_tier_of_area(section)
            }
        };
        let counts = &mut self.counts[usize::from(section_tier.0)];
        if quantity > counts.available() {
            return Err("a section is oversold");
        }
        match holder {
            Holder::Nobody => return Err("a place is put for nobody"),
            Holder::Hold(slot) => match self.holds.get(slot).map(|hold| hold.life) {
                Some(HoldLife::Pinned(_)) => counts.pinned += quantity,
                Some(HoldLife::Held | HoldLife::Ended(_)) | None => counts.held += quantity,
            },
            Holder::Booking(_) => counts.booked += quantity,
            Holder::Blocked => counts.blocked += quantity,
        }
        Ok(())
    }

    /// The seats that somebody blocked. Those without a price are blocked by the layout.
    fn blocked_seats(&self) -> impl Iterator<Item = SeatIndex> + '_ {
        let blocked = |seat: &SeatIndex| {
            self.seats[seat.0 as usize].holder() == Holder::Blocked
                && self.layout.is_for_sale(self.layout.section_tier_of(*seat))
        };
        self.layout.seats().filter(blocked)
    }

    fn blocked_areas(&self) -> Vec<AreaQuantity> {
        let areas = (0_u16..)
            .map(SectionIndex)
            .take(self.layout.sections().len());
        let areas = areas.filter(|&section| {
            self.layout.area_capacity(section).is_some()
                && self
                    .layout
                    .is_for_sale(self.layout.section_tier_of_area(section))
        });
        areas
            .map(|section| AreaQuantity {
                section,
                quantity: self.section_counts(section).blocked,
            })
            .filter(|area| area.quantity > 0)
            .collect()
    }
}
