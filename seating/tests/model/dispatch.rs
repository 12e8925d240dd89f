//! Which rule a command falls under, and what a decision does: one place for each, whatever the kind.

use std::collections::BTreeSet;

use seating::command::{Command, Role};
use seating::entry::{Decision, RequestStamp};
use seating::ids::{BuyerId, HoldId};
use seating::places::Places;
use seating::rejection::{HoldEnd, Rejection};
use seating::seat_map::Executed;
use seating::snapshot::BookingState;
use seating::timestamp::Timestamp;

use crate::reference::{Expected, Model};

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

    pub(crate) fn happen(&mut self, decision: &Decision, at: Timestamp) {
        match decision {
            Decision::Opened(terms) | Decision::Reconfigured(terms) => {
                self.terms = terms.clone();
            }
            Decision::Held(held) => {
                if let Some(old) = held.replaced {
                    self.end(old, HoldEnd::Released);
                }
                self.hold_happens(held, at);
            }
            Decision::Extended { hold, expires_at } => {
                self.holds.get_mut(hold).unwrap().expires_at = *expires_at;
            }
            Decision::Released { hold, .. } => self.end(*hold, HoldEnd::Released),
            Decision::PaymentBegun(begun) => self.pin(begun),
            Decision::Confirmed(sale) => {
                self.end(sale.hold, HoldEnd::Confirmed(Some(sale.booking)));
                self.sell(sale);
            }
            Decision::ConfirmedLate(sale) => self.sell(sale),
            Decision::PaymentOrphaned { booking, .. } => {
                let orphan = self.bookings.get_mut(booking).unwrap();
                let pinned = (orphan.state == BookingState::Pending).then_some(orphan.hold);
                orphan.state = BookingState::Orphaned;
                if let Some(hold) = pinned {
                    self.end(hold, HoldEnd::Released);
                }
            }
            Decision::Expired { holds } => holds.iter().for_each(|&hold| self.expire(hold)),
            Decision::BookingCancelled(cancelled) => {
                self.cancel(cancelled.booking, &cancelled.tickets);
            }
            Decision::Blocked(change) => {
                self.blocked_seats.extend(&change.seats);
                for area in &change.areas {
                    *self.blocked_areas.entry(area.section).or_insert(0) += area.quantity;
                }
            }
            Decision::Unblocked(change) => {
                self.blocked_seats
                    .retain(|seat| !change.seats.contains(seat));
                for area in &change.areas {
                    *self.blocked_areas.get_mut(&area.section).unwrap() -= area.quantity;
                }
            }
        }
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
