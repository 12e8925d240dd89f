//! How far a writer has come, for `flush`, `close` and the gauges.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Shared by a writer and its journal's handle.
#[derive(Debug)]
pub(super) struct WriterProgress {
    began: Instant,
    /// Appends taken, ever.
    appended: AtomicU64,
    /// Appends that are durable or refused, ever.
    settled: watch::Receiver<u64>,
    /// When the batch in hand was taken up, in nanoseconds since `began`; 0 when there is none.
    busy_since: AtomicU64,
    connected: AtomicBool,
}

impl WriterProgress {
    pub(super) fn new(settled: watch::Receiver<u64>) -> Self {
        Self {
            began: Instant::now(),
            appended: AtomicU64::new(0),
            settled,
            busy_since: AtomicU64::new(0),
            connected: AtomicBool::new(false),
        }
    }

    /// Counts an append before it is sent, so that nobody sees more settled than appended.
    pub(super) fn count_append(&self) {
        self.appended.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes back a count whose append was not taken.
    pub(super) fn uncount_append(&self) {
        self.appended.fetch_sub(1, Ordering::Relaxed);
    }

    /// Appends that are neither durable nor refused.
    pub(super) fn waiting(&self) -> u64 {
        let settled = *self.settled.borrow();
        self.appended
            .load(Ordering::Relaxed)
            .saturating_sub(settled)
    }

    /// A batch is taken up.
    pub(super) fn begin_batch(&self) {
        let nanos = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.busy_since.store(nanos.max(1), Ordering::Relaxed);
    }

    /// The batch in hand is settled.
    pub(super) fn end_batch(&self) {
        self.busy_since.store(0, Ordering::Relaxed);
    }

    /// How long the batch in hand has been waiting: nothing else waits longer.
    pub(super) fn oldest_pending(&self) -> Option<Duration> {
        let since = self.busy_since.load(Ordering::Relaxed);
        (since > 0).then(|| {
            self.began
                .elapsed()
                .saturating_sub(Duration::from_nanos(since))
        })
    }

    /// Waits until everything appended so far is durable or refused, or the writer is gone.
    /// Appends are settled in the order of their arrival, so counting them is enough.
    pub(super) async fn drained(&self) {
        let target = self.appended.load(Ordering::Relaxed);
        let mut settled = self.settled.clone();
        let in_order = settled.wait_for(|settled| *settled >= target).await.is_ok();
        if !in_order {
            tracing::debug!("the journal's writer ended before everything was settled");
        }
    }

    pub(super) fn set_connected(&self, connected: bool) {
        self.connected.store(connected, Ordering::Relaxed);
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}
