//! What is done every few seconds while a server runs.

use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use persistence::journal::PgJournal;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::ops::Ops;
use crate::accounts::Desk;
use crate::http::door::rates::Rates;
use crate::telemetry::names;

/// Without it the recorder keeps every sample until somebody reads it.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Keeps metrics and limits fresh until the end.
pub(super) async fn upkeep(
    ops: Ops,
    (journal, desk): (Arc<PgJournal>, Desk),
    rates: Option<Arc<Rates>>,
    closed: CancellationToken,
) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = closed.cancelled() => return,
            _ = ticks.tick() => {
                ops.upkeep();
                journal.record_gauges();
                desk.upkeep();
                if let Some(rates) = &rates {
                    rates.upkeep();
                    #[expect(clippy::cast_precision_loss, reason = "a gauge need not be exact")]
                    gauge!(names::RATE_LIMIT_BUCKETS).set(rates.buckets() as f64);
                }
            }
        }
    }
}
