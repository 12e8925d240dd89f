//! Which terms may be, and which may follow which.

use super::{SaleStatus, SaleTerms};
use crate::limits::{CALENDAR, HOLD_TTL_SECONDS_MAX, HOLD_TTL_SECONDS_MIN, PLACES_PER_BUYER_MAX};
use crate::rejection::{Field, Rejection, invalid};

impl SaleTerms {
    /// Checks every bound.
    ///
    /// # Errors
    ///
    /// [`Rejection::Invalid`] for the first of the [faults](Self::faults).
    pub fn validate(&self) -> Result<(), Rejection> {
        let first = self.faults().into_iter().next();
        first.map_or(Ok(()), |(field, reason)| Err(invalid(field, reason)))
    }

    /// Every field that breaks its bound, with the bound. A field that breaks one of its own is not
    /// compared with others.
    pub fn faults(&self) -> Vec<(Field, String)> {
        let mut faults = Vec::new();
        if !(1..=PLACES_PER_BUYER_MAX).contains(&self.max_per_buyer) {
            let sent = self.max_per_buyer;
            let bounds = format!("must be from 1 to {PLACES_PER_BUYER_MAX}, not {sent}");
            faults.push((Field::MaxPerBuyer, bounds));
        }
        self.faults_of_ttls(&mut faults);
        self.faults_of_times(&mut faults);
        faults
    }

    fn faults_of_ttls(&self, faults: &mut Vec<(Field, String)>) {
        let (usual, longest) = (self.hold_ttl_seconds, self.hold_ttl_max_seconds);
        let mut comparable = true;
        for (field, seconds) in [
            (Field::HoldTtlSeconds, usual),
            (Field::HoldTtlMaxSeconds, longest),
        ] {
            if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&seconds) {
                let bounds = format!(
                    "must be from {HOLD_TTL_SECONDS_MIN} to {HOLD_TTL_SECONDS_MAX}, not {seconds}"
                );
                faults.push((field, bounds));
                comparable = false;
            }
        }
        if comparable && usual > longest {
            let bounds = format!("{usual} is more than hold_ttl_max_seconds, which is {longest}");
            faults.push((Field::HoldTtlSeconds, bounds));
        }
    }

    fn faults_of_times(&self, faults: &mut Vec<(Field, String)>) {
        let window = self.on_sale_from.zip(self.on_sale_until);
        let backwards = window.is_some_and(|(from, until)| from >= until);
        if backwards {
            faults.push((
                Field::OnSaleUntil,
                "must be later than on_sale_from".to_owned(),
            ));
        }
        for (field, time) in [
            (Field::OnSaleFrom, self.on_sale_from),
            (Field::OnSaleUntil, self.on_sale_until),
        ] {
            let told = backwards && field == Field::OnSaleUntil;
            if !told && time.is_some_and(|time| !CALENDAR.contains(&time)) {
                faults.push((field, "must be in the years 1970 to 9999".to_owned()));
            }
        }
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
