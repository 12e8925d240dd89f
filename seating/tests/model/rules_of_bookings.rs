//! Whether a hold may be paid, sold or cancelled.

use seating::command::{Confirm, Party, Role, TicketStock};
use seating::entry::{BookingCancelled, Decision, PaymentBegun, Sale};
use seating::ids::{BookingId, HoldId, TicketCode, TicketId};
use seating::places::Places;
use seating::rejection::{Field, PlaceStatus, Rejection};
use seating::sale_terms::SaleStatus;
use seating::snapshot::{BookingState, HoldLife};
use seating::timestamp::Timestamp;

use crate::reference::Model;
use crate::rules_of_holds::invalid;

impl Model {
    pub(crate) fn begin_payment(
        &self,
        id: HoldId,
        by: Party,
        booking: BookingId,
        pay_by: Option<Timestamp>,
    ) -> Result<Decision, Rejection> {
        self.running()?;
        let hold = self.unpinned(id, by)?;
        let pay_by = pay_by.ok_or_else(|| invalid(Field::Seconds))?;
        if self.bookings.contains_key(&booking) {
            return Err(Rejection::IdInUse(booking.uuid()));
        }
        Ok(Decision::PaymentBegun(PaymentBegun {
            hold: id,
            booking,
            buyer: hold.buyer,
            places: hold.places.clone(),
            pay_by: pay_by.max(hold.expires_at),
        }))
    }

    pub(crate) fn confirm(&self, confirm: &Confirm) -> Result<Decision, Rejection> {
        self.running()?;
        let hold = self.live(confirm.hold, confirm.by)?;
        match hold.life {
            HoldLife::Pinned(booking) => {
                if booking != confirm.booking {
                    return Err(Rejection::HoldPinned);
                }
            }
            HoldLife::Held | HoldLife::Ended(_) => {
                if self.bookings.contains_key(&confirm.booking) {
                    return Err(Rejection::IdInUse(confirm.booking.uuid()));
                }
            }
        }
        let total: i64 = hold.places.iter().map(|place| self.price(place)).sum();
        if confirm.by.role == Role::Buyer && total > 0 {
            return Err(Rejection::PaymentRequired);
        }
        printable(
            Field::PaymentReference,
            confirm.payment_reference.as_deref(),
        )?;
        Ok(Decision::Confirmed(Sale {
            booking: confirm.booking,
            hold: confirm.hold,
            buyer: hold.buyer,
            places: hold.places.clone(),
            tickets: one_each(&hold.places, &confirm.tickets),
            payment_reference: confirm.payment_reference.clone(),
        }))
    }

    pub(crate) fn settle_payment(
        &self,
        id: BookingId,
        tickets: &TicketStock,
        payment_reference: Option<&String>,
    ) -> Result<Decision, Rejection> {
        let booking = self.bookings.get(&id).ok_or(Rejection::BookingNotFound)?;
        printable(
            Field::PaymentReference,
            payment_reference.map(String::as_str),
        )?;
        let sale = Sale {
            booking: id,
            hold: booking.hold,
            buyer: booking.buyer,
            places: booking.places.clone(),
            tickets: one_each(&booking.places, tickets),
            payment_reference: payment_reference.cloned(),
        };
        let free = |places: &Places| {
            let seats = places.seats.iter();
            let mut areas = places.areas.iter();
            seats
                .map(|&seat| self.seat(seat).0)
                .all(|s| s == PlaceStatus::Available)
                && areas.all(|area| self.area_available(area.section) >= area.quantity)
        };
        match booking.state {
            BookingState::Pending if self.terms.status != SaleStatus::Cancelled => {
                Ok(Decision::Confirmed(sale))
            }
            BookingState::Expired
                if self.terms.status != SaleStatus::Cancelled && free(&booking.places) =>
            {
                Ok(Decision::ConfirmedLate(sale))
            }
            BookingState::Cancelled if !booking.cancelled.is_empty() => {
                let state = booking.state.as_str();
                Err(Rejection::BookingState { state })
            }
            BookingState::Pending | BookingState::Expired | BookingState::Cancelled => {
                Ok(Decision::PaymentOrphaned {
                    booking: id,
                    payment_reference: payment_reference.cloned(),
                })
            }
            BookingState::Orphaned | BookingState::Confirmed => {
                let state = booking.state.as_str();
                Err(Rejection::BookingState { state })
            }
        }
    }

    pub(crate) fn cancel_booking(
        &self,
        id: BookingId,
        by: Party,
        wanted: Option<&[u8]>,
    ) -> Result<Decision, Rejection> {
        let booking = self.bookings.get(&id).ok_or(Rejection::BookingNotFound)?;
        if by.role == Role::Buyer && by.buyer != booking.buyer {
            return Err(Rejection::BookingNotFound);
        }
        let cancellable = [BookingState::Pending, BookingState::Confirmed];
        if !cancellable.contains(&booking.state) {
            let state = booking.state.as_str();
            return Err(Rejection::BookingState { state });
        }
        let live = Self::live_tickets(booking);
        let chosen: Vec<_> = match wanted {
            Some(wanted) => {
                let chosen = live.iter().filter(|(number, _)| wanted.contains(number));
                let chosen: Vec<_> = chosen.copied().collect();
                if wanted.is_empty() || chosen.len() != wanted.len() {
                    return Err(invalid(Field::Tickets));
                }
                chosen
            }
            None => live.clone(),
        };
        Ok(Decision::BookingCancelled(BookingCancelled {
            booking: id,
            tickets: chosen.iter().map(|(number, _)| *number).collect(),
            whole: chosen.len() == live.len(),
            refund_minor_units: chosen.iter().map(|(_, place)| self.price(*place)).sum(),
            by_staff: by.buyer != booking.buyer,
        }))
    }
}

fn one_each(places: &Places, stock: &TicketStock) -> Vec<(TicketId, TicketCode)> {
    places
        .iter()
        .zip(stock)
        .map(|(_, ticket)| *ticket)
        .collect()
}

pub(crate) fn printable(field: Field, text: Option<&str>) -> Result<(), Rejection> {
    let text = text.unwrap_or_default();
    if text.len() > 500 || text.chars().any(char::is_control) {
        return Err(invalid(field));
    }
    Ok(())
}
