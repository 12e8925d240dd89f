//! The reigns that one process knows to be no other's, showtime by showtime.
//!
//! No two reigns share a number, whatever the store forgets, so equality is enough: if the store
//! shows a number that this process has seen before its own claims, or has put in a claim itself,
//! then nobody else has begun a reign since. It may be the number of a claim whose answer was lost,
//! or an older one, because the store has failed over and forgotten the newest. Any other number is
//! another's.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use journal::{Standing, Succession};
use seating::ids::{Epoch, ShowtimeId};

/// How many numbers are remembered: an owner that leaves unused and comes back takes one each time,
/// and a store that forgets more than the last few of them has lost an hour.
const REMEMBERED_MAX: usize = 16;

/// Showtimes of which something is remembered: some 40 MB. A process that has sold so many in its
/// life forgets some that it has no owner of now, and would take one of those back that another
/// process has claimed since; one that has lost so many to others takes none any more.
const SHOWTIMES_MAX: usize = 1 << 18;

/// What a process knows of the reigns over all showtimes.
#[derive(Debug, Default)]
pub(super) struct OwnReigns {
    by_showtime: DashMap<ShowtimeId, ReignsKnown>,
    deposed: AtomicUsize,
}

/// Another process has claimed the showtime: this one never claims it again until its restart.
#[derive(Debug)]
pub(super) struct Deposed;

/// What is known of one showtime.
#[derive(Debug)]
enum ReignsKnown {
    /// It is this process's, as far as is known.
    Own(Reigns),
    /// It was lost to another process.
    Lost,
}

/// What a process knows of the reigns over one showtime.
#[derive(Debug, Default)]
struct Reigns {
    /// In the order in which they became known, which is rising.
    own: VecDeque<Epoch>,
    /// Whether any of them is known to have begun.
    begun: bool,
}

impl OwnReigns {
    /// Whether a showtime was lost to another process.
    pub(super) fn is_deposed(&self, showtime: ShowtimeId) -> bool {
        let known = self.by_showtime.get(&showtime);
        known.is_some_and(|known| matches!(*known, ReignsKnown::Lost))
    }

    /// How many were.
    pub(super) fn deposed_count(&self) -> usize {
        self.deposed.load(Ordering::Relaxed)
    }

    /// The claim to make for a showtime in this standing.
    pub(super) fn succeed(
        &self,
        showtime: ShowtimeId,
        standing: &Standing,
    ) -> Result<Succession, Deposed> {
        if self.deposed_count() >= SHOWTIMES_MAX {
            return Err(Deposed);
        }
        let fresh = || ReignsKnown::Own(Reigns::default());
        let mut known = self.by_showtime.entry(showtime).or_insert_with(fresh);
        match &mut *known {
            ReignsKnown::Own(reigns) if !reigns.are_over(standing.epoch) => {
                Ok(reigns.succeed(standing))
            }
            ReignsKnown::Own(_) => {
                *known = ReignsKnown::Lost;
                self.deposed.fetch_add(1, Ordering::Relaxed);
                Err(Deposed)
            }
            ReignsKnown::Lost => Err(Deposed),
        }
    }

    /// A claim was answered: the reign has begun.
    pub(super) fn has_begun(&self, showtime: ShowtimeId) {
        if let Some(mut known) = self.by_showtime.get_mut(&showtime)
            && let ReignsKnown::Own(reigns) = &mut *known
        {
            reigns.begun = true;
        }
    }

    /// Forgets showtimes that have no owner here, while there are too many. What was lost is never
    /// forgotten.
    pub(super) fn keep_within_bounds(&self, has_owner: impl Fn(ShowtimeId) -> bool) {
        self.keep_at_most(SHOWTIMES_MAX, has_owner);
    }

    fn keep_at_most(&self, max: usize, has_owner: impl Fn(ShowtimeId) -> bool) {
        let mut excess = self.by_showtime.len().saturating_sub(max);
        if excess == 0 {
            return;
        }
        self.by_showtime.retain(|&showtime, known| {
            let forgotten =
                excess > 0 && matches!(known, ReignsKnown::Own(_)) && !has_owner(showtime);
            excess -= usize::from(forgotten);
            !forgotten
        });
    }
}

impl Reigns {
    /// Whether another process has taken the showtime from this one. A process that never reigned
    /// over it cannot lose it.
    fn are_over(&self, standing: Epoch) -> bool {
        self.begun && !self.own.contains(&standing)
    }

    /// The claim to make. It is remembered before it is made: the store may record it and its
    /// answer be lost. Its number is above every known one, so that views of older reigns stay
    /// older.
    fn succeed(&mut self, standing: &Standing) -> Succession {
        let newest = self.own.back().copied().unwrap_or_default();
        let to = Epoch(newest.max(standing.epoch).0 + u64::from(standing.step));
        self.remember(standing.epoch);
        self.remember(to);
        Succession {
            from: standing.epoch,
            to,
        }
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

#[cfg(test)]
mod tests {
    use testkit::layouts::TestLayout;
    use uuid::Uuid;

    use super::*;

    fn showtime(number: u128) -> ShowtimeId {
        ShowtimeId::new(Uuid::from_u128(number))
    }

    fn standing(epoch: u64) -> Standing {
        Standing {
            epoch: Epoch(epoch),
            step: 1,
            layout: TestLayout::of_rows(&[1]).build(),
            store_time: None,
        }
    }

    /// A process that has owned these showtimes, of which it has lost the first.
    fn reigns_of(showtimes: u128) -> OwnReigns {
        let reigns = OwnReigns::default();
        for number in 0..showtimes {
            assert!(reigns.succeed(showtime(number), &standing(1)).is_ok());
            reigns.has_begun(showtime(number));
        }
        assert!(reigns.succeed(showtime(0), &standing(9)).is_err());
        assert!(reigns.is_deposed(showtime(0)));
        reigns
    }

    #[test]
    fn what_was_lost_is_remembered_and_what_has_an_owner() {
        let reigns = reigns_of(10);
        reigns.keep_at_most(3, |id| id == showtime(1));
        assert_eq!(reigns.by_showtime.len(), 3);
        assert!(reigns.is_deposed(showtime(0)));
        assert!(reigns.by_showtime.contains_key(&showtime(1)));
        reigns.keep_at_most(0, |_| false);
        assert_eq!(reigns.by_showtime.len(), 1, "what was lost stays lost");
    }

    #[test]
    fn who_has_lost_too_many_takes_none() {
        let reigns = reigns_of(1);
        assert_eq!(reigns.deposed_count(), 1);
        assert!(reigns.succeed(showtime(5), &standing(1)).is_ok());
        reigns.deposed.store(SHOWTIMES_MAX, Ordering::Relaxed);
        assert!(reigns.succeed(showtime(6), &standing(1)).is_err());
    }
}
