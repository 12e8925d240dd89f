//! The sale's terms.

use seating::sale_terms::{GapRule, SaleStatus, SaleTerms, hold_ttl_max_usual};
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{Form, Member, Second};

/// Mirrors [`SaleTerms`].
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct SaleTermsRecord<F: Form> {
    on_sale_from: Option<i64>,
    on_sale_until: Option<i64>,
    max_per_buyer: u32,
    hold_ttl_seconds: u32,
    gap_rule: GapRuleRecord,
    status: SaleStatusRecord,
    hold_ttl_max_seconds: F::TtlMax,
}

#[derive(Serialize, Deserialize)]
enum GapRuleRecord {
    Off,
    Lenient,
    Strict,
}

#[derive(Serialize, Deserialize)]
enum SaleStatusRecord {
    Open,
    Paused,
    Cancelled,
    Draft,
}

impl SaleTermsRecord<Second> {
    pub(super) fn of(terms: &SaleTerms) -> Self {
        Self {
            on_sale_from: terms.on_sale_from.map(Timestamp::unix_micros),
            on_sale_until: terms.on_sale_until.map(Timestamp::unix_micros),
            max_per_buyer: terms.max_per_buyer,
            hold_ttl_seconds: terms.hold_ttl_seconds,
            gap_rule: match terms.gap_rule {
                GapRule::Off => GapRuleRecord::Off,
                GapRule::Lenient => GapRuleRecord::Lenient,
                GapRule::Strict => GapRuleRecord::Strict,
            },
            status: match terms.status {
                SaleStatus::Draft => SaleStatusRecord::Draft,
                SaleStatus::Open => SaleStatusRecord::Open,
                SaleStatus::Paused => SaleStatusRecord::Paused,
                SaleStatus::Cancelled => SaleStatusRecord::Cancelled,
            },
            hold_ttl_max_seconds: terms.hold_ttl_max_seconds,
        }
    }
}

impl<F: Form> SaleTermsRecord<F> {
    pub(super) fn restore(self) -> SaleTerms {
        let ttl_max = self.hold_ttl_max_seconds.get();
        SaleTerms {
            on_sale_from: self.on_sale_from.map(Timestamp::from_unix_micros),
            on_sale_until: self.on_sale_until.map(Timestamp::from_unix_micros),
            max_per_buyer: self.max_per_buyer,
            hold_ttl_seconds: self.hold_ttl_seconds,
            hold_ttl_max_seconds: ttl_max
                .unwrap_or_else(|| hold_ttl_max_usual(self.hold_ttl_seconds)),
            gap_rule: match self.gap_rule {
                GapRuleRecord::Off => GapRule::Off,
                GapRuleRecord::Lenient => GapRule::Lenient,
                GapRuleRecord::Strict => GapRule::Strict,
            },
            status: match self.status {
                SaleStatusRecord::Draft => SaleStatus::Draft,
                SaleStatusRecord::Open => SaleStatus::Open,
                SaleStatusRecord::Paused => SaleStatus::Paused,
                SaleStatusRecord::Cancelled => SaleStatus::Cancelled,
            },
        }
    }
}
