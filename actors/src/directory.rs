//! Which owner is alive for which showtime; starts one on first use, and exactly one.
//!
//! Nothing is awaited while a map guard is held. The first caller puts a start in the map and a
//! task of its own carries it out; whoever comes meanwhile waits for the same outcome, good or
//! bad, so that an outage costs one attempt and not one per caller.

mod room;
mod starting;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use dashmap::mapref::entry::Entry;
use dashmap::mapref::multiple::RefMulti;
use dashmap::{DashMap, DashSet};
use journal::Journal;
use metrics::{counter, gauge};
use ractor::{ActorCell, ActorId};
use seating::ids::ShowtimeId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::error::CallError;
use crate::live::Live;
use crate::metrics::{CommandMetrics, Counted, OWNER_GIVE_UPS, OWNER_RESTARTS, OWNERS};
use crate::onlookers::Onlookers;
use crate::options::Options;
use crate::register::Register;
use crate::reigns::Reigns;
use crate::restart_policy::{RestartHistory, Verdict};
use crate::start::Start;
use crate::timekeeper::Timekeeper;

/// When to try again after the journal could not be reached.
const JOURNAL_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Starts under way at once; more are refused, because each holds what it has loaded.
const STARTS_MAX: u32 = 16_384;

/// Everything that starting an owner needs.
#[derive(Debug)]
pub(crate) struct Directory {
    slots: DashMap<ShowtimeId, Slot>,
    by_actor: DashMap<ActorId, (ShowtimeId, Place)>,
    /// What this process knows of the reigns over each showtime.
    reigns: DashMap<ShowtimeId, Reigns>,
    histories: DashMap<ShowtimeId, RestartHistory>,
    deposed: DashSet<ShowtimeId>,
    /// Starts that may wait or run at once.
    starts: Arc<Semaphore>,
    rehydrations: Semaphore,
    /// Owners that may be alive at once.
    places: Arc<Semaphore>,
    /// Starts that have failed since the last one that did not.
    failures: AtomicU64,
    closing: watch::Sender<bool>,
    begun: Instant,
    register: Arc<Register>,
    pub(crate) onlookers: Arc<Onlookers>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timekeeper: Timekeeper,
    pub(crate) metrics: Arc<CommandMetrics>,
    pub(crate) options: Options,
}

/// An owner's place among those that may be alive, given back when its end is noticed.
type Place = OwnedSemaphorePermit;

/// What a showtime has in the directory.
#[derive(Clone, Debug)]
enum Slot {
    /// Its owner is being started; everybody waits for the one outcome.
    Starting(Start),
    /// Its owner.
    Live(Arc<Live>),
}

impl Slot {
    fn live(&self) -> Option<&Arc<Live>> {
        match self {
            Self::Live(live) if !live.has_left() => Some(live),
            Self::Live(_) | Self::Starting(_) => None,
        }
    }

    /// Whether somebody else has to begin anew: the owner has left, or its start broke off.
    fn is_over(&self) -> bool {
        match self {
            Self::Live(live) => live.has_left(),
            Self::Starting(start) => start.is_over(),
        }
    }
}

