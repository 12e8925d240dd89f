//! Requests in progress, against a bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Requests in progress, against a limit. Shared by everything behind a door.
#[derive(Debug)]
pub struct RequestLimit {
    limit: usize,
    active: AtomicUsize,
}

/// One request's place, kept until the last byte of its answer is taken or dropped.
#[derive(Debug)]
pub struct Admitted(Arc<RequestLimit>);

impl RequestLimit {
    /// At most `limit` requests at once.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            active: AtomicUsize::new(0),
        })
    }

    /// Requests in progress.
    pub fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// A place, if there is one.
    pub fn admit(self: &Arc<Self>) -> Option<Admitted> {
        // Counted before it is compared, so that two requests cannot both take the last place.
        let admitted = Admitted(Arc::clone(self));
        let before = self.active.fetch_add(1, Ordering::Relaxed);
        (before < self.limit).then_some(admitted)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
