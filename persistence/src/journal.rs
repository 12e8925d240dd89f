//! The journal on `PostgreSQL`.
//!
//! ```text
//!   owners ─ append ─► channel ─► writer ─ one transaction ─► journal, read models
//!      ◄──────────── Durable(seq), Fenced, Poisoned ─┘
//! ```
//!
//! `append` only puts into a channel as large as the backlog, so it never waits and never finds
//! the channel full. A showtime always has the same writer, which keeps its appends in order.
//!
//! Every connection used here must have a `lock_timeout` and a `statement_timeout`, as
//! [`crate::pool`] gives them: a claim waits for batches in flight and must not wait for ever.

mod batch;
mod fault;
mod load;
mod options;
mod progress;
mod read_back;
mod transaction;
mod writer;

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use journal::backlog::Backlog;
use journal::{Append, Claim, Journal, JournalClosed, JournalError, Loading, Standing, Succession};
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use self::progress::WriterProgress;
use self::writer::Writer;
use crate::metrics as names;
use crate::{pool, snapshot};

pub use options::JournalOptions;

/// Sessions of the journal look every row up by its key. Their plans are made once and must not
/// depend on how small the tables happen to be at that moment, nor on how much of the journal is
/// one showtime's. An acknowledgement means that the entry is on disk, whatever the database's
/// default says. And a process that is frozen between two statements of a batch keeps its showtimes
/// locked: it is cut off before the one that takes over gives up, which is after [`crate::pool`]'s
/// lock timeout.
const KEYED_SESSION: [(&str, &str); 8] = [
    ("synchronous_commit", "on"),
    // In milliseconds, as the server keeps it: what a session has got is compared with this.
    ("idle_in_transaction_session_timeout", "2000"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

/// The handle of the journal; dropping it lets the writers finish what they have.
#[derive(Debug)]
pub struct PgJournal {
    /// The pool that everybody else uses, for its gauges.
    pool: PgPool,
    /// The journal's own connections for reading.
    loads: PgPool,
    options: Arc<JournalOptions>,
    backlog: Arc<Backlog>,
    writers: Vec<WriterHandle>,
    closed: AtomicBool,
    closing: watch::Sender<bool>,
}

#[derive(Debug)]
struct WriterHandle {
    sender: mpsc::Sender<Append>,
    progress: Arc<WriterProgress>,
    task: AbortHandle,
}

/// The journal's health, for readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalHealth {
    /// Writers in all.
    pub writers: usize,
    /// Writers whose connection works as far as they know; one that had nothing to write yet has
    /// none.
    pub writers_connected: usize,
    /// How long the oldest batch in hand has been waiting.
    pub oldest_pending: Option<Duration>,
    /// Reservations taken.
    pub backlog: usize,
    /// Whether appends are taken.
    pub open: bool,
}

/// The journal was closed before everything was durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{appends} appends were not durable when the journal had to close")]
pub struct Undrained {
    /// How many were given up.
    pub appends: u64,
}

impl PgJournal {
    /// Starts the writers, which connect when they first have something to write. Must be called
    /// inside a runtime.
    pub fn start(pool: PgPool, options: JournalOptions) -> Self {
        let options = Arc::new(options);
        let closing = watch::Sender::new(false);
        let writers = (0..options.writers.max(1))
            .map(|_| start_writer(&pool, &options, closing.subscribe()))
            .collect();
        let (keyed, loads) = (keyed(&pool, &options.node), pool.options().clone());
        let loads = pool::guarded(loads, &keyed)
            .max_connections(options.load_connections_max)
            .connect_lazy_with(keyed);
        Self {
            pool,
            loads,
            backlog: Backlog::new(options.backlog_limit),
            options,
            writers,
            closed: AtomicBool::new(false),
            closing,
        }
    }

    /// Waits until everything appended so far is durable or refused.
    pub async fn flush(&self) {
        for writer in &self.writers {
            writer.progress.drained().await;
        }
    }

    /// Takes nothing more, writes what is there and stops the writers; what is not durable by
    /// the deadline is given up.
    ///
    /// # Errors
    ///
    /// [`Undrained`] with the number of appends that were given up at the deadline.
    pub async fn close(&self, deadline: Duration) -> Result<(), Undrained> {
        self.closed.store(true, Ordering::Release);
        self.closing.send_replace(true);
        let finished = async {
            for writer in &self.writers {
                writer.sender.closed().await;
                writer.progress.drained().await;
            }
        };
        if tokio::time::timeout(deadline, finished).await.is_err() {
            for writer in &self.writers {
                writer.task.abort();
            }
        }
        match self.waiting() {
            0 => Ok(()),
            appends => Err(Undrained { appends }),
        }
    }

    /// Waits until a writer has died of a defect, which may be never. Its showtimes cannot be written
    /// any more: only a new process helps.
    pub async fn failed(&self) {
        let ends = self
            .writers
            .iter()
            .map(|writer| Box::pin(writer.sender.closed()));
        futures::future::select_all(ends).await;
        if self.closed.load(Ordering::Acquire) {
            std::future::pending::<()>().await;
        }
    }

    /// The journal's health.
    pub fn health(&self) -> JournalHealth {
        let progress = || self.writers.iter().map(|writer| &writer.progress);
        JournalHealth {
            writers: self.writers.len(),
            writers_connected: progress().filter(|it| it.is_connected()).count(),
            oldest_pending: progress().filter_map(|it| it.oldest_pending()).max(),
            backlog: self.backlog.len(),
            open: !self.closed.load(Ordering::Acquire)
                && self.writers.iter().all(|writer| !writer.sender.is_closed()),
        }
    }

    /// Sets the gauges of the journal and its pool.
    #[expect(clippy::cast_precision_loss, reason = "a gauge need not be exact")]
    pub fn record_gauges(&self) {
        let oldest = self.health().oldest_pending.unwrap_or_default();
        metrics::gauge!(names::JOURNAL_QUEUE_DEPTH).set(self.waiting() as f64);
        metrics::gauge!(names::JOURNAL_OLDEST_PENDING_SECONDS).set(oldest.as_secs_f64());
        metrics::gauge!(names::POOL_CONNECTIONS).set(f64::from(self.pool.size()));
        metrics::gauge!(names::POOL_IDLE_CONNECTIONS).set(self.pool.num_idle() as f64);
    }

    /// Ends a load that takes too long.
    fn load<'a, T: 'a>(
        &self,
        load: impl Future<Output = Result<T, JournalError>> + Send + 'a,
    ) -> Loading<'a, T> {
        Box::pin(load::within(self.options.load_timeout, load))
    }

    fn waiting(&self) -> u64 {
        let waiting = self.writers.iter().map(|writer| writer.progress.waiting());
        waiting.sum()
    }

    fn writer_of(&self, showtime: ShowtimeId) -> &WriterHandle {
        if let [only] = self.writers.as_slice() {
            return only;
        }
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(showtime);
        let at = hash % self.writers.len() as u64;
        &self.writers[usize::try_from(at).unwrap_or(0)]
    }
}

