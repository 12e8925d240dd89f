//! How fast the backlog drains, and so when a refused caller should come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use seating::journal::backlog::Backlog;
use tokio::time::Instant;

/// The rate is measured anew no more often than this.
const WINDOW: Duration = Duration::from_millis(100);
const RETRY_AFTER_MIN: Duration = Duration::from_millis(100);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
/// Without a rate nothing drains, which the store's return will change in its own time.
const RETRY_AFTER_STALLED: Duration = Duration::from_secs(1);

/// Measures the backlog whenever somebody asks; costs a few loads, whatever the load.
#[derive(Debug)]
pub(crate) struct DrainRate {
    backlog: Arc<Backlog>,
    begun: Instant,
    /// When the present window began, in milliseconds since `begun`.
    window_began_ms: AtomicU64,
    drained_then: AtomicU64,
    per_second: AtomicU64,
}

impl DrainRate {
    pub(crate) fn new(backlog: Arc<Backlog>) -> Self {
        Self {
            backlog,
            begun: Instant::now(),
            window_began_ms: AtomicU64::new(0),
            drained_then: AtomicU64::new(0),
            per_second: AtomicU64::new(0),
        }
    }

    /// What is waiting divided by what drains, within sensible bounds.
    pub(crate) fn retry_after(&self) -> Duration {
        let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let began_ms = self.window_began_ms.load(Ordering::Relaxed);
        let window_ms = now_ms.saturating_sub(began_ms);
        let window_over = u128::from(window_ms) >= WINDOW.as_millis();
        let mine = window_over
            && self
                .window_began_ms
                .compare_exchange(began_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            let drained = self.backlog.drained();
            let then = self.drained_then.swap(drained, Ordering::Relaxed);
            let rate = drained.saturating_sub(then).saturating_mul(1_000) / window_ms.max(1);
            self.per_second.store(rate, Ordering::Relaxed);
        }
        match self.per_second.load(Ordering::Relaxed) {
            0 => RETRY_AFTER_STALLED,
            rate => {
                let wait_ms = (self.backlog.len() as u64).saturating_mul(1_000) / rate;
                Duration::from_millis(wait_ms).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
            }
        }
    }
}
