//! Every seat as a register free → held → sold, with the operations that touched it.
//!
//! Looks at the seat map are no operations of the register: under load a view may be two
//! commits old. What they must be instead is checked by `looks` and `replay`.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::linear::{self, Kind, Register, Step, Token};
use super::replay::{Replay, State};
use crate::evidence::Evidence;
use crate::history::{Action, Answer, History, Operation, Outcome, Want};
use crate::summary::Summary;

/// Finds one order per seat, or names the seat that has none.
pub(super) fn check(
    history: &History,
    evidence: &Evidence,
    replay: &Replay,
    summary: &mut Summary,
) {
    let steps = Steps::of(history, evidence, replay);
    for (seat, steps) in &steps.by_seat {
        summary.count("seats", 1);
        summary.count("steps", steps.len() as u64);
        if let Err(stuck) = linear::search(steps) {
            summary.violate(format!(
                "{seat}: no order explains its {} operations: {stuck:?}",
                steps.len()
            ));
        }
    }
}

/// A hold as the register knows it.
#[derive(Clone, Debug)]
struct Known {
    token: Token,
    seats: Vec<String>,
    /// No deadline of it can come before this.
    deadline_us: u64,
}

#[derive(Debug, Default)]
struct Steps {
    holds: BTreeMap<Uuid, Known>,
    by_seat: BTreeMap<String, Vec<Step>>,
}

impl Steps {
    fn of(history: &History, evidence: &Evidence, replay: &Replay) -> Self {
        let mut steps = Self::default();
        for seat in evidence.view.seats.keys() {
            steps.by_seat.insert(seat.clone(), Vec::new());
        }
        let stored: BTreeMap<Uuid, Uuid> = replay
            .holds
            .iter()
            .map(|(&hold, fate)| (fate.person, hold))
            .collect();
        for (token, operation) in history.operations.iter().enumerate() {
            steps.take(token, operation, &stored, replay);
        }
        for operation in &history.operations {
            steps.later(operation);
        }
        for known in steps.holds.clone().into_values() {
            let expiry = Step {
                invoked: known.deadline_us,
                ended: u64::MAX,
                required: false,
                kind: Kind::Give(known.token),
            };
            steps.add(&known.seats, expiry);
        }
        let last = history.operations.iter().map(|it| it.ended_us).max();
        steps.finish(last.unwrap_or(0), replay);
        steps
    }

    /// A hold. Of unknown ones for the best seats only the journal can say which seats they were.
    fn take(
        &mut self,
        token: Token,
        operation: &Operation,
        stored: &BTreeMap<Uuid, Uuid>,
        replay: &Replay,
    ) {
        let Action::Hold {
            person,
            want,
            ttl_seconds,
        } = &operation.action
        else {
            return;
        };
        let found = stored.get(person).copied();
        let (hold, seats) = match (&operation.outcome, want) {
            (Outcome::Ok(Answer::Held { hold, seats, .. }), _) => (Some(*hold), seats),
            (Outcome::Unknown { .. }, Want::Seats(seats)) => (found, seats),
            (Outcome::Unknown { .. }, Want::Best(_)) => {
                match found.and_then(|hold| replay.holds.get(&hold)) {
                    Some(fate) => (found, &fate.seats),
                    None => return,
                }
            }
            (Outcome::Ok(_) | Outcome::Refused(_), _) => return,
        };
        self.add(seats, step(operation, Kind::Take(token)));
        if let Some(hold) = hold {
            let known = Known {
                token,
                seats: seats.clone(),
                deadline_us: operation.invoked_us + micros(*ttl_seconds),
            };
            self.holds.insert(hold, known);
        }
    }

    fn later(&mut self, operation: &Operation) {
        let promised = matches!(operation.outcome, Outcome::Ok(_));
        let (hold, kind): (&Uuid, fn(Token) -> Kind) = match &operation.action {
            Action::Release { hold } => (hold, Kind::Give),
            Action::Confirm { hold } => (hold, Kind::Sell),
            Action::Extend { hold, .. } if promised => (hold, Kind::Keep),
            Action::Extend { .. } | Action::Hold { .. } | Action::Look => return,
        };
        let Some(known) = self.holds.get_mut(hold) else {
            return;
        };
        if let Action::Extend { seconds, .. } = &operation.action {
            known.deadline_us += micros(*seconds);
        }
        let (seats, kind) = (known.seats.clone(), kind(known.token));
        if !matches!(operation.outcome, Outcome::Refused(_)) {
            self.add(&seats, step(operation, kind));
        }
    }

    /// The end of every seat, which its order must lead to.
    fn finish(&mut self, last_us: u64, replay: &Replay) {
        let token = |hold: &Uuid| self.holds.get(hold).map(|known| known.token);
        let sold_from = |booking: Uuid| {
            let hold = replay.holds.iter().find(|(_, fate)| fate.is_sold(booking));
            hold.and_then(|(hold, _)| token(hold))
        };
        let mut ends = Vec::new();
        for seat in self.by_seat.keys() {
            let register = match replay.seats.get(seat) {
                None => Some(Register::Free),
                Some(State::Held(hold)) => token(hold).map(Register::Held),
                Some(State::Sold(booking)) => sold_from(*booking).map(Register::Sold),
            };
            // A hold that nobody asked for is a violation already.
            if let Some(register) = register {
                ends.push((seat.clone(), register));
            }
        }
        for (seat, register) in ends {
            let end = Step {
                invoked: last_us,
                ended: u64::MAX,
                required: true,
                kind: Kind::Is(register),
            };
            self.add(&[seat], end);
        }
    }

    fn add(&mut self, seats: &[String], step: Step) {
        for seat in seats {
            self.by_seat.entry(seat.clone()).or_default().push(step);
        }
    }
}

fn step(operation: &Operation, kind: Kind) -> Step {
    Step {
        invoked: operation.invoked_us,
        ended: operation.ended_us,
        required: matches!(operation.outcome, Outcome::Ok(_)),
        kind,
    }
}

fn micros(seconds: u32) -> u64 {
    u64::from(seconds) * 1_000_000
}
