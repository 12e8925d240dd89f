//! Bodies that describe a showtime and the terms of its sale.

pub mod layout;
pub mod terms;

use chrono::{DateTime, Utc};
use seating::seat_layout::spec::LayoutSpec;
use seating::settings::{GapRule, SaleStatus, Settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::showtimes::SaleTerms;
use crate::wire::faults::Faults;
use crate::wire::{PointBody, timestamp};
use layout::{SectionBody, TierBody, point};
pub use terms::{FirstStatusBody, GapRuleBody, given};

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
            on_sale_from: self.on_sale_from.map(timestamp),
            on_sale_until: self.on_sale_until.map(|at| at.map(timestamp)),
            hold_ttl_seconds: self.hold_ttl_seconds,
            hold_ttl_max_seconds: self.hold_ttl_max_seconds,
            max_per_buyer: self.max_per_buyer,
            gap_rule: self.gap_rule.map(GapRule::from),
            status: self.status.map(SaleStatus::from),
        }
        .settings(timestamp(self.starts_at), faults)
    }
}
