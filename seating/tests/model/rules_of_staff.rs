//! Blocking, unblocking and the terms; and which rule a command falls under.

use std::collections::BTreeSet;

use seating::command::{BlockPlaces, Command, Role, SaleTermsChange};
use seating::entry::{BlockChange, Decision, RequestStamp};
use seating::ids::{BuyerId, HoldId};
use seating::places::Places;
use seating::rejection::{Conflict, PlaceStatus, Rejection};
use seating::sale_terms::{SaleStatus, SaleTerms};
use seating::seat_map::Executed;
use seating::timestamp::Timestamp;

use crate::reference::{Expected, Model};
use crate::rules_of_bookings::printable;
use crate::rules_of_holds::invalid;

/// What the seat map said that the model judges instead of computing it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The order in which holds expired: among equal deadlines any will do.
    pub(crate) expired: Vec<HoldId>,
    /// The places chosen for a best-available wish.
    pub(crate) chosen: Option<Places>,
}

impl Model {
    /// What a command must lead to; the model has done the same afterwards.
    pub(crate) fn ask(
        &mut self,
        (clock, passed): (Timestamp, u64),
        command: &Command,
        stamp: Option<RequestStamp>,
        said: &Said,
    ) -> Expected {
        let since = passed - self.passed_at.unwrap_or(passed);
        let since = u32::try_from(since).unwrap();
        let now = clock.max(self.at.plus_seconds(since));
        self.passed_at.get_or_insert(passed);
        let mut entries = Vec::new();
        let due = self.live_holds().filter(|hold| hold.expires_at <= now);
        let due: BTreeSet<HoldId> = due.map(|hold| hold.id).collect();
        assert_eq!(
            due,
            said.expired.iter().copied().collect(),
            "what is due expires"
        );
        if !due.is_empty() {
            let deadlines = said.expired.iter().map(|id| self.holds[id].expires_at);
            assert!(deadlines.is_sorted() && said.expired.len() == due.len());
            let holds = said.expired.clone();
            entries.push(self.record(now, (None, None), Decision::Expired { holds }));
            self.passed_at = Some(passed);
        }
        if let Some(answer) = stamp.and_then(|stamp| self.answered(stamp)) {
            return Expected { entries, answer };
        }
        let answer = match self.decide(command, (clock, now), said.chosen.as_ref()) {
            Ok(Some(decision)) => {
                entries.push(self.record(now, (stamp, who_of_staff(command)), decision));
                self.passed_at = Some(passed);
                Ok(Executed::Recorded)
            }
            Ok(None) => Ok(Executed::Nothing),
            Err(rejection) => Err(rejection),
        };
        Expected { entries, answer }
    }

    fn decide(
        &self,
        command: &Command,
        (wall, now): (Timestamp, Timestamp),
        chosen: Option<&Places>,
    ) -> Result<Option<Decision>, Rejection> {
        let decision = match command {
            Command::Hold(hold) => self.hold(hold, (wall, now), chosen)?,
            Command::Extend { hold, by, seconds } => self.extend(*hold, *by, *seconds)?,
            Command::Release { hold, by } => self.release(*hold, *by)?,
            Command::BeginPayment {
                hold,
                by,
                booking,
                seconds,
            } => {
                let allowed = (1..=2_700).contains(seconds);
                let pay_by = allowed.then(|| now.plus_seconds(*seconds));
                self.begin_payment(*hold, *by, *booking, pay_by)?
            }
            Command::Confirm(wanted) => self.confirm(wanted)?,
            Command::SettlePayment {
                booking,
                tickets,
                payment_reference,
            } => self.confirm_late(*booking, tickets, payment_reference.as_ref())?,
            Command::CancelBooking {
                booking,
                by,
                tickets,
            } => self.cancel_booking(*booking, *by, tickets.as_deref())?,
            Command::Block(places) => self.block(places)?,
            Command::Unblock(places) => self.unblock(places)?,
            Command::Reconfigure(change) => return self.reconfigure(change),
            Command::ExpireDue => return Ok(None),
        };
        Ok(Some(decision))
    }

    fn block(&self, places: &BlockPlaces) -> Result<Decision, Rejection> {
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

    fn unblock(&self, places: &BlockPlaces) -> Result<Decision, Rejection> {
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
        printable("reason", Some(&places.reason))?;
        let seats: BTreeSet<_> = places.seats.iter().collect();
        let areas: BTreeSet<_> = places.areas.iter().map(|area| area.section).collect();
        let known = seats
            .iter()
            .all(|seat| (seat.0 as usize) < self.facts.seats.len());
        let none = seats.is_empty() && areas.is_empty();
        if none || !known || seats.len() < places.seats.len() {
            return Err(invalid("seats"));
        }
        let sections = &self.facts.sections;
        let mut found = areas.iter().map(|at| sections.get(usize::from(at.0)));
        let are_areas = found.all(|section| section.is_some_and(Option::is_some));
        if areas.len() < places.areas.len() || !are_areas {
            return Err(invalid("areas"));
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

    fn reconfigure(&self, change: &SaleTermsChange) -> Result<Option<Decision>, Rejection> {
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
            return Err(invalid("max_per_buyer"));
        }
        if !(60..=3_600).contains(&next.hold_ttl_seconds) {
            return Err(invalid("hold_ttl_seconds"));
        }
        if !(60..=3_600).contains(&next.hold_ttl_max_seconds) {
            return Err(invalid("hold_ttl_max_seconds"));
        }
        if next.hold_ttl_seconds > next.hold_ttl_max_seconds {
            return Err(invalid("hold_ttl_seconds"));
        }
        if let (Some(from), Some(until)) = (next.on_sale_from, next.on_sale_until)
            && until <= from
        {
            return Err(invalid("on_sale_until"));
        }
        Ok(Some(Decision::Reconfigured(next)))
    }
}

/// Which member of staff an entry names.
fn who_of_staff(command: &Command) -> Option<BuyerId> {
    let by = match command {
        Command::Hold(hold) => hold.by,
        Command::Confirm(confirm) => confirm.by,
        Command::Extend { by, .. }
        | Command::Release { by, .. }
        | Command::BeginPayment { by, .. }
        | Command::CancelBooking { by, .. } => *by,
        Command::Block(places) | Command::Unblock(places) => return places.by,
        Command::Reconfigure(change) => return change.by,
        Command::SettlePayment { .. } | Command::ExpireDue => return None,
    };
    (by.role == Role::Staff).then_some(by.buyer)
}

fn change_of(places: &BlockPlaces) -> BlockChange {
    BlockChange {
        seats: places.seats.clone(),
        areas: places.areas.clone(),
        reason: places.reason.clone(),
    }
}
