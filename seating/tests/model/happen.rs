//! What a decision does to the model.

use seating::entry::{Held, PaymentBegun, Sale};
use seating::ids::{BookingId, HoldId};
use seating::rejection::HoldEnd;
use seating::snapshot::{BookingState, HoldImage, HoldLife};
use seating::timestamp::Timestamp;

use crate::reference::{Booking, Model};

impl Model {
    pub(crate) fn hold_happens(&mut self, held: &Held, at: Timestamp) {
        let image = HoldImage {
            id: held.hold,
            buyer: held.buyer,
            places: held.places.clone(),
            began_at: held.began_at.unwrap_or(at),
            expires_at: held.expires_at,
            life: HoldLife::Held,
            from_blocked: held.from_blocked.clone(),
        };
        if let Some(blocked) = &held.from_blocked {
            self.blocked_seats
                .retain(|seat| !blocked.seats.contains(seat));
            for area in &blocked.areas {
                *self.blocked_areas.get_mut(&area.section).unwrap() -= area.quantity;
            }
        }
        self.holds.insert(held.hold, image);
    }

    pub(crate) fn pin(&mut self, begun: &PaymentBegun) {
        let hold = self.holds.get_mut(&begun.hold).unwrap();
        hold.life = HoldLife::Pinned(begun.booking);
        hold.expires_at = begun.pay_by;
        let booking = Booking {
            hold: begun.hold,
            buyer: begun.buyer,
            places: begun.places.clone(),
            state: BookingState::Pending,
            cancelled: [].into(),
        };
        self.bookings.insert(begun.booking, booking);
    }

    pub(crate) fn end(&mut self, id: HoldId, how: HoldEnd) {
        let hold = self.holds.get_mut(&id).unwrap();
        hold.life = HoldLife::Ended(how);
        self.ended.push(id);
        let blocked = hold.from_blocked.take();
        if let Some(blocked) = blocked.filter(|_| !matches!(how, HoldEnd::Confirmed(_))) {
            self.blocked_seats.extend(&blocked.seats);
            for area in &blocked.areas {
                *self.blocked_areas.entry(area.section).or_insert(0) += area.quantity;
            }
        }
    }

    pub(crate) fn expire(&mut self, id: HoldId) {
        if let HoldLife::Pinned(booking) = self.holds[&id].life {
            self.bookings.get_mut(&booking).unwrap().state = BookingState::Expired;
        }
        self.end(id, HoldEnd::Expired);
    }

    pub(crate) fn sell(&mut self, sale: &Sale) {
        let booking = Booking {
            hold: sale.hold,
            buyer: sale.buyer,
            places: sale.places.clone(),
            state: BookingState::Confirmed,
            cancelled: [].into(),
        };
        self.bookings.insert(sale.booking, booking);
    }

    pub(crate) fn cancel(&mut self, id: BookingId, tickets: &[u8]) {
        let booking = self.bookings.get_mut(&id).unwrap();
        let hold = booking.hold;
        if booking.state == BookingState::Pending {
            booking.state = BookingState::Cancelled;
            return self.end(hold, HoldEnd::Released);
        }
        booking.cancelled.extend(tickets);
        if booking.cancelled.len() == booking.places.count() as usize {
            booking.state = BookingState::Cancelled;
        }
    }
}
