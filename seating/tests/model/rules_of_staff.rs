//! Blocking, unblocking and the terms.

use std::collections::BTreeSet;

use seating::command::{BlockPlaces, SaleTermsChange};
use seating::entry::{BlockChange, Decision};
use seating::rejection::{Conflict, Field, PlaceStatus, Rejection};
use seating::sale_terms::{SaleStatus, SaleTerms};

use crate::reference::Model;
use crate::rules_of_bookings::printable;
use crate::rules_of_holds::invalid;

impl Model {
    pub(crate) fn block(&self, places: &BlockPlaces) -> Result<Decision, Rejection> {
        self.block_well_formed(places)?;
        let mut conflicts = self.seats_other_than(PlaceStatus::Available, places);
        for area in &places.areas {
            let available = self.area_available(area.section);
            if available < area.quantity {
                conflicts.push(self.too_few(area.section, available));
            }
        }
        if !conflicts.is_empty() {
            return Err(Rejection::PlacesUnavailable { conflicts });
        }
        Ok(Decision::Blocked(change_of(places)))
    }

    pub(crate) fn unblock(&self, places: &BlockPlaces) -> Result<Decision, Rejection> {
        self.block_well_formed(places)?;
        let mut conflicts = self.seats_other_than(PlaceStatus::Blocked, places);
        for area in &places.areas {
            if self.area(area.section).blocked < area.quantity {
                let available = self.area_available(area.section);
                conflicts.push(self.too_few(area.section, available));
            }
        }
        if !conflicts.is_empty() {
            return Err(Rejection::NotBlocked { conflicts });
        }
        Ok(Decision::Unblocked(change_of(places)))
    }

    fn block_well_formed(&self, places: &BlockPlaces) -> Result<(), Rejection> {
        printable(Field::Reason, Some(&places.reason))?;
        let seats: BTreeSet<_> = places.seats.iter().collect();
        let areas: BTreeSet<_> = places.areas.iter().map(|area| area.section).collect();
        let known = seats
            .iter()
            .all(|seat| (seat.0 as usize) < self.facts.seats.len());
        let none = seats.is_empty() && areas.is_empty();
        if none || !known || seats.len() < places.seats.len() {
            return Err(invalid(Field::Seats));
        }
        let sections = &self.facts.sections;
        let mut found = areas.iter().map(|at| sections.get(usize::from(at.0)));
        let are_areas = found.all(|section| section.is_some_and(Option::is_some));
        if areas.len() < places.areas.len() || !are_areas {
            return Err(invalid(Field::Areas));
        }
        self.could_admit(&places.areas)
    }

    fn seats_other_than(&self, wanted: PlaceStatus, places: &BlockPlaces) -> Vec<Conflict> {
        let found = places.seats.iter().map(|&seat| (seat, self.seat(seat).0));
        let others = found.filter(|(_, status)| *status != wanted);
        others
            .map(|(seat, status)| Conflict::Seat(seat, status))
            .collect()
    }

    pub(crate) fn reconfigure(
        &self,
        change: &SaleTermsChange,
    ) -> Result<Option<Decision>, Rejection> {
        let now = self.terms.clone();
        let next = SaleTerms {
            on_sale_from: change.on_sale_from.unwrap_or(now.on_sale_from),
            on_sale_until: change.on_sale_until.unwrap_or(now.on_sale_until),
            max_per_buyer: change.max_per_buyer.unwrap_or(now.max_per_buyer),
            hold_ttl_seconds: change.hold_ttl_seconds.unwrap_or(now.hold_ttl_seconds),
            hold_ttl_max_seconds: change
                .hold_ttl_max_seconds
                .unwrap_or(now.hold_ttl_max_seconds),
            gap_rule: change.gap_rule.unwrap_or(now.gap_rule),
            status: change.status.unwrap_or(now.status),
        };
        if next == self.terms {
            return Ok(None);
        }
        let status = self.terms.status;
        let never = match (status, next.status) {
            (SaleStatus::Cancelled, _) => Some("cannot be changed any more"),
            (SaleStatus::Draft, SaleStatus::Cancelled) => {
                Some("was never announced, so there is nothing to cancel: leave it a draft")
            }
            (SaleStatus::Draft, SaleStatus::Paused) => {
                Some("cannot be paused before it is published")
            }
            (SaleStatus::Open | SaleStatus::Paused, SaleStatus::Draft) => {
                Some("cannot be a draft again")
            }
            _ => None,
        };
        if let Some(what) = never {
            return Err(Rejection::ShowtimeState { status, what });
        }
        if !(1..=1_000).contains(&next.max_per_buyer) {
            return Err(invalid(Field::MaxPerBuyer));
        }
        if !(60..=3_600).contains(&next.hold_ttl_seconds) {
            return Err(invalid(Field::HoldTtlSeconds));
        }
        if !(60..=3_600).contains(&next.hold_ttl_max_seconds) {
            return Err(invalid(Field::HoldTtlMaxSeconds));
        }
        if next.hold_ttl_seconds > next.hold_ttl_max_seconds {
            return Err(invalid(Field::HoldTtlSeconds));
        }
        if let (Some(from), Some(until)) = (next.on_sale_from, next.on_sale_until)
            && until <= from
        {
            return Err(invalid(Field::OnSaleUntil));
        }
        Ok(Some(Decision::Reconfigured(next)))
    }
}

fn change_of(places: &BlockPlaces) -> BlockChange {
    BlockChange {
        seats: places.seats.clone(),
        areas: places.areas.clone(),
        reason: places.reason.clone(),
    }
}
