//! The reigns that one process knows to be no other's, showtime by showtime.
//!
//! A number comes up once, whatever the store forgets, so equality tells everything: if the store
//! shows a number that this process has seen before its own claims, or has put in a claim itself,
//! then nobody else has begun a reign since. It may be the number of a claim whose answer was lost,
//! or an older one, because the store has failed over and forgotten the newest. Any other number is
//! another's.

use std::collections::VecDeque;

use journal::{Standing, Succession};
use seating::ids::Epoch;

/// How many numbers are remembered: an owner that leaves unused and comes back takes one each time,
/// and a store that forgets more than the last few of them has lost an hour.
const REMEMBERED_MAX: usize = 16;

/// What a process knows of the reigns over one showtime.
#[derive(Debug, Default)]
pub(crate) struct Reigns {
    /// In the order in which they became known, which is rising.
    own: VecDeque<Epoch>,
    /// Whether any of them is known to have begun.
    begun: bool,
}

impl Reigns {
    /// Whether another process has taken the showtime from this one. One that never reigned has
    /// nothing to lose, whoever stands there.
    pub(crate) fn are_over(&self, standing: Epoch) -> bool {
        self.begun && !self.own.contains(&standing)
    }

    /// The claim to be made, which counts as made: it may be recorded without our hearing of it.
    /// It is higher than every number known, so that nobody here takes an older picture for newer.
    pub(crate) fn succeed(&mut self, standing: &Standing) -> Succession {
        let newest = self.own.back().copied().unwrap_or_default();
        let to = Epoch(newest.max(standing.epoch).0 + u64::from(standing.step));
        self.remember(standing.epoch);
        self.remember(to);
        Succession {
            from: standing.epoch,
            to,
        }
    }

    /// A claim was answered: the reign has begun.
    pub(crate) fn has_begun(&mut self) {
        self.begun = true;
    }

    fn remember(&mut self, epoch: Epoch) {
        if self.own.contains(&epoch) {
            return;
        }
        if self.own.len() == REMEMBERED_MAX {
            self.own.pop_front();
        }
        self.own.push_back(epoch);
    }
}
