//! Showtimes as clients read them.

use actors::view::View;
use persistence::showtimes::Showtime;
use seating::counts::Counts;
use seating::ids::Seq;
use seating::sale_terms::SaleTerms;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::counts::{CountsView, SectionCounts, TierCounts, by_section, by_tier};
use crate::wire::{names, rfc3339};

/// A showtime in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShowtimeSummary)]
pub(super) struct SummaryView<'a> {
    showtime_id: Uuid,
    event_id: Option<Uuid>,
    title: &'a str,
    starts_at: String,
    created_at: String,
    #[serde(flatten)]
    terms: SaleTermsView,
    currency: &'a str,
    layout_version: u32,
    #[serde(flatten)]
    counts: CountsView,
}

/// A showtime with its sections and price tiers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Showtime)]
pub(super) struct ShowtimeView<'a> {
    #[serde(flatten)]
    summary: SummaryView<'a>,
    /// The last entry counted in.
    seq: u64,
    sections: Vec<SectionCounts<'a>>,
    price_tiers: Vec<TierCounts<'a>>,
}

/// The sale's terms.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaleTerms)]
struct SaleTermsView {
    /// `draft`, `open`, `paused` or `cancelled`.
    status: &'static str,
    /// Start of sale; nothing means at once.
    on_sale_from: Option<String>,
    /// End of sale; nothing means never.
    on_sale_until: Option<String>,
    /// How long a hold lives when its buyer does not say.
    hold_ttl_seconds: u32,
    /// How long a buyer keeps a place without buying it.
    hold_ttl_max_seconds: u32,
    /// Places one buyer may have.
    max_per_buyer: u32,
    /// `off`, `lenient` or `strict`.
    gap_rule: &'static str,
}

impl From<&SaleTerms> for SaleTermsView {
    fn from(terms: &SaleTerms) -> Self {
        Self {
            status: names::sale_status(terms.status),
            on_sale_from: terms.on_sale_from.map(rfc3339),
            on_sale_until: terms.on_sale_until.map(rfc3339),
            hold_ttl_seconds: terms.hold_ttl_seconds,
            hold_ttl_max_seconds: terms.hold_ttl_max_seconds,
            max_per_buyer: terms.max_per_buyer,
            gap_rule: names::gap_rule(terms.gap_rule),
        }
    }
}

impl<'a> SummaryView<'a> {
    /// A showtime under these terms and with these counts, which are newer than its row's.
    pub(super) fn of(showtime: &'a Showtime, terms: &SaleTerms, counts: Counts) -> Self {
        Self {
            showtime_id: showtime.id.uuid(),
            event_id: showtime.event,
            title: &showtime.title,
            starts_at: rfc3339(showtime.starts_at),
            created_at: rfc3339(showtime.created_at),
            terms: SaleTermsView::from(terms),
            currency: &showtime.currency,
            layout_version: showtime.layout_version,
            counts: CountsView::from(counts),
        }
    }
}

impl<'a> ShowtimeView<'a> {
    /// A showtime under these terms, with the places of a view.
    pub(super) fn of(showtime: &'a Showtime, terms: &SaleTerms, view: &'a View, seq: Seq) -> Self {
        Self {
            summary: SummaryView::of(showtime, terms, view.total_counts()),
            seq: seq.0,
            sections: by_section(view.layout(), view.section_tier_counts()),
            price_tiers: by_tier(view.layout(), view.section_tier_counts()),
        }
    }
}
