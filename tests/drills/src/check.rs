//! The proof: the buyers' history, what is stored and what the server says, against each other.
//!
//! ```text
//!   journal ──replay──► what the rules allow, step by step        replay
//!      ├── = every view of the seat map that anybody saw      replay, looks
//!      ├── = holds, tickets, bookings, audit                      tables
//!      └── ∋ every promise, ∌ every refusal,
//!            of every unknown outcome all or nothing              promises
//!   history ──per seat──► one order of all operations             register, linear
//!           └── nobody was refused a seat that was surely free    refusals
//! ```
//!
//! The orders of the register do not use the server's numbers: they are found from what buyers
//! and onlookers saw, and when.

use std::collections::BTreeMap;

use crate::evidence::Evidence;
use crate::history::{History, Operation, Outcome};
use crate::summary::Summary;

mod linear;
mod looks;
mod promises;
mod refusals;
mod register;
mod replay;
mod tables;

#[cfg(test)]
mod tests;

use replay::Replay;

/// Everything that does not add up, with the counts that say how much was looked at.
pub(crate) fn check(history: &History, evidence: &Evidence) -> Summary {
    let mut summary = counts(history);
    for complaint in &history.complaints {
        summary.violate(complaint);
    }
    let looks = looks::check(history, &mut summary);
    let replay = Replay::of(evidence, &looks, &mut summary);
    tables::check(evidence, &replay, &mut summary);
    promises::check(history, &replay, &mut summary);
    refusals::check(history, &mut summary);
    register::check(history, evidence, &replay, &mut summary);
    summary
}

fn counts(history: &History) -> Summary {
    let mut by_outcome = BTreeMap::new();
    for operation in &history.operations {
        let name = match &operation.outcome {
            Outcome::Ok(_) => "acknowledged",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown { .. } => "unknown",
        };
        *by_outcome.entry(name).or_insert(0) += 1;
    }
    let mut summary = Summary::default();
    summary.count("operations", history.operations.len() as u64);
    for name in ["acknowledged", "refused", "unknown"] {
        summary.count(name, by_outcome.get(name).copied().unwrap_or(0));
    }
    let turned_away = |operation: &&Operation| match &operation.outcome {
        Outcome::Refused(refusal) => refusal.status == 503,
        Outcome::Ok(_) | Outcome::Unknown { .. } => false,
    };
    let turned_away = history.operations.iter().filter(turned_away).count();
    summary.count("turned away", turned_away as u64);
    summary.count("never sent", history.never_sent);
    for name in ["unknown there", "unknown not"] {
        summary.count(name, 0);
    }
    summary.count("repeated", history.repeats);
    summary
}
