//! Pinning a hold for a booking while it is paid.

use crate::command::Party;
use crate::entry::{Decision, PaymentBegun};
use crate::ids::{BookingId, HoldId};
use crate::limits::PAYMENT_SECONDS_MAX;
use crate::rejection::{Field, Rejection, invalid};
use crate::seat_map::SeatMap;
use crate::timestamp::Timestamp;

impl SeatMap {
    pub(super) fn decide_begin_payment(
        &self,
        (id, booking): (HoldId, BookingId),
        by: Party,
        seconds: u32,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let (_, hold) = self.unpinned_hold(id, by)?;
        if !(1..=PAYMENT_SECONDS_MAX).contains(&seconds) {
            let bounds = format!("must be from 1 to {PAYMENT_SECONDS_MAX}");
            return Err(invalid(Field::Seconds, bounds));
        }
        self.check_new_booking(booking)?;
        Ok(Decision::PaymentBegun(PaymentBegun {
            hold: id,
            booking,
            buyer: hold.buyer,
            places: hold.places.clone(),
            // Beginning to pay never shortens what the hold promised.
            pay_by: now.plus_seconds(seconds).max(hold.expires_at),
        }))
    }
}
