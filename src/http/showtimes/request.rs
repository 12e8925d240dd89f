//! Bodies that describe a showtime and the terms of its sale.

use chrono::{DateTime, Utc};
use seating::limits::{CALENDAR, HOLD_TTL_SECONDS_MAX};
use seating::seat_layout::spec::LayoutSpec;
use seating::settings::{GapRule, SaleStatus, Settings, hold_ttl_max_usual};
use seating::timestamp::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::house::{PointBody, SectionBody, TierBody, point};
use crate::faults::Faults;
use crate::http::wire::timestamp;
use crate::new_showtime::usual_settings;

/// A new showtime with its house.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub struct NewShowtimeRequest {
    /// What is performed.
    #[schema(example = "A Midsummer Night's Dream")]
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// The house, section by section.
    pub sections: Vec<SectionBody>,
    /// The prices that seats and areas name.
    pub price_tiers: Vec<TierBody>,
    /// What everybody looks at, in the coordinates of the layout: seats of a row are 1 apart and so
    /// are rows, each section's from 0 on. Before the front row, in the middle, when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<PointBody>,
    /// The event it belongs to.
    pub event_id: Option<Uuid>,
    /// Start of sale; at once when it is left out.
    pub on_sale_from: Option<DateTime<Utc>>,
    /// End of sale; when the show begins if it is left out, never if it is null.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub on_sale_until: Option<Option<DateTime<Utc>>>,
    /// How long a hold lives when its buyer does not say; 600 when it is left out.
    pub hold_ttl_seconds: Option<u32>,
    /// How long a buyer keeps a place without buying it; 1800, or `hold_ttl_seconds` if that is
    /// more, when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_ttl_max_seconds: Option<u32>,
    /// Places one buyer may have; 10 when it is left out.
    pub max_per_buyer: Option<u32>,
    /// How strictly single seats are protected; `off` when it is left out.
    pub gap_rule: Option<GapRuleBody>,
    /// Whether the public sees it from the start; `open` when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<FirstStatusBody>,
}

/// How a showtime begins.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FirstStatus)]
pub enum FirstStatusBody {
    /// The house prepares it; the public does not see it before it is published.
    Draft,
    /// On sale within its window.
    Open,
}

impl From<FirstStatusBody> for SaleStatus {
    fn from(body: FirstStatusBody) -> Self {
        match body {
            FirstStatusBody::Draft => Self::Draft,
            FirstStatusBody::Open => Self::Open,
        }
    }
}

/// Reads a member that may be null, which is not the same as leaving it out.
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// How strictly single free seats are protected from being stranded.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GapRule)]
pub enum GapRuleBody {
    /// Any pick is taken.
    Off,
    /// A pick that strands a seat is refused when its row offers a better one.
    Lenient,
    /// A pick that strands a seat is refused when its section offers a better one.
    Strict,
}

impl From<GapRuleBody> for GapRule {
    fn from(body: GapRuleBody) -> Self {
        match body {
            GapRuleBody::Off => Self::Off,
            GapRuleBody::Lenient => Self::Lenient,
            GapRuleBody::Strict => Self::Strict,
        }
    }
}

impl From<GapRule> for GapRuleBody {
    fn from(rule: GapRule) -> Self {
        match rule {
            GapRule::Off => Self::Off,
            GapRule::Lenient => Self::Lenient,
            GapRule::Strict => Self::Strict,
        }
    }
}

impl NewShowtimeRequest {
    /// The house as a spec, which [`seating::seat_layout::SeatLayout::build`] judges. What is missing
    /// or too much is noted; in its place stands something that is judged right, or at the same place.
    pub fn layout_spec(&self, faults: &mut Faults) -> LayoutSpec {
        let mut sections = Vec::with_capacity(self.sections.len());
        for (at, section) in self.sections.iter().enumerate() {
            sections.push(section.spec(&format!("sections[{at}]"), faults));
        }
        LayoutSpec {
            sections,
            price_tiers: self.price_tiers.iter().map(TierBody::spec).collect(),
            stage: point("stage", self.stage, faults),
        }
    }

    /// The sale's terms.
    pub fn settings(&self, faults: &mut Faults) -> Settings {
        SaleTerms {
            on_sale_from: self.on_sale_from,
            on_sale_until: self.on_sale_until,
            hold_ttl_seconds: self.hold_ttl_seconds,
            hold_ttl_max_seconds: self.hold_ttl_max_seconds,
            max_per_buyer: self.max_per_buyer,
            gap_rule: self.gap_rule,
            status: self.status,
        }
        .settings(timestamp(self.starts_at), faults)
    }
}

/// The sale's terms as a request may give them.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub struct SaleTerms {
    /// Start of sale.
    pub on_sale_from: Option<DateTime<Utc>>,
    /// End of sale; null for never.
    pub on_sale_until: Option<Option<DateTime<Utc>>>,
    /// How long a hold lives.
    pub hold_ttl_seconds: Option<u32>,
    /// How long a buyer keeps a place.
    pub hold_ttl_max_seconds: Option<u32>,
    /// Places one buyer may have.
    pub max_per_buyer: Option<u32>,
    /// How strictly single seats are protected.
    pub gap_rule: Option<GapRuleBody>,
    /// Whether the public sees it from the start.
    pub status: Option<FirstStatusBody>,
}

impl SaleTerms {
    /// With the rules' own defaults for what is left out, of a showtime that begins then.
    pub fn settings(self, starts_at: Timestamp, faults: &mut Faults) -> Settings {
        let usual = usual_settings(starts_at);
        let on_sale_from = self.on_sale_from.map(timestamp);
        let too_late = on_sale_from.is_some_and(|from| from >= starts_at);
        if too_late && self.on_sale_until.is_none() {
            let message = "must be before starts_at, when the sale ends unless on_sale_until is \
                           given; null ends it never";
            faults.add("on_sale_from", message);
        }
        // What is wrong with a member is not said again of one that nobody gave.
        let usual_end = usual.on_sale_until;
        let usual_end = usual_end.filter(|end| !too_late && CALENDAR.contains(end));
        let hold_ttl_seconds = self.hold_ttl_seconds.unwrap_or(usual.hold_ttl_seconds);
        Settings {
            on_sale_from,
            on_sale_until: match self.on_sale_until {
                Some(given) => given.map(timestamp),
                None => usual_end,
            },
            max_per_buyer: self.max_per_buyer.unwrap_or(usual.max_per_buyer),
            hold_ttl_seconds,
            hold_ttl_max_seconds: (self.hold_ttl_max_seconds)
                .unwrap_or_else(|| hold_ttl_max_usual(hold_ttl_seconds).min(HOLD_TTL_SECONDS_MAX)),
            gap_rule: self.gap_rule.map_or(usual.gap_rule, GapRule::from),
            status: self.status.map_or(usual.status, SaleStatus::from),
        }
    }
}
