//! Which requests of a connection are not looked at for a while: refusing a client that comes back
//! before its `Retry-After` costs the server more than the client.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Until when a connection waits, and how many of its requests do. Times are milliseconds since its
/// beginning.
#[derive(Debug)]
pub(super) struct HeldOff {
    born: Instant,
    /// Until when no further hold is looked at.
    holds_wait_until: AtomicU64,
    /// Until when nothing is.
    all_wait_until: AtomicU64,
    /// Whether its last hold was refused for lack of room.
    returns: AtomicBool,
    parked: AtomicUsize,
}

/// Requests of a connection that may wait to be looked at: each takes the memory of a head.
const PARKED_MAX: usize = 4;

impl HeldOff {
    pub(super) fn new() -> Self {
        Self {
            born: Instant::now(),
            holds_wait_until: AtomicU64::new(0),
            all_wait_until: AtomicU64::new(0),
            returns: AtomicBool::new(false),
            parked: AtomicUsize::new(0),
        }
    }

    /// Looks at no further hold of this connection for a while.
    pub(super) fn hold_off(&self, pause: Duration) {
        let until = self.now_ms().saturating_add(millis(pause));
        self.holds_wait_until.fetch_max(until, Ordering::Relaxed);
    }

    /// Looks at nothing of this connection for a while.
    pub(super) fn hold_off_all(&self, pause: Duration) {
        let until = self.now_ms().saturating_add(millis(pause));
        self.all_wait_until.fetch_max(until, Ordering::Relaxed);
    }

    /// Whether its last hold was refused for lack of room, and nothing has been granted since: who
    /// has waited as long as asked is let in before others.
    pub(super) fn returns(&self) -> bool {
        self.returns.load(Ordering::Relaxed)
    }

    /// Its last hold found no room.
    pub(super) fn will_return(&self) {
        self.returns.store(true, Ordering::Relaxed);
    }

    /// It got what it wanted.
    pub(super) fn satisfy(&self) {
        // Most were never told to wait.
        if self.holds_wait_until.load(Ordering::Relaxed) > 0 {
            self.holds_wait_until.store(0, Ordering::Relaxed);
            self.returns.store(false, Ordering::Relaxed);
        }
    }

    /// How long its next request has to wait, which is longer if it is a hold.
    pub(super) fn held_off_for(&self, is_hold: bool) -> Option<Duration> {
        let mut until = self.all_wait_until.load(Ordering::Relaxed);
        if is_hold {
            until = until.max(self.holds_wait_until.load(Ordering::Relaxed));
        }
        // Most connections were never told to wait, and need not ask for the time.
        let left = until.checked_sub(1)?.saturating_sub(self.now_ms());
        (left > 0).then(|| Duration::from_millis(left))
    }

    /// Whether a request waits to be looked at.
    pub(super) fn anything_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed) > 0
    }

    /// Lets one more of its requests wait to be looked at, unless as many do as may.
    pub(super) fn park(&self) -> bool {
        let before = self.parked.fetch_add(1, Ordering::Relaxed);
        if before >= PARKED_MAX {
            self.unpark();
        }
        before < PARKED_MAX
    }

    /// One of them is looked at, or gone.
    pub(super) fn unpark(&self) {
        self.parked.fetch_sub(1, Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        millis(self.born.elapsed())
    }
}

/// A duration in whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_held_off_waits_once() {
        let held_off = HeldOff::new();
        assert_eq!(held_off.held_off_for(true), None);
        held_off.hold_off(Duration::from_secs(2));
        assert_eq!(held_off.held_off_for(false), None);
        pass(1).await;
        assert!(held_off.held_off_for(true).is_some());
        held_off.hold_off_all(Duration::from_secs(2));
        pass(1).await;
        assert!(held_off.held_off_for(false).is_some());
        pass(1).await;
        assert_eq!(held_off.held_off_for(true), None);
    }

    #[tokio::test(start_paused = true)]
    async fn few_requests_of_a_connection_wait() {
        let held_off = HeldOff::new();
        let parked = (0..100).filter(|_| held_off.park()).count();
        assert_eq!(parked, PARKED_MAX);
        for _ in 0..parked {
            held_off.unpark();
        }
        assert!(!held_off.anything_parked());
    }
}
