//! Paying, confirming and cancelling.

use crate::bookings::ticket_bit;
use crate::command::{Confirm, Party, Role, TicketStock};
use crate::event::{BookingCancelled, Event, PaymentBegun, Sale};
use crate::ids::{BookingId, HoldId};
use crate::limits::PAYMENT_SECONDS_MAX;
use crate::places::{Place, Places};
use crate::rejection::{PlaceStatus, Rejection};
use crate::seat_map::SeatMap;
use crate::seat_map::decide::{invalid, valid_text};
use crate::snapshot::{BookingImage, BookingState, HoldLife};
use crate::timestamp::Timestamp;

/// A payment that came after its pin may have lapsed.
pub(super) struct LatePayment<'a> {
    pub(super) tickets: &'a TicketStock,
    pub(super) payment_reference: Option<&'a String>,
    /// Whether there is still a showtime to sell places of.
    pub(super) takes_place: bool,
}

impl SeatMap {
    pub(super) fn decide_begin_payment(
        &self,
        (id, booking): (HoldId, BookingId),
        by: Party,
        seconds: u32,
        now: Timestamp,
    ) -> Result<Event, Rejection> {
        let (_, hold) = self.unpinned_hold(id, by)?;
        if !(1..=PAYMENT_SECONDS_MAX).contains(&seconds) {
            let bounds = format!("must be from 1 to {PAYMENT_SECONDS_MAX}");
            return Err(invalid("seconds", bounds));
        }
        self.check_new_booking(booking)?;
        Ok(Event::PaymentBegun(PaymentBegun {
            hold: id,
            booking,
            buyer: hold.buyer,
            places: hold.places.clone(),
            // Beginning to pay never shortens what the hold promised.
            pay_by: now.plus_seconds(seconds).max(hold.expires_at),
        }))
    }

    pub(super) fn decide_confirm(&self, confirm: &Confirm) -> Result<Event, Rejection> {
        let (_, hold) = self.live_hold(confirm.hold, confirm.by)?;
        match hold.life {
            HoldLife::Pinned(booking) if booking != confirm.booking => {
                return Err(Rejection::HoldPinned);
            }
            HoldLife::Pinned(_) => {}
            HoldLife::Held | HoldLife::Ended(_) => self.check_new_booking(confirm.booking)?,
        }
        if confirm.by.role == Role::Buyer && hold.places.total(&self.layout) > 0 {
            return Err(Rejection::PaymentRequired);
        }
        let reference = confirm.payment_reference.as_ref();
        reference.map_or(Ok(()), |text| valid_text("payment_reference", text))?;
        Ok(Event::Confirmed(Sale {
            booking: confirm.booking,
            hold: confirm.hold,
            buyer: hold.buyer,
            places: hold.places.clone(),
            tickets: tickets_for(&hold.places, &confirm.tickets),
            payment_reference: confirm.payment_reference.clone(),
        }))
    }

    /// A payment that came while its pin still stood confirms as usual.
    pub(super) fn decide_confirm_late(
        &self,
        id: BookingId,
        late: &LatePayment<'_>,
    ) -> Result<Event, Rejection> {
        let (_, booking) = self.bookings.find(id).ok_or(Rejection::BookingNotFound)?;
        let reference = late.payment_reference;
        reference.map_or(Ok(()), |text| valid_text("payment_reference", text))?;
        let sale = |booking: &BookingImage| Sale {
            booking: id,
            hold: booking.hold,
            buyer: booking.buyer,
            places: booking.places.clone(),
            tickets: tickets_for(&booking.places, late.tickets),
            payment_reference: reference.cloned(),
        };
        match booking.state {
            BookingState::Pending if late.takes_place => Ok(Event::Confirmed(sale(booking))),
            BookingState::Lapsed if late.takes_place && self.all_free(&booking.places) => {
                Ok(Event::ConfirmedLate(sale(booking)))
            }
            BookingState::Cancelled if booking.was_sold() => Err(Rejection::BookingState {
                state: booking.state.as_str(),
            }),
            BookingState::Pending | BookingState::Lapsed | BookingState::Cancelled => {
                Ok(Event::PaymentOrphaned {
                    booking: id,
                    payment_reference: reference.cloned(),
                })
            }
            BookingState::Orphaned | BookingState::Confirmed => Err(Rejection::BookingState {
                state: booking.state.as_str(),
            }),
        }
    }

