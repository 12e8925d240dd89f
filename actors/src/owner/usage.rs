//! When an owner was last asked anything, and whether it has holds to look after.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The least time between two writes, so that a crowd of readers shares a cache line that is hardly
/// ever written.
const COARSE_MAX: Duration = Duration::from_secs(1);

/// Shared by an owner and everybody who asks it.
#[derive(Debug)]
pub(crate) struct Usage {
    begun: Instant,
    coarse_micros: u64,
    /// Since `begun`.
    used_micros: AtomicU64,
    has_holds: AtomicBool,
}

impl Usage {
    /// Of an owner that is used now; all of one box office count from the same `begun`. Known to a
    /// part of `idle_after`, or to the second.
    pub(crate) fn new(begun: Instant, idle_after: Duration) -> Self {
        Self {
            begun,
            coarse_micros: micros(COARSE_MAX.min(idle_after / 8)),
            used_micros: AtomicU64::new(micros(begun.elapsed())),
            has_holds: AtomicBool::new(false),
        }
    }

    /// It is used at `now`.
    pub(crate) fn touch(&self, now: Instant) {
        let now = micros(now.saturating_duration_since(self.begun));
        let known = self.used_micros.load(Ordering::Relaxed);
        if now > known.saturating_add(self.coarse_micros) {
            self.used_micros.store(now, Ordering::Relaxed);
        }
    }

    /// When it was used last; only for comparing with others of the same box office.
    pub(crate) fn last(&self) -> u64 {
        self.used_micros.load(Ordering::Relaxed)
    }

    /// Whether nobody has asked anything for so long.
    pub(crate) fn is_idle(&self, after: Duration) -> bool {
        let idle = micros(self.begun.elapsed()).saturating_sub(self.last());
        idle >= micros(after)
    }

    /// Whether any hold is live, as of the last command.
    pub(crate) fn has_holds(&self) -> bool {
        self.has_holds.load(Ordering::Relaxed)
    }

    /// Set by the owner after every command; written only when it changes.
    pub(crate) fn report_holds(&self, any: bool) {
        if self.has_holds() != any {
            self.has_holds.store(any, Ordering::Relaxed);
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
