//! How often a design had to try again, and how often it gave up.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted since the start.
#[derive(Debug, Default)]
pub struct Counters {
    retries: AtomicU64,
    gave_up: AtomicU64,
}

impl Counters {
    /// One more attempt at the same request.
    pub fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// A request that was refused because no attempt went through.
    pub fn gave_up(&self) {
        self.gave_up.fetch_add(1, Ordering::Relaxed);
    }

    /// As Prometheus reads it.
    pub fn render(&self) -> String {
        let (retries, gave_up) = (&self.retries, &self.gave_up);
        let (retries, gave_up) = (
            retries.load(Ordering::Relaxed),
            gave_up.load(Ordering::Relaxed),
        );
        format!(
            "# TYPE baseline_retries_total counter\nbaseline_retries_total {retries}\n\
             # TYPE baseline_gave_up_total counter\nbaseline_gave_up_total {gave_up}\n"
        )
    }
}
