//! Settling the payment for a pin, which may have expired meanwhile.

use super::checks::{tickets_for, valid_text};
use crate::command::TicketStock;
use crate::entry::{Decision, Sale};
use crate::ids::BookingId;
use crate::places::Places;
use crate::rejection::{Field, PlaceStatus, Rejection};
use crate::seat_map::SeatMap;
use crate::snapshot::{BookingImage, BookingState};

/// A payment that was made.
pub(super) struct Payment<'a> {
    pub(super) tickets: &'a TicketStock,
    pub(super) reference: Option<&'a String>,
    /// Whether there is still a showtime to sell places of.
    pub(super) takes_place: bool,
}

impl SeatMap {
    /// In time it confirms as usual. Late it gets its places back if all of them are still free,
    /// and otherwise the money must go back.
    pub(super) fn decide_settle_payment(
        &self,
        id: BookingId,
        payment: &Payment<'_>,
    ) -> Result<Decision, Rejection> {
        let (_, booking) = self.bookings.find(id).ok_or(Rejection::BookingNotFound)?;
        let reference = payment.reference;
        reference.map_or(Ok(()), |text| valid_text(Field::PaymentReference, text))?;
        let sale = |booking: &BookingImage| Sale {
            booking: id,
            hold: booking.hold,
            buyer: booking.buyer,
            places: booking.places.clone(),
            tickets: tickets_for(&booking.places, payment.tickets),
            payment_reference: reference.cloned(),
        };
        match booking.state {
            BookingState::Pending if payment.takes_place => Ok(Decision::Confirmed(sale(booking))),
            BookingState::Expired if payment.takes_place && self.all_free(&booking.places) => {
                Ok(Decision::ConfirmedLate(sale(booking)))
            }
            BookingState::Cancelled if booking.was_sold() => Err(Rejection::BookingState {
                state: booking.state.as_str(),
            }),
            BookingState::Pending | BookingState::Expired | BookingState::Cancelled => {
                Ok(Decision::PaymentOrphaned {
                    booking: id,
                    payment_reference: reference.cloned(),
                })
            }
            BookingState::Orphaned | BookingState::Confirmed => Err(Rejection::BookingState {
                state: booking.state.as_str(),
            }),
        }
    }

    fn all_free(&self, places: &Places) -> bool {
        let free = |seat| self.seat(seat).0 == PlaceStatus::Available;
        let areas = &places.areas;
        places.seats.iter().all(|&seat| free(seat))
            && areas.iter().all(|area| {
                self.available_in(self.layout.section_tier_of_area(area.section)) >= area.quantity
            })
    }
}
