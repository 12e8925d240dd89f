//! When a dead owner is tried again: arithmetic only.

use std::time::Duration;

/// Failures within [`WINDOW`] after which an owner rests for as long.
const FAILURES_MAX: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);
const DELAY_FIRST: Duration = Duration::from_millis(50);
const DELAY_MAX: Duration = Duration::from_secs(5);

/// The failures of one showtime's owners, as times since some fixed start.
#[derive(Debug, Default)]
pub(crate) struct RestartHistory {
    failures: Vec<Duration>,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Start the next owner no earlier than this.
    RestartAt(Duration),
    /// It fails too often: leave it alone until then.
    GiveUpUntil(Duration),
}

impl RestartHistory {
    /// Counts a failure at `now`.
    pub(crate) fn failed(&mut self, now: Duration) -> Verdict {
        self.failures.retain(|&at| now.saturating_sub(at) < WINDOW);
        self.failures.push(now);
        self.verdict().unwrap_or(Verdict::RestartAt(now))
    }

    /// What the failures so far mean; `None` when there was none lately.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let last = *self.failures.last()?;
        if self.failures.len() > FAILURES_MAX {
            return Some(Verdict::GiveUpUntil(last + WINDOW));
        }
        // The first restart is at once: most failures do not repeat.
        let repeats = u32::try_from(self.failures.len()).unwrap_or(u32::MAX) - 1;
        let delay = match repeats {
            0 => Duration::ZERO,
            n => (DELAY_FIRST * 2_u32.saturating_pow(n - 1)).min(DELAY_MAX),
        };
        Some(Verdict::RestartAt(last + delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_then_the_owner_rests() {
        let mut history = RestartHistory::default();
        let at = Duration::from_secs(100);
        let delays: Vec<_> = (0..7).map(|_| history.failed(at)).collect();
        let restart = |ms| Verdict::RestartAt(at + Duration::from_millis(ms));
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
        assert_eq!(delays[5], Verdict::GiveUpUntil(at + WINDOW));
    }

    #[test]
    fn old_failures_are_forgiven() {
        let mut history = RestartHistory::default();
        (0..6).for_each(|_| {
            history.failed(Duration::ZERO);
        });
        let later = WINDOW * 2;
        assert_eq!(history.failed(later), Verdict::RestartAt(later));
    }
}