    pub(super) fn decide_cancel(
        &self,
        id: BookingId,
        by: Party,
        tickets: Option<&[u8]>,
    ) -> Result<Event, Rejection> {
        let found = self.bookings.find(id).map(|(_, booking)| booking);
        let own = |booking: &&BookingImage| by.role == Role::House || booking.buyer == by.buyer;
        let booking = found.filter(own).ok_or(Rejection::BookingNotFound)?;
        let tickets = match booking.state {
            BookingState::Pending if tickets.is_some() => {
                return Err(invalid("tickets", "a pending booking has no tickets yet"));
            }
            BookingState::Pending => Vec::new(),
            BookingState::Confirmed => tickets_to_cancel(booking, tickets)?,
            BookingState::Lapsed | BookingState::Orphaned | BookingState::Cancelled => {
                return Err(Rejection::BookingState {
                    state: booking.state.as_str(),
                });
            }
        };
        Ok(Event::BookingCancelled(BookingCancelled {
            booking: id,
            whole: tickets.len() == booking.live_tickets().count(),
            refund_minor_units: self.price_of(booking, &tickets),
            tickets,
            by_house: booking.buyer != by.buyer,
        }))
    }

    fn check_new_booking(&self, id: BookingId) -> Result<(), Rejection> {
        if self.bookings.find(id).is_some() {
            return Err(Rejection::IdInUse(id.uuid()));
        }
        Ok(())
    }

    fn all_free(&self, places: &Places) -> bool {
        let free = |seat| self.seat(seat).0 == PlaceStatus::Available;
        let areas = &places.areas;
        places.seats.iter().all(|&seat| free(seat))
            && areas
                .iter()
                .all(|area| self.available_in(self.layout.area_cell(area.section)) >= area.quantity)
    }

    fn price_of(&self, booking: &BookingImage, tickets: &[u8]) -> i64 {
        let places = booking.places.iter().zip(1_u8..);
        let chosen = places.filter(|(_, number)| tickets.contains(number));
        chosen
            .map(|(place, _)| match place {
                Place::Seat(seat) => self.layout.cell_price(self.layout.cell_of(seat)),
                Place::Area(section) => self.layout.cell_price(self.layout.area_cell(section)),
            })
            .sum()
    }
}

fn tickets_for(
    places: &Places,
    stock: &TicketStock,
) -> Vec<(crate::ids::TicketId, crate::ids::TicketCode)> {
    stock
        .iter()
        .copied()
        .take(places.count() as usize)
        .collect()
}

fn tickets_to_cancel(booking: &BookingImage, wanted: Option<&[u8]>) -> Result<Vec<u8>, Rejection> {
    let live: Vec<u8> = booking.live_tickets().collect();
    let Some(wanted) = wanted else {
        return Ok(live);
    };
    if wanted.is_empty() {
        return Err(invalid("tickets", "must name at least one ticket"));
    }
    let mut seen = 0_u16;
    for &number in wanted {
        if !live.contains(&number) {
            return Err(invalid(
                "tickets",
                format!("there is no live ticket {number}"),
            ));
        }
        if seen & ticket_bit(number) != 0 {
            return Err(invalid(
                "tickets",
                format!("ticket {number} is there twice"),
            ));
        }
        seen |= ticket_bit(number);
    }
    Ok(live
        .into_iter()
        .filter(|&number| seen & ticket_bit(number) != 0)
        .collect())
}
