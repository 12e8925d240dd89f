//! Sets of places: single seats and quantities of general-admission areas.

use smallvec::SmallVec;

use crate::seat_layout::{SeatIndex, SeatLayout, SectionIndex};

/// Seats of one hold; most holds are for four or fewer, which need no allocation.
pub type SeatList = SmallVec<[SeatIndex; 4]>;

/// The places of a hold or booking: seats, areas or both.
///
/// The order is the order of the tickets made from them: seats first, then areas.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub seats: SeatList,
    pub areas: Vec<AreaQuantity>,
}

/// So many places of a general-admission area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaQuantity {
    pub section: SectionIndex,
    pub quantity: u32,
}

/// One place of a hold or booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Seat(SeatIndex),
    /// One place in an area.
    Area(SectionIndex),
}

/// Seats are copied as a block of memory, which a derived clone would not do.
impl Clone for Places {
    fn clone(&self) -> Self {
        Self {
            seats: SeatList::from_slice(&self.seats),
            areas: self.areas.clone(),
        }
    }
}

impl Places {
    /// What they cost together, in minor units.
    pub fn total(&self, layout: &SeatLayout) -> i64 {
        let seats: i64 = self
            .seats
            .iter()
            .map(|&seat| layout.price_of(layout.section_tier_of(seat)))
            .sum();
        let areas = self.areas.iter().map(|area| {
            layout.price_of(layout.section_tier_of_area(area.section)) * i64::from(area.quantity)
        });
        seats + areas.sum::<i64>()
    }

    /// Only seats.
    pub fn of_seats(seats: impl IntoIterator<Item = SeatIndex>) -> Self {
        Self {
            seats: seats.into_iter().collect(),
            areas: Vec::new(),
        }
    }

    /// Only areas.
    pub fn of_areas(areas: impl IntoIterator<Item = AreaQuantity>) -> Self {
        Self {
            seats: SeatList::new(),
            areas: areas.into_iter().collect(),
        }
    }

    /// How many places in all; saturates, so that an absurd wish is merely too many.
    pub fn count(&self) -> u32 {
        let seats = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
        self.areas
            .iter()
            .fold(seats, |sum, area| sum.saturating_add(area.quantity))
    }

    /// Whether a seat or an area is in both.
    pub fn share_any(&self, other: &Self) -> bool {
        let mut areas = self.areas.iter();
        self.seats.iter().any(|seat| other.seats.contains(seat))
            || areas.any(|area| other.areas.iter().any(|its| its.section == area.section))
    }

    /// Every place one by one, in ticket order. Only for sets within the limits.
    pub fn iter(&self) -> impl Iterator<Item = Place> + '_ {
        let areas = self.areas.iter().flat_map(|area| {
            std::iter::repeat_n(Place::Area(area.section), area.quantity as usize)
        });
        self.seats
            .iter()
            .map(|&seat| Place::Seat(seat))
            .chain(areas)
    }
}
