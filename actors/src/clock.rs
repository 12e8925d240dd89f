//! Where time comes from: the one place that asks the operating system.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seating::timestamp::Timestamp;
use tokio::sync::watch;

/// A wait for a point in time.
pub type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A source of time that can also wake somebody.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Ends when `at` has come, or soon after.
    fn wait_until(&self, at: Timestamp) -> Waiting;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_unix_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    fn wait_until(&self, at: Timestamp) -> Waiting {
        let wait = Duration::from_micros(at.micros_after(self.now()));
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that moves only when told to, for tests.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(now),
        }
    }

    /// Sets the clock, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        self.now.send_replace(now);
    }

    /// Moves the clock forwards.
    pub fn advance_seconds(&self, seconds: u32) {
        self.now.send_modify(|now| *now = now.plus_seconds(seconds));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn wait_until(&self, at: Timestamp) -> Waiting {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // The clock outlives whoever waits for it in any test; without it nothing comes due.
            if now.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
