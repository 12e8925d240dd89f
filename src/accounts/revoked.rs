//! Whose older tokens are refused.
//!
//! The table is read every few seconds and kept in memory, so that verifying a token never asks the
//! database. While the database is away what was read last goes on to count.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use journal::causes::Causes;
use persistence::error::StoreError;
use persistence::revocations::Revocations;
use seating::timestamp::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

/// A token that was revoked is refused after this time at the latest.
const REFRESH_INTERVAL: Duration = Duration::from_secs(3);

type Since = HashMap<Uuid, Timestamp>;

/// The subjects with revoked tokens, as last read.
#[derive(Clone, Debug)]
pub struct Revoked(watch::Receiver<Arc<Since>>);

impl Revoked {
    /// Nobody, for ever.
    pub fn nobody() -> Self {
        Self(watch::channel(Arc::default()).1)
    }

    /// Reads them now and goes on reading, for as long as somebody has what this returns.
    pub async fn follow(revocations: Revocations) -> Result<Self, StoreError> {
        let (newest, followed) = watch::channel(Arc::new(revocations.all().await?));
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(REFRESH_INTERVAL);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut failures: u32 = 0;
            loop {
                tokio::select! {
                    () = newest.closed() => return,
                    _ = ticks.tick() => {}
                }
                match revocations.all().await {
                    Ok(all) => {
                        failures = 0;
                        newest.send_replace(Arc::new(all));
                    }
                    Err(error) => {
                        failures += 1;
                        log(&error, failures);
                    }
                }
            }
        });
        Ok(Self(followed))
    }

    /// Whether a token of this subject, issued at that second, is refused.
    pub(super) fn is(&self, subject: Uuid, issued_seconds: i64) -> bool {
        let since = self.0.borrow();
        !since.is_empty()
            && since
                .get(&subject)
                .is_some_and(|since| issued_seconds < since.unix_micros() / 1_000_000)
    }
}

fn log(error: &StoreError, failures: u32) {
    if failures.is_power_of_two() {
        tracing::warn!(
            error = %Causes(error),
            db.sqlstate = error.sqlstate(),
            failures,
            "revoked tokens were not read"
        );
    }
}
