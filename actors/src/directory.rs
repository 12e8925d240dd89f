//! Which owner is alive for which showtime; starts one on first use, and exactly one.
//!
//! ```text
//!              somebody asks            its actor runs
//!   (asleep) ─────────────► starting ─────────────────► live ──┐ it panics, is killed,
//!      ▲  ▲                  │  │  ▲                     │ │   │ or the database refuses an entry
//!      │  └── it cannot ─────┘  │  └─── after a pause ───┼─┼───┘
//!      │                        │                        │ │   six times in a minute: given up,
//!      │                        │ another process reigns │ │   tried again a minute later
//!      │                        ▼                        │ │
//!      │                     deposed ◄───────────────────┘ │ it is fenced, and another reigns
//!      └──────────────── leaving ◄─────────────────────────┘ unused, or another needs its place
//! ```
//!
//! Of what is remembered about a showtime, each thing has a file: whether its owner is here
//! (`slots`), how it is started (`start`), which reigns were this process's (`reigns`), how often
//! it has failed (`failures`). All of it is bounded: owners by `owners_max`, the rest by constants.
//!
//! Nothing is awaited while a map guard is held. The first caller puts a start in the map and a
//! task of its own carries it out; later callers wait for the same outcome, good or bad,
//! so that an outage costs one attempt and not one per caller.

mod failures;
pub(crate) mod owner_handle;
mod reigns;
mod slots;
mod start;
mod start_outcome;

use std::sync::Arc;
use std::time::Duration;

use journal::Journal;
use metrics::gauge;
use ractor::{ActorCell, ActorId};
use seating::ids::ShowtimeId;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

pub(crate) use self::failures::RestartVerdict;
use self::failures::{Failures, StartFailures};
use self::owner_handle::OwnerHandle;
use self::reigns::OwnReigns;
use self::slots::{OwnerSlot, Slots};
use crate::clock::Clock;
use crate::clock::timekeeper::Timekeeper;
use crate::error::CallError;
use crate::metrics::{CommandMetrics, Counted, OWNERS};
use crate::onlookers::Onlookers;
use crate::options::OwnerOptions;
use crate::register::Register;

/// When to try again after the journal could not be reached.
const JOURNAL_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Starts in progress at once; more are refused, because each holds what it has loaded.
const STARTS_MAX: u32 = 16_384;

/// Everything that starting an owner needs.
#[derive(Debug)]
pub(crate) struct Directory {
    slots: Slots,
    reigns: OwnReigns,
    failures: Failures,
    start_failures: StartFailures,
    /// Starts that may wait or run at once.
    starts: Arc<Semaphore>,
    rehydrations: Semaphore,
    closing: watch::Sender<bool>,
    begun: Instant,
    register: Arc<Register>,
    pub(crate) onlookers: Arc<Onlookers>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timekeeper: Timekeeper,
    pub(crate) metrics: Arc<CommandMetrics>,
    pub(crate) options: OwnerOptions,
}

impl Directory {
    /// An empty directory. Must be called inside a runtime.
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        options: OwnerOptions,
    ) -> Self {
        let register = Arc::new(Register::open(Arc::clone(&journal)));
        Self {
            slots: Slots::new(options.owners_max),
            reigns: OwnReigns::default(),
            failures: Failures::default(),
            start_failures: StartFailures::default(),
            starts: Arc::new(Semaphore::new(STARTS_MAX as usize)),
            rehydrations: Semaphore::new(options.rehydrations_max.max(1)),
            closing: watch::Sender::new(false),
            begun: Instant::now(),
            onlookers: Arc::new(Onlookers::new(Arc::clone(&journal), Arc::clone(&register))),
            register,
            journal,
            timekeeper: Timekeeper::new(Arc::clone(&clock), options.clock_offset_max),
            clock,
            metrics: Arc::new(CommandMetrics::new()),
            options,
        }
    }

    /// Starts no owner any more, and waits until no start is in progress: a later claim would take
    /// the showtime from the process that has taken over by then.
    pub(crate) async fn close(&self) {
        self.closing.send_replace(true);
        // Their places are never given back.
        if let Ok(all) = self.starts.acquire_many(STARTS_MAX).await {
            all.forget();
        }
    }

    /// Whether no owner is started any more.
    pub(crate) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// The owner of a showtime if there is one now.
    pub(crate) fn living(&self, showtime: ShowtimeId) -> Option<Arc<OwnerHandle>> {
        self.slots.living(showtime)
    }

    /// Every owner there is now, in the order of their showtimes.
    pub(crate) fn all(&self) -> Vec<Arc<OwnerHandle>> {
        self.slots.all()
    }

    /// Whether a showtime needs no owner from this process: its owner is here or is being started,
    /// or it was lost to another process.
    pub(crate) fn has_in_hand(&self, showtime: ShowtimeId) -> bool {
        self.slots.has(showtime) || self.reigns.is_deposed(showtime)
    }

    /// The owner of a showtime, started if need be under `supervisor`.
    pub(crate) async fn owner(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<Arc<OwnerHandle>, CallError> {
        match self.slot(showtime, supervisor)? {
            OwnerSlot::Live(owner) => Ok(owner),
            OwnerSlot::Starting(start) => start.outcome().await,
        }
    }

    /// The slot as it is, or a start begun by this call.
    fn slot(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<OwnerSlot, CallError> {
        let vacant = match self.slots.entry(showtime) {
            Ok(slot) => return Ok(slot),
            Err(vacant) => vacant,
        };
        if self.is_closing() {
            return Err(CallError::ShuttingDown);
        }
        let turn = Arc::clone(&self.starts).try_acquire_owned();
        let turn = turn.map_err(|_all_taken| CallError::Starting {
            retry_after: JOURNAL_RETRY_AFTER,
        })?;
        let (starter, slot) = vacant.begin_start();
        let directory = Arc::clone(self);
        // A task of its own: a caller that gives up must not leave an owner half started.
        tokio::spawn(async move {
            let counted = Counted::one(gauge!(OWNERS, "state" => "starting"));
            let outcome = directory.start(showtime, supervisor).await;
            drop(counted);
            directory.slots.started(showtime, &outcome);
            if outcome.is_ok() {
                // From here on it knows more than any onlooker.
                directory.onlookers.forget(showtime);
            }
            starter.finish(outcome);
            drop(turn);
        });
        Ok(slot)
    }

    /// Takes a dead owner out and says which showtime it had.
    pub(crate) fn remove(&self, actor: ActorId) -> Option<ShowtimeId> {
        let showtime = self.slots.remove(actor)?;
        // An onlooker's view from before this owner may be older than the owner's own.
        self.onlookers.forget(showtime);
        Some(showtime)
    }

    /// Counts a failure of a showtime's owner.
    pub(crate) fn failed(&self, showtime: ShowtimeId) -> RestartVerdict {
        self.failures.add(showtime, self.begun.elapsed())
    }

    /// Waits until an owner that rests after its failures may be tried again, or the end.
    pub(crate) async fn rest(&self, until: Duration) -> Result<(), CallError> {
        self.pause(until.saturating_sub(self.begun.elapsed())).await
    }

    /// Showtimes lost to other processes.
    pub(crate) fn deposed_count(&self) -> usize {
        self.reigns.deposed_count()
    }

    /// Forgets old failures and reigns, so that nothing grows with the showtimes ever seen.
    pub(crate) fn tidy_up(&self) {
        self.failures.forget_old(self.begun.elapsed());
        self.reigns
            .keep_within_bounds(|showtime| self.slots.has(showtime));
    }
}
