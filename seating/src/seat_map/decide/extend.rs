//! Moving a hold's deadline later.

use super::checks::ttl_max;
use crate::command::{Party, Role};
use crate::entry::Decision;
use crate::ids::HoldId;
use crate::limits::HOLD_TTL_SECONDS_MAX;
use crate::rejection::{Field, Rejection, invalid};
use crate::sale_terms::SaleTerms;
use crate::seat_map::SeatMap;

impl SeatMap {
    pub(super) fn decide_extend(
        &self,
        id: HoldId,
        by: Party,
        seconds: u32,
        terms: &SaleTerms,
    ) -> Result<Decision, Rejection> {
        // Only its buyer extends a hold: staff have no reason to keep it from others.
        let (_, hold) = self.unpinned_hold(
            id,
            Party {
                role: Role::Buyer,
                ..by
            },
        )?;
        if !(1..=HOLD_TTL_SECONDS_MAX).contains(&seconds) {
            let bounds = format!("must be from 1 to {HOLD_TTL_SECONDS_MAX}, not {seconds}");
            return Err(invalid(Field::Seconds, bounds));
        }
        let limit_seconds = ttl_max(terms, by.role);
        let expires_at = hold.expires_at.plus_seconds(seconds);
        if expires_at > hold.began_at.plus_seconds(limit_seconds) {
            return Err(Rejection::CannotExtend { limit_seconds });
        }
        Ok(Decision::Extended {
            hold: id,
            expires_at,
        })
    }
}
