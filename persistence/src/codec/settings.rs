//! The sale's terms.

use seating::settings::{GapRule, SaleStatus, Settings};
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::wire::Wire;

/// Mirrors [`Settings`].
#[derive(Serialize, Deserialize)]
pub(super) struct SettingsRecord {
    on_sale_from: Option<i64>,
    on_sale_until: Option<i64>,
    max_per_buyer: u32,
    hold_ttl_seconds: u32,
    gap_rule: GapRuleRecord,
    status: SaleStatusRecord,
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
}

impl Wire for Settings {
    type Record<'a> = SettingsRecord;

    fn record(&self) -> SettingsRecord {
        SettingsRecord {
            on_sale_from: self.on_sale_from.map(Timestamp::unix_micros),
            on_sale_until: self.on_sale_until.map(Timestamp::unix_micros),
            max_per_buyer: self.max_per_buyer,
            hold_ttl_seconds: self.hold_ttl_seconds,
            gap_rule: match self.gap_rule {
                GapRule::Off => GapRuleRecord::Off,
                GapRule::Lenient => GapRuleRecord::Lenient,
                GapRule::Strict => GapRuleRecord::Strict,
            },
            status: match self.status {
                SaleStatus::Open => SaleStatusRecord::Open,
                SaleStatus::Paused => SaleStatusRecord::Paused,
                SaleStatus::Cancelled => SaleStatusRecord::Cancelled,
            },
        }
    }

    fn restore(record: SettingsRecord) -> Self {
        Self {
            on_sale_from: record.on_sale_from.map(Timestamp::from_unix_micros),
            on_sale_until: record.on_sale_until.map(Timestamp::from_unix_micros),
            max_per_buyer: record.max_per_buyer,
            hold_ttl_seconds: record.hold_ttl_seconds,
            gap_rule: match record.gap_rule {
                GapRuleRecord::Off => GapRule::Off,
                GapRuleRecord::Lenient => GapRule::Lenient,
                GapRuleRecord::Strict => GapRule::Strict,
            },
            status: match record.status {
                SaleStatusRecord::Open => SaleStatus::Open,
                SaleStatusRecord::Paused => SaleStatus::Paused,
                SaleStatusRecord::Cancelled => SaleStatus::Cancelled,
            },
        }
    }
}
