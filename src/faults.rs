//! What is wrong with a plan, up to a hundred faults.

use std::collections::HashSet;

use seating::seat_layout::FAULTS_MAX;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct PlanFault {
    /// The place in the plan, `zones[0].rows[3].seats[7].category`, or beside it: `prices` or
    /// `stages`.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// All that is wrong with a plan, each place once.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Vec<PlanFault>,
    places: HashSet<String>,
}

impl Faults {
    /// Notes a fault, unless there are enough or something was wrong at that place, or around it,
    /// already.
    pub(super) fn add(&mut self, path: String, reason: impl Into<String>) {
        let steps = path.match_indices(['.', '[']).map(|(at, _)| &path[..at]);
        let known = steps.into_iter().any(|around| self.places.contains(around));
        if !known && !self.is_full() && self.places.insert(path.clone()) {
            let reason = reason.into();
            self.found.push(PlanFault { path, reason });
        }
    }

    /// Whether no more will be told.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= FAULTS_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<PlanFault> {
        self.found
    }
}
