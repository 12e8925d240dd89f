//! How often a design had to try again, how often it gave up, and how many buyers did not wait.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted since the start.
#[derive(Debug, Default)]
pub struct Counters {
    retries: AtomicU64,
    gave_up: AtomicU64,
    left: AtomicU64,
}

/// Somebody waits for what a design decides; whoever drops it before has left.
#[derive(Debug)]
pub struct Waiting<'a>(Option<&'a Counters>);

impl Waiting<'_> {
    /// It is decided.
    pub fn decided(mut self) {
        self.0 = None;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(counters) = self.0 {
            counters.left.fetch_add(1, Ordering::Relaxed);
        }
    }
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

    /// Somebody begins to wait.
    pub const fn wait(&self) -> Waiting<'_> {
        Waiting(Some(self))
    }

    /// As Prometheus reads it.
    pub fn render(&self) -> String {
        let counters = [
            ("retries", &self.retries),
            ("gave_up", &self.gave_up),
            ("left", &self.left),
        ];
        let lines = counters.map(|(name, counter)| {
            let count = counter.load(Ordering::Relaxed);
            format!("# TYPE baseline_{name}_total counter\nbaseline_{name}_total {count}\n")
        });
        lines.concat()
    }
}
