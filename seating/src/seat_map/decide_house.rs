//! What only the house does: blocking, unblocking and changing the terms.

use rustc_hash::FxHashSet;

use crate::command::{BlockPlaces, SettingsChange};
use crate::event::{BlockChange, Event};
use crate::limits::{
    CALENDAR, HOLD_TTL_SECONDS_MAX, HOLD_TTL_SECONDS_MIN, PLACES_PER_BLOCK_MAX,
    PLACES_PER_BUYER_MAX,
};
use crate::rejection::{Conflict, PlaceStatus, Rejection};
use crate::seat_map::SeatMap;
use crate::seat_map::decide::{invalid, valid_text};
use crate::settings::{SaleStatus, Settings};

impl SeatMap {
    /// Only free places can be blocked: what is held or sold was promised to somebody.
    pub(super) fn decide_block(&self, places: &BlockPlaces) -> Result<Event, Rejection> {
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
        Ok(Event::Blocked(block_change(places)))
    }

    pub(super) fn decide_unblock(&self, places: &BlockPlaces) -> Result<Event, Rejection> {
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
        Ok(Event::Unblocked(block_change(places)))
    }

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

    fn valid_block(&self, places: &BlockPlaces) -> Result<(), Rejection> {
        valid_text("reason", &places.reason)?;
        if places.seats.is_empty() && places.areas.is_empty() {
            return Err(invalid("seats", "name at least one seat or area"));
        }
        if places.seats.len() > PLACES_PER_BLOCK_MAX || places.areas.len() > PLACES_PER_BLOCK_MAX {
            let bound = format!("at most {PLACES_PER_BLOCK_MAX} are allowed at a time");
            return Err(invalid("seats", bound));
        }
        if !places.seats.iter().all(|&seat| self.layout.has_seat(seat)) {
            return Err(invalid("seats", "there is no such seat"));
        }
        let distinct: FxHashSet<_> = places.seats.iter().collect();
        if distinct.len() < places.seats.len() {
            return Err(invalid("seats", "a seat is there twice"));
        }
        let distinct: FxHashSet<_> = places.areas.iter().map(|area| area.section).collect();
        if distinct.len() < places.areas.len() {
            return Err(invalid("areas", "an area is there twice"));
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

impl Settings {
    /// Checks every bound, naming the field that breaks one.
    pub fn validate(&self) -> Result<(), Rejection> {
        if !(1..=PLACES_PER_BUYER_MAX).contains(&self.max_per_buyer) {
            let sent = self.max_per_buyer;
            let bounds = format!("must be from 1 to {PLACES_PER_BUYER_MAX}, not {sent}");
            return Err(invalid("max_per_buyer", bounds));
        }
        if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&self.hold_ttl_seconds) {
            return Err(invalid(
                "hold_ttl_seconds",
                ttl_bounds(self.hold_ttl_seconds),
            ));
        }
        let (usual, longest) = (self.hold_ttl_seconds, self.hold_ttl_max_seconds);
        if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&longest) {
            return Err(invalid("hold_ttl_max_seconds", ttl_bounds(longest)));
        }
        if usual > longest {
            let bounds = format!("{usual} is more than hold_ttl_max_seconds, which is {longest}");
            return Err(invalid("hold_ttl_seconds", bounds));
        }
        let backwards = self
            .on_sale_from
            .zip(self.on_sale_until)
            .is_some_and(|(a, b)| a >= b);
        if backwards {
            return Err(invalid("on_sale_until", "must be later than on_sale_from"));
        }
        for (field, time) in [
            ("on_sale_from", self.on_sale_from),
            ("on_sale_until", self.on_sale_until),
        ] {
            if time.is_some_and(|time| !CALENDAR.contains(&time)) {
                return Err(invalid(field, "must be in the years 1970 to 9999"));
            }
        }
        Ok(())
    }

    /// Whether these terms may become those.
    fn check_change(&self, next: &Self) -> Result<(), Rejection> {
        let status = self.status;
        let what = match (status, next.status) {
            (SaleStatus::Cancelled, _) => "cannot be changed any more",
            (SaleStatus::Open | SaleStatus::Paused, SaleStatus::Draft) => "cannot be a draft again",
            (SaleStatus::Draft, SaleStatus::Paused) => "cannot be paused before it is published",
            // Everybody is told of what is cancelled, and nobody was told of a draft.
            (SaleStatus::Draft, SaleStatus::Cancelled) => {
                "was never announced, so there is nothing to cancel: leave it a draft"
            }
            (SaleStatus::Draft, SaleStatus::Draft | SaleStatus::Open)
            | (
                SaleStatus::Open | SaleStatus::Paused,
                SaleStatus::Open | SaleStatus::Paused | SaleStatus::Cancelled,
            ) => return Ok(()),
        };
        Err(Rejection::ShowtimeState { status, what })
    }
}

fn ttl_bounds(sent: u32) -> String {
    format!("must be from {HOLD_TTL_SECONDS_MIN} to {HOLD_TTL_SECONDS_MAX}, not {sent}")
}

fn block_change(places: &BlockPlaces) -> BlockChange {
    BlockChange {
        seats: places.seats.clone(),
        areas: places.areas.clone(),
        reason: places.reason.clone(),
    }
}
