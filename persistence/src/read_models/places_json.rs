//! A booking's places as its row has them: by the names that the layout gives them.

use seating::places::Places;
use seating::seat_layout::SeatLayout;
use serde::{Deserialize, Serialize};

/// The column `places`; names are borrowed from the layout when it is written.
#[derive(Serialize, Deserialize)]
pub(crate) struct PlacesJson<Name> {
    pub(crate) seats: Vec<Name>,
    pub(crate) areas: Vec<AreaJson<Name>>,
}

/// Places of one area.
#[derive(Serialize, Deserialize)]
pub(crate) struct AreaJson<Name> {
    pub(crate) section: Name,
    pub(crate) quantity: u32,
}

impl<'a> PlacesJson<&'a str> {
    /// Of places that the layout has.
    pub(crate) fn of(layout: &'a SeatLayout, places: &Places) -> Self {
        let seats = places.seats.iter().map(|&seat| layout.seat_id(seat));
        let areas = places.areas.iter().map(|area| AreaJson {
            section: layout.section(area.section).code.as_str(),
            quantity: area.quantity,
        });
        Self {
            seats: seats.collect(),
            areas: areas.collect(),
        }
    }
}