impl Directory {
    /// An empty one. Must be called inside a runtime.
    pub(crate) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, options: Options) -> Self {
        let register = Arc::new(Register::open(Arc::clone(&journal)));
        Self {
            slots: DashMap::new(),
            by_actor: DashMap::new(),
            reigns: DashMap::new(),
            histories: DashMap::new(),
            deposed: DashSet::new(),
            starts: Arc::new(Semaphore::new(STARTS_MAX as usize)),
            rehydrations: Semaphore::new(options.rehydrations_max.max(1)),
            places: Arc::new(Semaphore::new(options.owners_max.max(1))),
            failures: AtomicU64::new(0),
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

    /// Starts nobody any more, and waits until no start is under way: a claim that came later would
    /// take the showtime from whoever has taken over by then.
    pub(crate) async fn close(&self) {
        self.closing.send_replace(true);
        // Their places are never given back.
        if let Ok(all) = self.starts.acquire_many(STARTS_MAX).await {
            all.forget();
        }
    }

    /// Whether nobody is started any more.
    pub(crate) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// The owner of a showtime if there is one now.
    pub(crate) fn living(&self, showtime: ShowtimeId) -> Option<Arc<Live>> {
        self.slots.get(&showtime)?.live().cloned()
    }

    /// Whether nobody has to look after a showtime: its owner is here or is being started, or it
    /// was lost to another process.
    pub(crate) fn has_in_hand(&self, showtime: ShowtimeId) -> bool {
        let slot = self.slots.get(&showtime);
        slot.is_some_and(|slot| !slot.is_over()) || self.deposed.contains(&showtime)
    }

    /// Every owner there is now, in the order of their showtimes: what is done to all of them
    /// happens in the same order in every run.
    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        let live = |slot: RefMulti<'_, ShowtimeId, Slot>| slot.live().cloned();
        let mut all: Vec<Arc<Live>> = self.slots.iter().filter_map(live).collect();
        all.sort_unstable_by_key(|live| live.showtime);
        all
    }

    /// The owner of a showtime, started if need be under `supervisor`.
    pub(crate) async fn owner(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<Arc<Live>, CallError> {
        match self.slot(showtime, supervisor)? {
            Slot::Live(live) => Ok(live),
            Slot::Starting(start) => start.outcome().await,
        }
    }

    /// What there is, or a start begun by this call.
    fn slot(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<Slot, CallError> {
        let vacant = match self.slots.entry(showtime) {
            Entry::Occupied(slot) if !slot.get().is_over() => return Ok(slot.get().clone()),
            vacant @ (Entry::Occupied(_) | Entry::Vacant(_)) => vacant,
        };
        if self.is_closing() {
            return Err(CallError::ShuttingDown);
        }
        let turn = Arc::clone(&self.starts).try_acquire_owned();
        let turn = turn.map_err(|_all_taken| CallError::Starting {
            retry_after: JOURNAL_RETRY_AFTER,
        })?;
        let (herald, start) = Start::begin();
        let starting = Slot::Starting(start);
        vacant.insert(starting.clone());
        let directory = Arc::clone(self);
        // A task of its own: a caller that gives up must not leave an owner half started.
        tokio::spawn(async move {
            let counted = Counted::one(gauge!(OWNERS, "state" => "starting"));
            let started = directory.start(showtime, supervisor).await;
            drop(counted);
            match &started {
                Ok(live) => {
                    directory
                        .slots
                        .insert(showtime, Slot::Live(Arc::clone(live)));
                    // From here on it knows more than whoever only looks.
                    directory.onlookers.forget(showtime);
                }
                // So that made-up ids take no memory.
                Err(_) => drop(directory.slots.remove(&showtime)),
            }
            herald.tell(started);
            drop(turn);
        });
        Ok(starting)
    }

    /// Takes a dead owner out and says which showtime it had.
    pub(crate) fn remove(&self, actor: ActorId) -> Option<ShowtimeId> {
        let (_, (showtime, _place)) = self.by_actor.remove(&actor)?;
        gauge!(OWNERS, "state" => "live").decrement(1.0);
        // What was seen before it lived may be older than what it has shown.
        self.onlookers.forget(showtime);
        // A start or a newer owner in its place is not ours to take out.
        let same = |slot: &Slot| match slot {
            Slot::Live(live) => live.owner.get_id() == actor,
            Slot::Starting(_) => false,
        };
        self.slots.remove_if(&showtime, |_, slot| same(slot));
        Some(showtime)
    }

    /// Counts a failure of a showtime's owner.
    pub(crate) fn failed(&self, showtime: ShowtimeId) -> Verdict {
        let verdict = self
            .histories
            .entry(showtime)
            .or_default()
            .failed(self.begun.elapsed());
        match verdict {
            Verdict::RestartAt(_) => counter!(OWNER_RESTARTS).increment(1),
            Verdict::GiveUpUntil(_) => counter!(OWNER_GIVE_UPS).increment(1),
        }
        verdict
    }

    /// Waits until an owner that rests after its failures may be tried again, or the end.
    pub(crate) async fn rest(&self, until: Duration) -> Result<(), CallError> {
        self.pause(until.saturating_sub(self.begun.elapsed())).await
    }

    /// Showtimes lost to other processes.
    pub(crate) fn deposed_count(&self) -> usize {
        self.deposed.len()
    }
}
