//! A wall clock that goes with virtual time and can be put forward and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actors::clock::{Clock, Waiting};
use seating::timestamp::Timestamp;
use tokio::time::Instant;

/// When every simulation begins.
pub(super) const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// One process's clock. Like the operating system's, a wait measures how much time passes: after
/// a jump it ends too early or too late, and whoever waited has to look again.
#[derive(Debug)]
pub(super) struct JumpingClock {
    begun: Instant,
    ahead_micros: AtomicI64,
    /// The most that any clock of the simulation was ahead when it was read.
    furthest_ahead_micros: Arc<AtomicI64>,
}

impl JumpingClock {
    pub(super) fn new(
        begun: Instant,
        ahead: Duration,
        furthest_ahead_micros: Arc<AtomicI64>,
    ) -> Self {
        Self {
            begun,
            ahead_micros: AtomicI64::new(micros(ahead)),
            furthest_ahead_micros,
        }
    }

    pub(super) fn jump_forward(&self, by: Duration) {
        self.ahead_micros.fetch_add(micros(by), Ordering::Relaxed);
    }

    pub(super) fn jump_back(&self, by: Duration) {
        self.ahead_micros.fetch_sub(micros(by), Ordering::Relaxed);
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_micros.load(Ordering::Relaxed);
        let now = START.unix_micros() + micros(self.begun.elapsed()) + ahead;
        self.furthest_ahead_micros
            .fetch_max(ahead, Ordering::Relaxed);
        Timestamp::from_unix_micros(now)
    }

    fn passed_micros(&self) -> u64 {
        micros(self.begun.elapsed()).unsigned_abs()
    }

    fn wait_until(&self, at: Timestamp) -> Waiting {
        let wait = Duration::from_micros(at.micros_after(self.now()));
        Box::pin(tokio::time::sleep(wait))
    }
}

pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
