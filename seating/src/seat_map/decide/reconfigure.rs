//! Changing the sale's terms.

use crate::command::SaleTermsChange;
use crate::entry::Decision;
use crate::rejection::Rejection;
use crate::sale_terms::SaleTerms;
use crate::seat_map::SeatMap;

impl SeatMap {
    /// A change that changes nothing records nothing.
    pub(super) fn decide_reconfigure(
        terms: &SaleTerms,
        change: &SaleTermsChange,
    ) -> Result<Option<Decision>, Rejection> {
        let next = SaleTerms {
            on_sale_from: change.on_sale_from.unwrap_or(terms.on_sale_from),
            on_sale_until: change.on_sale_until.unwrap_or(terms.on_sale_until),
            max_per_buyer: change.max_per_buyer.unwrap_or(terms.max_per_buyer),
            hold_ttl_seconds: change.hold_ttl_seconds.unwrap_or(terms.hold_ttl_seconds),
            hold_ttl_max_seconds: (change.hold_ttl_max_seconds)
                .unwrap_or(terms.hold_ttl_max_seconds),
            gap_rule: change.gap_rule.unwrap_or(terms.gap_rule),
            status: change.status.unwrap_or(terms.status),
        };
        if next == *terms {
            return Ok(None);
        }
        terms.check_change(&next)?;
        next.validate()?;
        Ok(Some(Decision::Reconfigured(next)))
    }
}
