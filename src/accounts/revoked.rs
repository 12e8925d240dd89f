//! Whose older tokens are refused, and those of which sessions.
//!
//! The table is read every few seconds and kept in memory, so that verifying a token never asks the
//! database. While the database is unreachable, what was read last still counts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actors::clock::Clock;
use journal::causes::Causes;
use persistence::error::StoreError;
use persistence::revocations::Revocations;
use seating::timestamp::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

/// A token that was revoked is refused after this time at the latest.
const REFRESH_INTERVAL: Duration = Duration::from_secs(3);

/// How often those are forgotten that no token can meet any more.
const FORGET_INTERVAL: Duration = Duration::from_mins(1);

/// What was read last.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The time before which each subject's tokens are refused.
    since: HashMap<Uuid, Timestamp>,
    /// Sessions that have ended.
    ended: HashSet<Uuid>,
}

/// The subjects with revoked tokens, as last read.
#[derive(Clone, Debug)]
pub struct Revoked(watch::Receiver<Arc<Known>>);

impl Revoked {
    /// Nobody, for ever.
    pub fn nobody() -> Self {
        Self(watch::channel(Arc::default()).1)
    }

    /// Reads them now and goes on reading, for as long as somebody has what this returns.
    ///
    /// # Errors
    ///
    /// When the revocations cannot be read the first time; later failures are logged, and what was
    /// read last still counts.
    pub async fn follow(
        revocations: Revocations,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let (newest, followed) = watch::channel(Arc::new(read(&revocations, None).await?));
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(REFRESH_INTERVAL);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut failures: u32 = 0;
            let mut forgotten = Instant::now();
            loop {
                tokio::select! {
                    () = newest.closed() => return,
                    _ = ticks.tick() => {}
                }
                let due = forgotten.elapsed() >= FORGET_INTERVAL;
                if due {
                    forgotten = Instant::now();
                }
                let before = due.then(|| clock.now());
                let all = read(&revocations, before).await;
                match all {
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

    /// Whether a token of this subject, issued at that second, is refused, or one of that session.
    pub(super) fn is(&self, subject: Uuid, issued_seconds: i64, session: Option<Uuid>) -> bool {
        let known = self.0.borrow();
        let too_old = !known.since.is_empty()
            && known
                .since
                .get(&subject)
                .is_some_and(|since| issued_seconds < since.unix_micros() / 1_000_000);
        too_old || session.is_some_and(|session| known.ended.contains(&session))
    }
}

/// All of them, without some of those that no token has met since before some time.
async fn read(
    revocations: &Revocations,
    forget_before: Option<Timestamp>,
) -> Result<Known, StoreError> {
    if let Some(before) = forget_before {
        revocations.forget(before).await?;
    }
    Ok(Known {
        since: revocations.all().await?,
        ended: revocations.ended_sessions().await?,
    })
}

fn log(error: &StoreError, failures: u32) {
    if failures.is_power_of_two() {
        tracing::warn!(
            error = %Causes(error),
            db.sqlstate = error.sqlstate(),
            failures,
            "revoked tokens were not read: those read last still count"
        );
    }
}
