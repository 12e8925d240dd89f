//! Which terms may be, and which may follow which.

use super::{SaleStatus, SaleTerms};
use crate::limits::{CALENDAR, HOLD_TTL_SECONDS_MAX, HOLD_TTL_SECONDS_MIN, PLACES_PER_BUYER_MAX};
use crate::rejection::{Rejection, invalid};

impl SaleTerms {
    /// Checks every bound, naming the field that breaks one.
    ///
    /// # Errors
    ///
    /// [`Rejection::Invalid`] for the first field that breaks its bound.
    pub fn validate(&self) -> Result<(), Rejection> {
        if !(1..=PLACES_PER_BUYER_MAX).contains(&self.max_per_buyer) {
            let sent = self.max_per_buyer;
            let bounds = format!("must be from 1 to {PLACES_PER_BUYER_MAX}, not {sent}");
            return Err(invalid("max_per_buyer", bounds));
        }
        if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&self.hold_ttl_seconds) {
            return Err(invalid(
                "hold_ttl_seconds",
                ttl_bounds(self.hold_ttl_seconds),
            ));
        }
        let (usual, longest) = (self.hold_ttl_seconds, self.hold_ttl_max_seconds);
        if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&longest) {
            return Err(invalid("hold_ttl_max_seconds", ttl_bounds(longest)));
        }
        if usual > longest {
            let bounds = format!("{usual} is more than hold_ttl_max_seconds, which is {longest}");
            return Err(invalid("hold_ttl_seconds", bounds));
        }
        let backwards = self
            .on_sale_from
            .zip(self.on_sale_until)
            .is_some_and(|(a, b)| a >= b);
        if backwards {
            return Err(invalid("on_sale_until", "must be later than on_sale_from"));
        }
        for (field, time) in [
            ("on_sale_from", self.on_sale_from),
            ("on_sale_until", self.on_sale_until),
        ] {
            if time.is_some_and(|time| !CALENDAR.contains(&time)) {
                return Err(invalid(field, "must be in the years 1970 to 9999"));
            }
        }
        Ok(())
    }

    /// Whether these terms may become those.
    pub(crate) fn check_change(&self, next: &Self) -> Result<(), Rejection> {
        let status = self.status;
        let what = match (status, next.status) {
            (SaleStatus::Cancelled, _) => "cannot be changed any more",
            (SaleStatus::Open | SaleStatus::Paused, SaleStatus::Draft) => "cannot be a draft again",
            (SaleStatus::Draft, SaleStatus::Paused) => "cannot be paused before it is published",
            // A cancellation is public, and a draft never was.
            (SaleStatus::Draft, SaleStatus::Cancelled) => {
                "was never announced, so there is nothing to cancel: leave it a draft"
            }
            (SaleStatus::Draft, SaleStatus::Draft | SaleStatus::Open)
            | (
                SaleStatus::Open | SaleStatus::Paused,
                SaleStatus::Open | SaleStatus::Paused | SaleStatus::Cancelled,
            ) => return Ok(()),
        };
        Err(Rejection::ShowtimeState { status, what })
    }
}

fn ttl_bounds(sent: u32) -> String {
    format!("must be from {HOLD_TTL_SECONDS_MIN} to {HOLD_TTL_SECONDS_MAX}, not {sent}")
}
