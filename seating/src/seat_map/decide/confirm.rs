//! Turning a hold into sold places.

use super::checks::{tickets_for, valid_text};
use crate::command::{Confirm, Role};
use crate::entry::{Decision, Sale};
use crate::rejection::{Field, Rejection};
use crate::seat_map::SeatMap;
use crate::snapshot::HoldLife;

impl SeatMap {
    pub(super) fn decide_confirm(&self, confirm: &Confirm) -> Result<Decision, Rejection> {
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
        reference.map_or(Ok(()), |text| valid_text(Field::PaymentReference, text))?;
        Ok(Decision::Confirmed(Sale {
            booking: confirm.booking,
            hold: confirm.hold,
            buyer: hold.buyer,
            places: hold.places.clone(),
            tickets: tickets_for(&hold.places, &confirm.tickets),
            payment_reference: confirm.payment_reference.clone(),
        }))
    }
}
