//! Seats and areas as clients read them.

use seating::places::Places;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use serde::Serialize;
use utoipa::ToSchema;

use super::money::{MoneyBody, MoneyView};

/// One seat of a hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PricedSeat)]
pub struct SeatView<'a> {
    /// Its stable id.
    #[schema(example = "ORCH-A-1")]
    pub seat_id: &'a str,
    /// Its section's code.
    pub section: &'a str,
    /// Its row's label.
    pub row: &'a str,
    /// What is written on it.
    pub number: &'a str,
    /// Its price tier's code.
    pub price_tier: &'a str,
    /// What it costs.
    #[schema(value_type = MoneyBody)]
    pub price: MoneyView<'a>,
}

/// Places of one area of a hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PricedArea)]
pub struct AreaView<'a> {
    /// The area's section code.
    pub section: &'a str,
    /// How many places.
    pub quantity: u32,
    /// Its price tier's code.
    pub price_tier: &'a str,
    /// What one place costs.
    #[schema(value_type = MoneyBody)]
    pub price: MoneyView<'a>,
}

/// One seat, with its price.
pub fn seat_view(layout: &SeatLayout, index: SeatIndex) -> SeatView<'_> {
    let seat = layout.seat(index);
    let tier = layout.tier(seat.tier);
    SeatView {
        seat_id: seat.id,
        section: &layout.section(seat.section).code,
        row: seat.row,
        number: seat.number,
        price_tier: &tier.code,
        price: MoneyView::of_section_tier(layout, layout.section_tier_of(index)),
    }
}

/// The seats among the places.
pub fn seat_views<'a>(layout: &'a SeatLayout, places: &Places) -> Vec<SeatView<'a>> {
    places
        .seats
        .iter()
        .map(|&seat| seat_view(layout, seat))
        .collect()
}

/// The areas among the places.
pub fn area_views<'a>(layout: &'a SeatLayout, places: &Places) -> Vec<AreaView<'a>> {
    let view = |section: SectionIndex, quantity: u32| {
        let index = layout.section_tier_of_area(section);
        let tier = layout.tier(layout.section_tier(index).tier);
        AreaView {
            section: &layout.section(section).code,
            quantity,
            price_tier: &tier.code,
            price: MoneyView::of_section_tier(layout, index),
        }
    };
    places
        .areas
        .iter()
        .map(|area| view(area.section, area.quantity))
        .collect()
}

/// What the places cost together.
pub fn total<'a>(layout: &'a SeatLayout, places: &Places) -> MoneyView<'a> {
    MoneyView {
        amount: places.total(layout),
        currency: layout.currency(),
    }
}
