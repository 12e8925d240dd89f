//! Changing the sale's terms.

use crate::command::SettingsChange;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::seat_map::SeatMap;
use crate::settings::Settings;

impl SeatMap {
    /// A change that changes nothing records nothing.
    pub(super) fn decide_reconfigure(
        settings: &Settings,
        change: &SettingsChange,
    ) -> Result<Option<Event>, Rejection> {
        let next = Settings {
            on_sale_from: change.on_sale_from.unwrap_or(settings.on_sale_from),
            on_sale_until: change.on_sale_until.unwrap_or(settings.on_sale_until),
            max_per_buyer: change.max_per_buyer.unwrap_or(settings.max_per_buyer),
            hold_ttl_seconds: change.hold_ttl_seconds.unwrap_or(settings.hold_ttl_seconds),
            hold_ttl_max_seconds: (change.hold_ttl_max_seconds)
                .unwrap_or(settings.hold_ttl_max_seconds),
            gap_rule: change.gap_rule.unwrap_or(settings.gap_rule),
            status: change.status.unwrap_or(settings.status),
        };
        if next == *settings {
            return Ok(None);
        }
        settings.check_change(&next)?;
        next.validate()?;
        Ok(Some(Event::Reconfigured(next)))
    }
}