impl Journal for PgJournal {
    fn look(&self, showtime: ShowtimeId) -> Loading<'_, Standing> {
        self.load(load::look(&self.loads, showtime))
    }

    fn claim(&self, showtime: ShowtimeId, succession: Succession) -> Loading<'_, Claim> {
        let node = &self.options.node;
        self.load(load::claim(&self.loads, showtime, succession, node))
    }

    fn epochs(&self, showtimes: &[ShowtimeId]) -> Loading<'_, Vec<(ShowtimeId, Epoch)>> {
        let ids = showtimes.iter().copied().map(ShowtimeId::uuid).collect();
        self.load(load::epochs(&self.loads, ids))
    }

    fn time(&self) -> Loading<'_, Option<Timestamp>> {
        self.load(load::time(&self.loads))
    }

    fn snapshot(&self, showtime: ShowtimeId, up_to: Option<Seq>) -> Loading<'_, Option<Snapshot>> {
        self.load(snapshot::newest(&self.loads, showtime, up_to))
    }

    fn entries(&self, showtime: ShowtimeId, after: Seq, limit: usize) -> Loading<'_, Vec<Entry>> {
        self.load(load::entries(&self.loads, showtime, after, limit))
    }

    fn answered(&self, showtime: ShowtimeId, key: u128) -> Loading<'_, Option<Entry>> {
        self.load(load::answered(&self.loads, showtime, key))
    }

    fn waking(&self, after: Option<ShowtimeId>, limit: usize) -> Loading<'_, Vec<ShowtimeId>> {
        let node = &self.options.node;
        self.load(load::waking(&self.loads, (after, limit), node))
    }

    fn save_snapshot(
        &self,
        showtime: ShowtimeId,
        reign: Epoch,
        snapshot: Snapshot,
    ) -> Loading<'_, ()> {
        self.load(snapshot::save(&self.loads, showtime, reign, snapshot))
    }

    fn append(&self, append: Append) -> Result<(), JournalClosed> {
        if self.closed.load(Ordering::Acquire) || append.entries.is_empty() {
            return Err(JournalClosed);
        }
        let writer = self.writer_of(append.reign.showtime);
        writer.progress.count_append();
        writer.sender.try_send(append).map_err(|_closed| {
            writer.progress.uncount_append();
            JournalClosed
        })
    }

    fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }
}

fn start_writer(
    pool: &PgPool,
    options: &Arc<JournalOptions>,
    closing: watch::Receiver<bool>,
) -> WriterHandle {
    let (sender, receiver) = mpsc::channel(options.backlog_limit.max(8));
    let settled = watch::Sender::new(0);
    let progress = Arc::new(WriterProgress::new(settled.subscribe()));
    let writer = Writer {
        receiver,
        closing,
        database: keyed(pool, &options.node),
        options: Arc::clone(options),
        progress: Arc::clone(&progress),
        settled,
        connection: None,
        poisoned: HashMap::new(),
    };
    WriterHandle {
        sender,
        progress,
        task: tokio::spawn(writer.run()).abort_handle(),
    }
}

fn keyed(pool: &PgPool, node: &str) -> PgConnectOptions {
    let options = pool.connect_options().as_ref().clone();
    let options = options.application_name(&load::session_name(node));
    // Even a statement that is not logged costs its formatting.
    options.options(KEYED_SESSION).disable_statement_logging()
}
