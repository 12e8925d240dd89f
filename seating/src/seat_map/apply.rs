//! The only code that changes a seat map. It trusts nothing: an entry that does not fit is
//! refused as [`Broken`], because it would corrupt the sale.

use std::sync::Arc;

use crate::event::{BookingCancelled, Entry, Event, Held, PaymentBegun, Sale};
use crate::ids::{BookingId, HoldId, Seq};
use crate::places::{AreaQuantity, Place, Places};
use crate::rejection::HoldEnd;
use crate::seat_layout::{CellIndex, SeatIndex};
use crate::seat_map::bookings::ticket_bit;
use crate::seat_map::holds::HoldSlot;
use crate::seat_map::{Broken, Holder, Occupant, SeatMap};
use crate::snapshot::{BookingImage, BookingState, HoldImage, HoldLife};
use crate::timestamp::Timestamp;

/// What a step may find wrong; [`SeatMap::apply`] adds which entry it was.
pub(super) type Applied = Result<(), &'static str>;

impl SeatMap {
    /// Applies the next entry of the history. After an error the seat map must be thrown away.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Broken> {
        self.apply_next(entry, || Arc::new(entry.clone()))
            .map_err(|what| Broken {
                seq: entry.seq,
                what,
            })
    }

    /// The same for an entry that can be remembered without a copy.
    pub(super) fn apply_shared(&mut self, entry: &Arc<Entry>) -> Result<(), Broken> {
        self.apply_next(entry, || Arc::clone(entry))
            .map_err(|what| Broken {
                seq: entry.seq,
                what,
            })
    }

    fn apply_next(&mut self, entry: &Entry, shared: impl FnOnce() -> Arc<Entry>) -> Applied {
        ensure(entry.seq == self.seq.next(), "it is not the next one")?;
        ensure(entry.at >= self.time.at, "it is older than the one before")?;
        ensure(
            matches!(entry.event, Event::Opened(_)) == (self.seq == Seq::ZERO),
            "the first entry, and no other, opens the house",
        )?;
        self.apply_event(&entry.event, entry.at)?;
        if let Some(stamp) = entry.request {
            let first = self.requests.remember(stamp.key, shared());
            ensure(first, "its request was answered before")?;
        }
        self.seq = entry.seq;
        self.time.replayed(entry.at);
        Ok(())
    }

    fn apply_event(&mut self, event: &Event, at: Timestamp) -> Applied {
        match event {
            Event::Opened(settings) | Event::Reconfigured(settings) => {
                self.settings = Some(settings.clone());
                Ok(())
            }
            Event::Held(held) => self.apply_held(held, at),
            Event::Extended { hold, expires_at } => self.apply_extended(*hold, *expires_at),
            Event::Released { hold, .. } => self.end_hold(*hold, HoldEnd::Released),
            Event::PaymentBegun(begun) => self.apply_payment_begun(begun),
            Event::Confirmed(sale) => self.apply_confirmed(sale),
            Event::ConfirmedLate(sale) => self.apply_confirmed_late(sale),
            Event::PaymentOrphaned { booking, .. } => self.apply_orphaned(*booking),
            Event::Expired { holds } => holds.iter().try_for_each(|&hold| self.apply_expired(hold)),
            Event::BookingCancelled(cancelled) => self.apply_cancelled(cancelled),
            Event::Blocked(change) => self.block(&change.seats, &change.areas),
            Event::Unblocked(change) => self.unblock(&change.seats, &change.areas),
        }
    }

    fn apply_held(&mut self, held: &Held, at: Timestamp) -> Applied {
        let began_at = held.began_at.unwrap_or(at);
        ensure(began_at <= at, "the hold begins in the future")?;
        if let Some(replaced) = held.replaced {
            self.end_hold(replaced, HoldEnd::Released)?;
        }
        if let Some(blocked) = &held.from_blocked {
            let own = |seat| held.places.seats.contains(seat);
            ensure(blocked.seats.iter().all(own), "it unblocks another's seat")?;
            self.unblock(&blocked.seats, &blocked.areas)?;
        }
        let slot = self.holds.insert(HoldImage {
            id: held.hold,
            buyer: held.buyer,
            places: held.places.clone(),
            began_at,
            expires_at: held.expires_at,
            life: HoldLife::Held,
            from_blocked: held.from_blocked.clone(),
        });
        let slot = slot.ok_or("the hold exists")?;
        self.take_seats(&held.places, Holder::Hold(slot))?;
        for area in &held.places.areas {
            let cell = self.free_area(*area)?;
            self.counts[usize::from(cell.0)].held += area.quantity;
        }
        for &seat in &held.places.seats {
            self.counts[usize::from(self.layout.cell_of(seat).0)].held += 1;
        }
        self.add_places(held.buyer, held.places.count());
        Ok(())
    }

    fn apply_extended(&mut self, id: HoldId, expires_at: Timestamp) -> Applied {
        let (slot, hold) = self.live(id)?;
        ensure(hold.life == HoldLife::Held, "the hold is pinned")?;
        let seats = hold.places.seats.clone();
        self.holds.update(slot, HoldLife::Held, expires_at);
        self.changes.seats.extend(seats);
        Ok(())
    }

    fn apply_payment_begun(&mut self, begun: &PaymentBegun) -> Applied {
        let (slot, hold) = self.live(begun.hold)?;
        ensure(hold.life == HoldLife::Held, "the hold is pinned")?;
        ensure(hold.places == begun.places, "the hold covers other places")?;
        ensure(
            self.bookings.find(begun.booking).is_none(),
            "the booking exists",
        )?;
        self.bookings.insert(BookingImage {
            id: begun.booking,
            hold: begun.hold,
            buyer: begun.buyer,
            places: begun.places.clone(),
            state: BookingState::Pending,
            cancelled_tickets: 0,
        });
        self.holds
            .update(slot, HoldLife::Pinned(begun.booking), begun.pay_by);
        for (cell, quantity) in cells_of(self, &begun.places) {
            self.touch(cell);
            let counts = &mut self.counts[usize::from(cell.0)];
            subtract(&mut counts.held, quantity)?;
            counts.pinned += quantity;
        }
        self.changes.seats.extend(&begun.places.seats);
        Ok(())
    }

    fn apply_confirmed(&mut self, sale: &Sale) -> Applied {
        let (slot, hold) = self.live(sale.hold)?;
        let life = hold.life;
        ensure(hold.places == sale.places, "the hold covers other places")?;
        ensure(hold.buyer == sale.buyer, "the hold is somebody else's")?;
        let booking = match life {
            HoldLife::Pinned(pinned) => {
                ensure(
                    pinned == sale.booking,
                    "the hold is pinned for another booking",
                )?;
                let found = self.bookings.find(pinned);
                let (booking, _) = found.ok_or("the pin has no booking")?;
                self.bookings.get_mut(booking).state = BookingState::Confirmed;
                booking
            }
            HoldLife::Held | HoldLife::Ended(_) => {
                ensure(
                    self.bookings.find(sale.booking).is_none(),
                    "the booking exists",
                )?;
                self.bookings.insert(new_booking(sale))
            }
        };
        self.holds.end(slot, HoldEnd::Confirmed(Some(sale.booking)));
        for &seat in &sale.places.seats {
            self.seats[seat.0 as usize] = Occupant::new(Holder::Booking(booking));
        }
        self.changes.seats.extend(&sale.places.seats);
        for (cell, quantity) in cells_of(self, &sale.places) {
            self.touch(cell);
            let counts = &mut self.counts[usize::from(cell.0)];
            match life {
                HoldLife::Pinned(_) => subtract(&mut counts.pinned, quantity)?,
                HoldLife::Held | HoldLife::Ended(_) => subtract(&mut counts.held, quantity)?,
            }
            counts.booked += quantity;
        }
        Ok(())
    }

    fn apply_confirmed_late(&mut self, sale: &Sale) -> Applied {
        self.change_booking(sale.booking, BookingState::Lapsed, BookingState::Confirmed)?;
        let (booking, image) = self.bookings.find(sale.booking).ok_or("no such booking")?;
        ensure(
            image.places == sale.places,
            "the booking covers other places",
        )?;
        ensure(image.buyer == sale.buyer, "the booking is somebody else's")?;
        self.take_seats(&sale.places, Holder::Booking(booking))?;
        for area in &sale.places.areas {
            self.free_area(*area)?;
        }
        for (cell, quantity) in cells_of(self, &sale.places) {
            self.counts[usize::from(cell.0)].booked += quantity;
        }
        self.add_places(sale.buyer, sale.places.count());
        Ok(())
    }

    fn apply_expired(&mut self, id: HoldId) -> Applied {
        let (_, hold) = self.live(id)?;
        if let HoldLife::Pinned(booking) = hold.life {
            self.change_booking(booking, BookingState::Pending, BookingState::Lapsed)?;
        }
        self.end_hold(id, HoldEnd::Expired)
    }

    /// The money comes back whether the places had lapsed, were given up before the money came,
    /// or are still pinned for a showtime that does not take place.
    fn apply_orphaned(&mut self, id: BookingId) -> Applied {
        let (slot, booking) = self.bookings.find(id).ok_or("no such booking")?;
        ensure(!booking.was_sold(), "the booking was sold")?;
        match booking.state {
            BookingState::Pending => {
                let hold = booking.hold;
                self.bookings.get_mut(slot).state = BookingState::Orphaned;
                self.end_hold(hold, HoldEnd::Released)
            }
            BookingState::Lapsed | BookingState::Cancelled => {
                self.bookings.get_mut(slot).state = BookingState::Orphaned;
                Ok(())
            }
            BookingState::Orphaned | BookingState::Confirmed => Err("the money was dealt with"),
        }
    }

    fn apply_cancelled(&mut self, cancelled: &BookingCancelled) -> Applied {
        let found = self.bookings.find(cancelled.booking);
        let (slot, booking) = found.ok_or("no such booking")?;
        if booking.state == BookingState::Pending {
            let hold = booking.hold;
            self.bookings.get_mut(slot).state = BookingState::Cancelled;
            return self.end_hold(hold, HoldEnd::Released);
        }
        ensure(
            booking.state == BookingState::Confirmed,
            "the booking is not confirmed",
        )?;
        let buyer = booking.buyer;
        let places: Vec<Place> = booking.places.iter().collect();
        for &number in &cancelled.tickets {
            let booking = self.bookings.get_mut(slot);
            ensure(
                !booking.is_cancelled(number),
                "the ticket is cancelled already",
            )?;
            booking.cancelled_tickets |= ticket_bit(number);
            let place = places.get(usize::from(number).wrapping_sub(1));
            let cell = match *place.ok_or("no such ticket")? {
                Place::Seat(seat) => self.free_seat(seat),
                Place::Area(section) => self.layout.area_cell(section),
            };
            self.touch(cell);
            subtract(&mut self.counts[usize::from(cell.0)].booked, 1)?;
        }
        let booking = self.bookings.get_mut(slot);
        let nothing_left = booking.live_tickets().next().is_none();
        ensure(cancelled.whole == nothing_left, "whole says otherwise")?;
        if nothing_left {
            booking.state = BookingState::Cancelled;
        }
        self.remove_places(
            buyer,
            u32::try_from(cancelled.tickets.len()).unwrap_or(u32::MAX),
        )
    }

    fn block(&mut self, seats: &[SeatIndex], areas: &[AreaQuantity]) -> Applied {
        for &seat in seats {
            self.take_seat(seat, Holder::House)?;
            self.counts[usize::from(self.layout.cell_of(seat).0)].blocked += 1;
        }
        for &area in areas {
            let cell = self.free_area(area)?;
            self.counts[usize::from(cell.0)].blocked += area.quantity;
        }
        Ok(())
    }

    fn unblock(&mut self, seats: &[SeatIndex], areas: &[AreaQuantity]) -> Applied {
        for &seat in seats {
            ensure(self.layout.has_seat(seat), "no such seat")?;
            let blocked = self.seats[seat.0 as usize].holder() == Holder::House;
            ensure(blocked, "the seat is not blocked")?;
            let cell = self.free_seat(seat);
            subtract(&mut self.counts[usize::from(cell.0)].blocked, 1)?;
        }
        for area in areas {
            ensure(
                self.layout.area_capacity(area.section).is_some(),
                "no such area",
            )?;
            let cell = self.layout.area_cell(area.section);
            self.touch(cell);
            subtract(&mut self.counts[usize::from(cell.0)].blocked, area.quantity)?;
        }
        Ok(())
    }

    /// Ends a live hold and gives its places back; confirming, which sells them, does not come here.
    fn end_hold(&mut self, id: HoldId, how: HoldEnd) -> Applied {
        let (slot, hold) = self.live(id)?;
        let (buyer, places, life) = (hold.buyer, hold.places.clone(), hold.life);
        let blocked = hold.from_blocked.clone();
        self.holds.end(slot, how);
        for &seat in &places.seats {
            self.free_seat(seat);
        }
        for (cell, quantity) in cells_of(self, &places) {
            self.touch(cell);
            let counts = &mut self.counts[usize::from(cell.0)];
            match life {
                HoldLife::Pinned(_) => subtract(&mut counts.pinned, quantity)?,
                HoldLife::Held | HoldLife::Ended(_) => subtract(&mut counts.held, quantity)?,
            }
        }
        if let Some(blocked) = blocked {
            self.block(&blocked.seats, &blocked.areas)?;
        }
        self.remove_places(buyer, places.count())
    }

    fn live(&self, id: HoldId) -> Result<(HoldSlot, &HoldImage), &'static str> {
        let (slot, hold) = self.holds.find(id).ok_or("no such hold")?;
        ensure(!matches!(hold.life, HoldLife::Ended(_)), "the hold is over")?;
        Ok((slot, hold))
    }

    fn change_booking(&mut self, id: BookingId, from: BookingState, to: BookingState) -> Applied {
        let (slot, booking) = self.bookings.find(id).ok_or("no such booking")?;
        ensure(booking.state == from, "the booking is in another state")?;
        self.bookings.get_mut(slot).state = to;
        Ok(())
    }
}

/// The cells that places count in, seat by seat and area by area.
fn cells_of(map: &SeatMap, places: &Places) -> smallvec::SmallVec<[(CellIndex, u32); 10]> {
    let seats = places
        .seats
        .iter()
        .map(|&seat| (map.layout.cell_of(seat), 1));
    let areas = places.areas.iter();
    let areas = areas.map(|area| (map.layout.area_cell(area.section), area.quantity));
    seats.chain(areas).collect()
}

pub(super) fn new_booking(sale: &Sale) -> BookingImage {
    BookingImage {
        id: sale.booking,
        hold: sale.hold,
        buyer: sale.buyer,
        places: sale.places.clone(),
        state: BookingState::Confirmed,
        cancelled_tickets: 0,
    }
}

pub(super) fn ensure(holds: bool, otherwise: &'static str) -> Applied {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// Takes places out of a count that must have them.
fn subtract(count: &mut u32, quantity: u32) -> Applied {
    let left = count.checked_sub(quantity);
    *count = left.ok_or("fewer places are counted than would leave")?;
    Ok(())
}
