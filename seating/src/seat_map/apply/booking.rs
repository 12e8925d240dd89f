//! Bookings: begun, sold, orphaned, cancelled.

use super::{Applied, ensure, section_tiers_of, subtract};
use crate::entry::{BookingCancelled, PaymentBegun, Sale};
use crate::ids::BookingId;
use crate::places::Place;
use crate::rejection::HoldEnd;
use crate::seat_map::bookings::ticket_bit;
use crate::seat_map::{Holder, Occupant, SeatMap};
use crate::snapshot::{BookingImage, BookingState, HoldLife};

impl SeatMap {
    pub(super) fn apply_payment_begun(&mut self, begun: &PaymentBegun) -> Applied {
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
        for (section_tier, quantity) in section_tiers_of(self, &begun.places) {
            self.touch(section_tier);
            let counts = &mut self.counts[usize::from(section_tier.0)];
            subtract(&mut counts.held, quantity)?;
            counts.pinned += quantity;
        }
        self.changes.seats.extend(&begun.places.seats);
        Ok(())
    }

    pub(super) fn apply_confirmed(&mut self, sale: &Sale) -> Applied {
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
        for (section_tier, quantity) in section_tiers_of(self, &sale.places) {
            self.touch(section_tier);
            let counts = &mut self.counts[usize::from(section_tier.0)];
            match life {
                HoldLife::Pinned(_) => subtract(&mut counts.pinned, quantity)?,
                HoldLife::Held | HoldLife::Ended(_) => subtract(&mut counts.held, quantity)?,
            }
            counts.booked += quantity;
        }
        Ok(())
    }

    pub(super) fn apply_confirmed_late(&mut self, sale: &Sale) -> Applied {
        self.change_booking(sale.booking, BookingState::Expired, BookingState::Confirmed)?;
        let (booking, image) = self.bookings.find(sale.booking).ok_or("no such booking")?;
        ensure(
            image.places == sale.places,
            "the booking covers other places",
        )?;
        ensure(image.buyer == sale.buyer, "the booking is somebody else's")?;
        self.take_seats(&sale.places, Holder::Booking(booking))?;
        for area in &sale.places.areas {
            self.area_with_room(*area)?;
        }
        for (section_tier, quantity) in section_tiers_of(self, &sale.places) {
            self.counts[usize::from(section_tier.0)].booked += quantity;
        }
        self.add_places(sale.buyer, sale.places.count());
        Ok(())
    }

    /// The money comes back whether the booking had expired, the places were given up before the
    /// money came, or are still pinned for a showtime that does not take place.
    pub(super) fn apply_orphaned(&mut self, id: BookingId) -> Applied {
        let (slot, booking) = self.bookings.find(id).ok_or("no such booking")?;
        ensure(!booking.was_sold(), "the booking was sold")?;
        match booking.state {
            BookingState::Pending => {
                let hold = booking.hold;
                self.bookings.get_mut(slot).state = BookingState::Orphaned;
                self.end_hold(hold, HoldEnd::Released)
            }
            BookingState::Expired | BookingState::Cancelled => {
                self.bookings.get_mut(slot).state = BookingState::Orphaned;
                Ok(())
            }
            BookingState::Orphaned | BookingState::Confirmed => Err("the money was dealt with"),
        }
    }

    pub(super) fn apply_cancelled(&mut self, cancelled: &BookingCancelled) -> Applied {
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
            let section_tier = match *place.ok_or("no such ticket")? {
                Place::Seat(seat) => self.free_seat(seat),
                Place::Area(section) => self.layout.section_tier_of_area(section),
            };
            self.touch(section_tier);
            subtract(&mut self.counts[usize::from(section_tier.0)].booked, 1)?;
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

    pub(super) fn change_booking(
        &mut self,
        id: BookingId,
        from: BookingState,
        to: BookingState,
    ) -> Applied {
        let (slot, booking) = self.bookings.find(id).ok_or("no such booking")?;
        ensure(booking.state == from, "the booking is in another state")?;
        self.bookings.get_mut(slot).state = to;
        Ok(())
    }
}

fn new_booking(sale: &Sale) -> BookingImage {
    BookingImage {
        id: sale.booking,
        hold: sale.hold,
        buyer: sale.buyer,
        places: sale.places.clone(),
        state: BookingState::Confirmed,
        cancelled_tickets: 0,
    }
}
