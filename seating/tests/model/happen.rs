//! What a decision does to the model.

use seating::entry::{Decision, Held, PaymentBegun, Sale};
use seating::ids::{BookingId, HoldId};
use seating::rejection::HoldEnd;
use seating::snapshot::{BookingState, HoldImage, HoldLife};
use seating::timestamp::Timestamp;

use crate::reference::{Booking, Model};

impl Model {
    pub(crate) fn happen(&mut self, decision: &Decision, at: Timestamp) {
        match decision {
            Decision::Opened(terms) | Decision::Reconfigured(terms) => {
                self.terms = terms.clone();
            }
            Decision::Held(held) => {
                if let Some(old) = held.replaced {
                    self.end(old, HoldEnd::Released);
                }
                self.hold_happens(held, at);
            }
            Decision::Extended { hold, expires_at } => {
                self.holds.get_mut(hold).unwrap().expires_at = *expires_at;
            }
            Decision::Released { hold, .. } => self.end(*hold, HoldEnd::Released),
            Decision::PaymentBegun(begun) => self.pin(begun),
            Decision::Confirmed(sale) => {
                self.end(sale.hold, HoldEnd::Confirmed(Some(sale.booking)));
                self.sell(sale);
            }
            Decision::ConfirmedLate(sale) => self.sell(sale),
            Decision::PaymentOrphaned { booking, .. } => {
                let orphan = self.bookings.get_mut(booking).unwrap();
                let pinned = (orphan.state == BookingState::Pending).then_some(orphan.hold);
                orphan.state = BookingState::Orphaned;
                if let Some(hold) = pinned {
                    self.end(hold, HoldEnd::Released);
                }
            }
            Decision::Expired { holds } => holds.iter().for_each(|&hold| self.expire(hold)),
            Decision::BookingCancelled(cancelled) => {
                self.cancel(cancelled.booking, &cancelled.tickets);
            }
            Decision::Blocked(change) => {
                self.blocked_seats.extend(&change.seats);
                for area in &change.areas {
                    *self.blocked_areas.entry(area.section).or_insert(0) += area.quantity;
                }
            }
            Decision::Unblocked(change) => {
                self.blocked_seats
                    .retain(|seat| !change.seats.contains(seat));
                for area in &change.areas {
                    *self.blocked_areas.get_mut(&area.section).unwrap() -= area.quantity;
                }
            }
        }
    }

    fn hold_happens(&mut self, held: &Held, at: Timestamp) {
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

    fn pin(&mut self, begun: &PaymentBegun) {
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

    fn end(&mut self, id: HoldId, how: HoldEnd) {
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

    fn expire(&mut self, id: HoldId) {
        if let HoldLife::Pinned(booking) = self.holds[&id].life {
            self.bookings.get_mut(&booking).unwrap().state = BookingState::Expired;
        }
        self.end(id, HoldEnd::Expired);
    }

    fn sell(&mut self, sale: &Sale) {
        let booking = Booking {
            hold: sale.hold,
            buyer: sale.buyer,
            places: sale.places.clone(),
            state: BookingState::Confirmed,
            cancelled: [].into(),
        };
        self.bookings.insert(sale.booking, booking);
    }

    fn cancel(&mut self, id: BookingId, tickets: &[u8]) {
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
