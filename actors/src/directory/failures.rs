//! How often owners have failed, and when a dead one is tried again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use metrics::counter;
use seating::ids::ShowtimeId;

use crate::metrics::{OWNER_GIVE_UPS, OWNER_RESTARTS};

/// Failures within [`WINDOW`] after which an owner rests for as long.
const FAILURES_MAX: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);
const DELAY_FIRST: Duration = Duration::from_millis(50);
const DELAY_MAX: Duration = Duration::from_secs(5);

/// The failures of all owners within the last [`WINDOW`]; older ones do not count.
#[derive(Debug, Default)]
pub(super) struct Failures(DashMap<ShowtimeId, History>);

/// Starts that have failed since the last success. Anybody may ask for any showtime while the store
/// is unreachable, and that must not fill the log.
#[derive(Debug, Default)]
pub(super) struct StartFailures(AtomicU64);

/// The failures of one showtime's owners, as times since some fixed start.
#[derive(Debug, Default)]
struct History {
    failures: Vec<Duration>,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestartVerdict {
    /// Start the next owner no earlier than this.
    RestartAt(Duration),
    /// It fails too often: leave it alone until then.
    GiveUpUntil(Duration),
}

impl Failures {
    /// Counts one at `now`.
    pub(super) fn add(&self, showtime: ShowtimeId, now: Duration) -> RestartVerdict {
        let verdict = self.0.entry(showtime).or_default().failed(now);
        match verdict {
            RestartVerdict::RestartAt(_) => counter!(OWNER_RESTARTS).increment(1),
            RestartVerdict::GiveUpUntil(_) => counter!(OWNER_GIVE_UPS).increment(1),
        }
        verdict
    }

    /// What the failures so far mean; `None` when there was none lately.
    pub(super) fn verdict(&self, showtime: ShowtimeId) -> Option<RestartVerdict> {
        self.0.get(&showtime)?.verdict()
    }

    /// Forgets what is older than [`WINDOW`].
    pub(super) fn forget_old(&self, now: Duration) {
        self.0.retain(|_, history| !history.is_old(now));
    }
}

impl StartFailures {
    /// One more; returns how many there are when that is worth a line in the log.
    pub(super) fn add(&self) -> Option<u64> {
        let failures = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        failures.is_power_of_two().then_some(failures)
    }

    /// A start went well.
    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl History {
    /// Whether its owner no longer rests, and the next failure counts as the first.
    fn is_old(&self, now: Duration) -> bool {
        self.failures
            .last()
            .is_none_or(|&at| now.saturating_sub(at) >= WINDOW)
    }

    /// Counts a failure at `now`.
    fn failed(&mut self, now: Duration) -> RestartVerdict {
        self.failures.retain(|&at| now.saturating_sub(at) < WINDOW);
        self.failures.push(now);
        self.verdict().unwrap_or(RestartVerdict::RestartAt(now))
    }

    /// What the failures so far mean; `None` when there was none lately.
    fn verdict(&self) -> Option<RestartVerdict> {
        let last = *self.failures.last()?;
        if self.failures.len() > FAILURES_MAX {
            return Some(RestartVerdict::GiveUpUntil(last + WINDOW));
        }
        // The first restart is at once: most failures do not repeat.
        let repeats = u32::try_from(self.failures.len()).unwrap_or(u32::MAX) - 1;
        let delay = match repeats {
            0 => Duration::ZERO,
            n => (DELAY_FIRST * 2_u32.saturating_pow(n - 1)).min(DELAY_MAX),
        };
        Some(RestartVerdict::RestartAt(last + delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_then_the_owner_rests() {
        let mut history = History::default();
        let at = Duration::from_secs(100);
        let delays: Vec<_> = (0..7).map(|_| history.failed(at)).collect();
        let restart = |ms| RestartVerdict::RestartAt(at + Duration::from_millis(ms));
        assert_eq!(
            delays[..5],
            [
                restart(0),
                restart(50),
                restart(100),
                restart(200),
                restart(400)
            ]
        );
        assert_eq!(delays[5], RestartVerdict::GiveUpUntil(at + WINDOW));
    }

    #[test]
    fn old_failures_are_forgotten() {
        let failures = Failures::default();
        let showtime = ShowtimeId::new(uuid::Uuid::from_u128(1));
        (0..6).for_each(|_| {
            failures.add(showtime, Duration::ZERO);
        });
        failures.forget_old(WINDOW.saturating_sub(Duration::from_millis(1)));
        assert_eq!(
            failures.verdict(showtime),
            Some(RestartVerdict::GiveUpUntil(WINDOW))
        );
        failures.forget_old(WINDOW);
        assert_eq!(failures.verdict(showtime), None);
        assert!(failures.0.is_empty());
    }

    #[test]
    fn old_failures_are_forgiven() {
        let mut history = History::default();
        (0..6).for_each(|_| {
            history.failed(Duration::ZERO);
        });
        let later = WINDOW * 2;
        assert_eq!(history.failed(later), RestartVerdict::RestartAt(later));
    }
}
