//! Cancelling a booking, or some of its tickets.

use crate::command::{Party, Role};
use crate::entry::{BookingCancelled, Decision};
use crate::ids::BookingId;
use crate::places::Place;
use crate::rejection::{Field, Rejection, invalid};
use crate::seat_map::SeatMap;
use crate::seat_map::bookings::ticket_bit;
use crate::snapshot::{BookingImage, BookingState};

impl SeatMap {
    pub(super) fn decide_cancel(
        &self,
        id: BookingId,
        by: Party,
        tickets: Option<&[u8]>,
    ) -> Result<Decision, Rejection> {
        let found = self.bookings.find(id).map(|(_, booking)| booking);
        let own = |booking: &&BookingImage| by.role == Role::Staff || booking.buyer == by.buyer;
        let booking = found.filter(own).ok_or(Rejection::BookingNotFound)?;
        let tickets = match booking.state {
            BookingState::Pending if tickets.is_some() => {
                return Err(invalid(
                    Field::Tickets,
                    "a pending booking has no tickets yet",
                ));
            }
            BookingState::Pending => Vec::new(),
            BookingState::Confirmed => tickets_to_cancel(booking, tickets)?,
            BookingState::Expired | BookingState::Orphaned | BookingState::Cancelled => {
                return Err(Rejection::BookingState {
                    state: booking.state.as_str(),
                });
            }
        };
        Ok(Decision::BookingCancelled(BookingCancelled {
            booking: id,
            whole: tickets.len() == booking.live_tickets().count(),
            refund_minor_units: self.price_of(booking, &tickets),
            tickets,
            by_staff: booking.buyer != by.buyer,
        }))
    }

    fn price_of(&self, booking: &BookingImage, tickets: &[u8]) -> i64 {
        let places = booking.places.iter().zip(1_u8..);
        let chosen = places.filter(|(_, number)| tickets.contains(number));
        chosen
            .map(|(place, _)| match place {
                Place::Seat(seat) => self.layout.price_of(self.layout.section_tier_of(seat)),
                Place::Area(section) => self
                    .layout
                    .price_of(self.layout.section_tier_of_area(section)),
            })
            .sum()
    }
}

fn tickets_to_cancel(booking: &BookingImage, wanted: Option<&[u8]>) -> Result<Vec<u8>, Rejection> {
    let live: Vec<u8> = booking.live_tickets().collect();
    let Some(wanted) = wanted else {
        return Ok(live);
    };
    if wanted.is_empty() {
        return Err(invalid(Field::Tickets, "must name at least one ticket"));
    }
    let mut seen = 0_u16;
    for &number in wanted {
        if !live.contains(&number) {
            return Err(invalid(
                Field::Tickets,
                format!("there is no live ticket {number}"),
            ));
        }
        if seen & ticket_bit(number) != 0 {
            return Err(invalid(
                Field::Tickets,
                format!("ticket {number} is a duplicate"),
            ));
        }
        seen |= ticket_bit(number);
    }
    Ok(live
        .into_iter()
        .filter(|&number| seen & ticket_bit(number) != 0)
        .collect())
}
