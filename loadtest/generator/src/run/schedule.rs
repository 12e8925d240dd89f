//! When requests are due, whatever becomes of the ones before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

/// Arrivals at random, independently of one another: a Poisson process.
#[derive(Debug)]
pub(crate) struct Schedule {
    begins: Instant,
    /// After the beginning, ascending.
    due: Vec<Duration>,
    next: AtomicUsize,
}

impl Schedule {
    /// `per_second` arrivals on average for so long.
    pub(crate) fn new(begins: Instant, per_second: f64, length: Duration, seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut due = Vec::new();
        let mut at = 0.0;
        loop {
            // The time between two arrivals is exponentially distributed.
            let uniform: f64 = random.random();
            at += -(1.0 - uniform).ln() / per_second;
            if at >= length.as_secs_f64() || !at.is_finite() {
                break;
            }
            due.push(Duration::from_secs_f64(at));
        }
        let next = AtomicUsize::new(0);
        Self { begins, due, next }
    }

    /// The next arrival that nobody has taken.
    pub(crate) fn take(&self) -> Option<Instant> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        self.due.get(at).map(|due| self.begins + *due)
    }

    /// Arrivals that nobody took.
    pub(crate) fn left(&self) -> u64 {
        let taken = self.next.load(Ordering::Relaxed);
        self.due.len().saturating_sub(taken) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn arrivals_come_at_their_rate_each_taken_once() {
        let begins = Instant::now();
        let schedule = Schedule::new(begins, 1_000.0, Duration::from_secs(10), 7);
        let total = schedule.left();
        assert!((9_500..10_500).contains(&total), "{total}");
        let taken: Vec<Instant> = std::iter::from_fn(|| schedule.take()).collect();
        assert_eq!(taken.len() as u64, total);
        assert!(taken.is_sorted());
        assert_eq!(schedule.left(), 0);
    }

    #[tokio::test]
    async fn no_rate_is_no_arrivals() {
        let schedule = Schedule::new(Instant::now(), 0.0, Duration::from_secs(1), 7);
        assert!(schedule.take().is_none());
    }
}
