//! Taking places off sale, and putting them back.

use rustc_hash::FxHashSet;

use super::checks::valid_text;
use crate::command::BlockPlaces;
use crate::entry::{BlockChange, Decision};
use crate::limits::PLACES_PER_BLOCK_MAX;
use crate::rejection::{Conflict, Field, PlaceStatus, Rejection, invalid};
use crate::seat_map::SeatMap;

impl SeatMap {
    /// Only free places can be blocked: what is held or sold was promised to somebody.
    pub(super) fn decide_block(&self, places: &BlockPlaces) -> Result<Decision, Rejection> {
        self.valid_block(places)?;
        let mut conflicts = self.seats_not(PlaceStatus::Available, places);
        for area in &places.areas {
            let counts = self.area_counts(area.section);
            if counts.available() < area.quantity {
                conflicts.push(self.too_few(area.section, counts.available()));
            }
        }
        if !conflicts.is_empty() {
            return Err(Rejection::PlacesUnavailable { conflicts });
        }
        Ok(Decision::Blocked(block_change(places)))
    }

    pub(super) fn decide_unblock(&self, places: &BlockPlaces) -> Result<Decision, Rejection> {
        self.valid_block(places)?;
        let mut conflicts = self.seats_not(PlaceStatus::Blocked, places);
        for area in &places.areas {
            let counts = self.area_counts(area.section);
            if counts.blocked < area.quantity {
                conflicts.push(self.too_few(area.section, counts.available()));
            }
        }
        if !conflicts.is_empty() {
            return Err(Rejection::NotBlocked { conflicts });
        }
        self.check_for_sale(&places.seats, &places.areas)?;
        Ok(Decision::Unblocked(block_change(places)))
    }

    fn valid_block(&self, places: &BlockPlaces) -> Result<(), Rejection> {
        valid_text(Field::Reason, &places.reason)?;
        if places.seats.is_empty() && places.areas.is_empty() {
            return Err(invalid(Field::Seats, "name at least one seat or area"));
        }
        if places.seats.len() > PLACES_PER_BLOCK_MAX || places.areas.len() > PLACES_PER_BLOCK_MAX {
            let bound = format!("at most {PLACES_PER_BLOCK_MAX} are allowed at a time");
            return Err(invalid(Field::Seats, bound));
        }
        if !places.seats.iter().all(|&seat| self.layout.has_seat(seat)) {
            return Err(invalid(Field::Seats, "there is no such seat"));
        }
        let distinct: FxHashSet<_> = places.seats.iter().collect();
        if distinct.len() < places.seats.len() {
            return Err(invalid(Field::Seats, "a seat is a duplicate"));
        }
        let distinct: FxHashSet<_> = places.areas.iter().map(|area| area.section).collect();
        if distinct.len() < places.areas.len() {
            return Err(invalid(Field::Areas, "an area is a duplicate"));
        }
        places
            .areas
            .iter()
            .try_for_each(|area| self.valid_area(*area))
    }

    fn seats_not(&self, wanted: PlaceStatus, places: &BlockPlaces) -> Vec<Conflict> {
        let statuses = places.seats.iter().map(|&seat| (seat, self.seat(seat).0));
        let others = statuses.filter(|&(_, status)| status != wanted);
        others
            .map(|(seat, status)| Conflict::Seat(seat, status))
            .collect()
    }
}

fn block_change(places: &BlockPlaces) -> BlockChange {
    BlockChange {
        seats: places.seats.clone(),
        areas: places.areas.clone(),
        reason: places.reason.clone(),
    }
}
