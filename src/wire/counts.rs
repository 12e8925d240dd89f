//! Places by state, as clients read them.

use actors::view::View;
use seating::counts::Counts;
use seating::ids::ShowtimeId;
use seating::seat_layout::SeatLayout;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::{MoneyBody, MoneyView};
use super::names;

/// How many places of a showtime are in which state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Availability)]
pub struct AvailabilityView<'a> {
    showtime_id: Uuid,
    /// The last entry counted in.
    seq: u64,
    #[serde(flatten)]
    totals: CountsView,
    sections: Vec<SectionCounts<'a>>,
    price_tiers: Vec<TierCounts<'a>>,
}

impl<'a> AvailabilityView<'a> {
    /// As the public sees it now.
    pub fn of(id: ShowtimeId, view: &'a View) -> Self {
        Self {
            showtime_id: id.uuid(),
            seq: view.seq().0,
            totals: CountsView::from(view.total_counts()),
            sections: by_section(view.layout(), view.section_tier_counts()),
            price_tiers: by_tier(view.layout(), view.section_tier_counts()),
        }
    }
}

/// How many places of a section are in which state.
#[derive(Debug, Serialize, ToSchema)]
pub struct SectionCounts<'a> {
    section: &'a str,
    name: &'a str,
    /// `reserved` or `general_admission`.
    kind: &'static str,
    #[serde(flatten)]
    counts: CountsView,
}

/// How many places of a price tier are in which state.
#[derive(Debug, Serialize, ToSchema)]
pub struct TierCounts<'a> {
    price_tier: &'a str,
    name: &'a str,
    /// Of what is not for sale, null.
    #[schema(value_type = Option<MoneyBody>)]
    price: Option<MoneyView<'a>>,
    #[serde(flatten)]
    counts: CountsView,
}

/// Places by state.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Counts)]
pub struct CountsView {
    /// In all.
    pub total: u32,
    /// For sale.
    pub available: u32,
    /// Set aside while their buyers choose or pay.
    pub reserved: u32,
    /// Sold.
    pub booked: u32,
    /// Off sale.
    pub blocked: u32,
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        Self {
            total: counts.capacity,
            available: counts.available(),
            reserved: counts.reserved(),
            booked: counts.booked,
            blocked: counts.blocked,
        }
    }
}

/// Counts by section, in the layout's order.
pub fn by_section<'a>(
    layout: &'a SeatLayout,
    by_section_tier: &[Counts],
) -> Vec<SectionCounts<'a>> {
    let sections = layout.sections().iter().map(|section| {
        let mut sum = Counts::default();
        let range = usize::from(section.tiers.start)..usize::from(section.tiers.end);
        by_section_tier
            .get(range)
            .unwrap_or_default()
            .iter()
            .for_each(|counts| sum += *counts);
        SectionCounts {
            section: &section.code,
            name: &section.name,
            kind: names::section_kind(&section.kind),
            counts: CountsView::from(sum),
        }
    });
    sections.collect()
}

/// Counts by price tier.
pub fn by_tier<'a>(layout: &'a SeatLayout, by_section_tier: &[Counts]) -> Vec<TierCounts<'a>> {
    let tiers = layout.tiers().iter().zip(0_u8..).map(|(tier, at)| {
        let mut sum = Counts::default();
        let pairs = layout.section_tiers().iter().zip(by_section_tier);
        pairs
            .filter(|(section_tier, _)| section_tier.tier.0 == at)
            .for_each(|(_, counts)| sum += *counts);
        TierCounts {
            price_tier: &tier.code,
            name: &tier.name,
            price: MoneyView::of_price(tier.price.as_ref()),
            counts: CountsView::from(sum),
        }
    });
    tiers.collect()
}
