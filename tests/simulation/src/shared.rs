//! State that the tasks of one simulation share.
#![expect(
    clippy::disallowed_types,
    reason = "the tasks of a simulation run on one thread, but owners ask for what could be sent \
              to another"
)]

use std::sync::{Mutex, PoisonError};

/// Looked at and changed in one step; never kept over an await.
#[derive(Debug, Default)]
pub(super) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(super) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
