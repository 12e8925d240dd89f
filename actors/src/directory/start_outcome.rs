//! The start of an owner, for which all its callers wait.
//!
//! All get the same outcome, in the order in which they came: nobody overtakes,
//! and a simulation that is run again takes the same course.

use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use crate::directory::owner_handle::OwnerHandle;
use crate::error::CallError;

/// A start in progress, as its waiting callers see it.
#[derive(Clone, Debug)]
pub(crate) struct Start(Arc<StartState>);

/// The task's end of a start; dropping it without an outcome breaks the start off.
#[derive(Debug)]
pub(crate) struct Starter(Arc<StartState>);

#[derive(Debug)]
struct StartState {
    /// Has no permits ever: it is closed when the start is over.
    over: Semaphore,
    outcome: OnceLock<Result<Arc<OwnerHandle>, CallError>>,
}

impl Start {
    pub(crate) fn begin() -> (Starter, Self) {
        let inner = Arc::new(StartState {
            over: Semaphore::new(0),
            outcome: OnceLock::new(),
        });
        (Starter(Arc::clone(&inner)), Self(inner))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.over.is_closed()
    }

    pub(crate) async fn outcome(&self) -> Result<Arc<OwnerHandle>, CallError> {
        drop(self.0.over.acquire().await);
        let outcome = self.0.outcome.get().cloned();
        // A start that broke off without an outcome has panicked.
        outcome.unwrap_or(Err(CallError::OwnerRestarted))
    }
}

impl Starter {
    pub(crate) fn finish(self, outcome: Result<Arc<OwnerHandle>, CallError>) {
        // `finish` consumes the starter, so the outcome is set once.
        let _first = self.0.outcome.set(outcome);
    }
}

impl Drop for Starter {
    fn drop(&mut self) {
        self.0.over.close();
    }
}
