//! How fast the backlog drains, and so when a refused caller should come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use journal::backlog::Backlog;
use tokio::time::Instant;

/// The rate is measured again no more often than this.
const WINDOW: Duration = Duration::from_millis(100);
const RETRY_AFTER_MIN: Duration = Duration::from_millis(100);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
/// Without a rate nothing drains, which the store's return will change in its own time.
const RETRY_AFTER_STALLED: Duration = Duration::from_secs(1);

/// Of all that are served in a second, one part in so many may be such as were refused before and
/// come back then: refusing them again must cost little beside serving the others.
const COMING_BACK_SHARE: u64 = 10;
/// So many may come back in a second however slow it goes.
const COMING_BACK_MIN: u64 = 100;
const APPOINTMENT_MIN_MS: u64 = 1_000;
const APPOINTMENT_MAX_MS: u64 = 10_000;

/// Measures the backlog whenever somebody asks; costs a few loads, whatever the load.
#[derive(Debug)]
pub(crate) struct DrainRate {
    backlog: Arc<Backlog>,
    begun: Instant,
    /// When the present window began, in milliseconds since `begun`.
    window_began_ms: AtomicU64,
    drained_then: AtomicU64,
    per_second: AtomicU64,
    /// The last time at which somebody is to come back, in microseconds since `begun`.
    appointed_us: AtomicU64,
}

impl DrainRate {
    pub(crate) fn new(backlog: Arc<Backlog>) -> Self {
        Self {
            backlog,
            begun: Instant::now(),
            window_began_ms: AtomicU64::new(0),
            drained_then: AtomicU64::new(0),
            per_second: AtomicU64::new(0),
            appointed_us: AtomicU64::new(0),
        }
    }

    /// What is waiting divided by what drains, within sensible bounds.
    pub(crate) fn retry_after(&self) -> Duration {
        match self.per_second() {
            0 => RETRY_AFTER_STALLED,
            rate => {
                let wait_ms = (self.backlog.len() as u64).saturating_mul(1_000) / rate;
                Duration::from_millis(wait_ms).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
            }
        }
    }

    /// When one of many who are refused is to come back: each at a time of their own, one after the
    /// other, so that those who come back are a small part of those who are served, however many
    /// they are. Later than any other of them, but for the bounds.
    pub(crate) fn appointment(&self) -> Duration {
        let now_ms = self.now_ms();
        let per_second = (self.per_second() / COMING_BACK_SHARE).max(COMING_BACK_MIN);
        let (earliest, latest) = (now_ms + APPOINTMENT_MIN_MS, now_ms + APPOINTMENT_MAX_MS);
        // Thousandths of milliseconds, because many may come back in one.
        let step = 1_000_000 / per_second;
        let next = |last: u64| Some((last + step).clamp(earliest * 1_000, latest * 1_000));
        let taken = self
            .appointed_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let last = taken.unwrap_or_else(|last| last);
        let at = (last + step).clamp(earliest * 1_000, latest * 1_000);
        Duration::from_micros(at.saturating_sub(now_ms * 1_000))
    }

    /// Reservations given back per second, as measured last; measures again if that is long ago.
    pub(crate) fn per_second(&self) -> u64 {
        let now_ms = self.now_ms();
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
        self.per_second.load(Ordering::Relaxed)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX >> 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_comes_back_one_after_the_other_and_not_too_late() {
        let rate = DrainRate::new(Backlog::new(8));
        let first = rate.appointment();
        assert_eq!(first.as_millis(), u128::from(APPOINTMENT_MIN_MS));
        let mut last = first;
        for _ in 0..COMING_BACK_MIN {
            let next = rate.appointment();
            assert!(next > last);
            last = next;
        }
        // As many as may come back in one second: one second later than the first.
        assert_eq!(last.saturating_sub(first).as_millis(), 1_000);
        let many = (0..10_000).map(|_| rate.appointment()).max();
        assert_eq!(many.unwrap().as_millis(), u128::from(APPOINTMENT_MAX_MS));
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(rate.appointment(), first);
    }
}
