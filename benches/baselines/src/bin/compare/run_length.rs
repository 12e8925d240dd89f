//! How long a run lasts: as long as the rounds leave time for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Of every run alike, or figures would not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunLength {
    /// Does not count.
    warmup_ms: u64,
    measured_ms: u64,
}

/// What a run takes besides: the server's start, its showtime, the checks, cleaning up.
const AROUND_MS: u64 = 1_100;

/// Shorter than this a run says nothing, whatever the budget.
const MEASURED_MS_MIN: u64 = 700;
const MEASURED_MS_MAX: u64 = 10_000;
const STEP_MS: u64 = 50;

impl RunLength {
    /// The longest with which so many runs fit; a third of it is warm-up.
    pub(crate) fn within(budget: Duration, runs: usize) -> Self {
        let runs = u128::try_from(runs.max(1)).unwrap_or(u128::MAX);
        let each_ms = u64::try_from(budget.as_millis() / runs).unwrap_or(u64::MAX);
        let load_ms = each_ms.saturating_sub(AROUND_MS);
        let stepped = |ms: u64| ms / STEP_MS * STEP_MS;
        let measured_ms = stepped(load_ms / 3 * 2).clamp(MEASURED_MS_MIN, MEASURED_MS_MAX);
        Self {
            warmup_ms: stepped(measured_ms / 2),
            measured_ms,
        }
    }

    pub(crate) const fn warmup(self) -> Duration {
        Duration::from_millis(self.warmup_ms)
    }

    pub(crate) const fn measured(self) -> Duration {
        Duration::from_millis(self.measured_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_runs_fit_the_budget_as_long_as_they_say_something() {
        for (seconds, runs) in [(180, 72), (840, 270), (900, 90)] {
            let budget = Duration::from_secs(seconds);
            let length = RunLength::within(budget, runs);
            let each = length.warmup() + length.measured() + Duration::from_millis(AROUND_MS);
            assert!(each * u32::try_from(runs).unwrap() <= budget, "{length:?}");
            assert!(length.measured_ms > MEASURED_MS_MIN, "{length:?}");
        }
    }

    #[test]
    fn no_run_is_too_short_to_say_something() {
        let short = RunLength {
            warmup_ms: 350,
            measured_ms: 700,
        };
        assert_eq!(RunLength::within(Duration::ZERO, 1), short);
        assert_eq!(
            RunLength::within(Duration::from_secs(1), 0).measured_ms,
            700
        );
    }
}
