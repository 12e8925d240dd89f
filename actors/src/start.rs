//! The start of an owner, which whoever needs the owner waits for.
//!
//! All are told the one outcome, good or bad, in the order in which they came: nobody overtakes,
//! and a simulation that is run again takes the same course.

use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use crate::error::CallError;
use crate::live::Live;

/// A start as those see it who wait.
#[derive(Clone, Debug)]
pub(crate) struct Start(Arc<Inner>);

/// The one who carries it out; dropping it without an outcome breaks the start off.
#[derive(Debug)]
pub(crate) struct Herald(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Has no permits ever: it is closed when the start is over.
    over: Semaphore,
    outcome: OnceLock<Result<Arc<Live>, CallError>>,
}

impl Start {
    pub(crate) fn begin() -> (Herald, Self) {
        let inner = Arc::new(Inner {
            over: Semaphore::new(0),
            outcome: OnceLock::new(),
        });
        (Herald(Arc::clone(&inner)), Self(inner))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.over.is_closed()
    }

    pub(crate) async fn outcome(&self) -> Result<Arc<Live>, CallError> {
        drop(self.0.over.acquire().await);
        let outcome = self.0.outcome.get().cloned();
        // A start that broke off without an outcome has panicked.
        outcome.unwrap_or(Err(CallError::OwnerRestarted))
    }
}

impl Herald {
    pub(crate) fn tell(self, outcome: Result<Arc<Live>, CallError>) {
        // Nobody else can have told: this is taken by value.
        let _first = self.0.outcome.set(outcome);
    }
}

impl Drop for Herald {
    fn drop(&mut self) {
        self.0.over.close();
    }
}
