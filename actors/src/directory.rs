//! Which owner is alive for which showtime; starts one on first use, and exactly one.
//!
//! Nothing is awaited while a map guard is held. The first caller puts a start in the map and a
//! task of its own carries it out; whoever comes meanwhile waits for the same outcome, good or
//! bad, so that an outage costs one attempt and not one per caller.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use dashmap::mapref::entry::Entry;
use dashmap::mapref::multiple::RefMulti;
use dashmap::{DashMap, DashSet};
use metrics::{counter, gauge};
use ractor::{Actor, ActorCell, ActorId, ActorRef, ActorStatus};
use seating::ids::{Epoch, ShowtimeId};
use seating::journal::{Journal, JournalError, Notice, Reign};
use seating::seat_layout::SeatLayout;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::admission::Admission;
use crate::clock::Clock;
use crate::error::CallError;
use crate::metrics::{CommandMetrics, OWNER_GIVE_UPS, OWNER_RESTARTS, OWNERS};
use crate::options::Options;
use crate::rehydration::rehydrate;
use crate::reigns::Reigns;
use crate::restart_policy::{RestartHistory, Verdict};
use crate::showtime::message::ShowtimeMessage;
use crate::showtime::publisher::Publisher;
use crate::showtime::snapshots::Snapshots;
use crate::showtime::{Beginning, ShowtimeActor};
use crate::start::Start;
use crate::view::View;

/// When to try again after the journal could not be reached.
const JOURNAL_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Starts under way at once; more are refused, because each holds what it has loaded.
const STARTS_MAX: u32 = 16_384;

/// A living owner. Shared whole: every call borrows it, and each part shared by itself would be
/// one more counter for the cores to pass around.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) owner: ActorRef<ShowtimeMessage>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) layout: Arc<SeatLayout>,
    pub(crate) views: watch::Receiver<Arc<View>>,
}

/// Everything that starting an owner needs.
#[derive(Debug)]
pub(crate) struct Directory {
    slots: DashMap<ShowtimeId, Slot>,
    by_actor: DashMap<ActorId, ShowtimeId>,
    /// What this process knows of the reigns over each showtime.
    reigns: DashMap<ShowtimeId, Reigns>,
    histories: DashMap<ShowtimeId, RestartHistory>,
    deposed: DashSet<ShowtimeId>,
    /// Starts that may wait or run at once.
    starts: Arc<Semaphore>,
    rehydrations: Semaphore,
    closing: watch::Sender<bool>,
    begun: Instant,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<CommandMetrics>,
    pub(crate) options: Options,
}

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

impl Live {
    /// Whether this owner takes nothing more, though it may still be in the directory.
    pub(crate) fn has_left(&self) -> bool {
        let status = self.owner.get_status();
        self.admission.is_closed() || matches!(status, ActorStatus::Stopping | ActorStatus::Stopped)
    }
}

impl Directory {
    pub(crate) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, options: Options) -> Self {
        Self {
            slots: DashMap::new(),
            by_actor: DashMap::new(),
            reigns: DashMap::new(),
            histories: DashMap::new(),
            deposed: DashSet::new(),
            starts: Arc::new(Semaphore::new(STARTS_MAX as usize)),
            rehydrations: Semaphore::new(options.rehydrations_max.max(1)),
            closing: watch::Sender::new(false),
            begun: Instant::now(),
            journal,
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

    /// The owner of a showtime if there is one now.
    pub(crate) fn living(&self, showtime: ShowtimeId) -> Option<Arc<Live>> {
        self.slots.get(&showtime)?.live().cloned()
    }

    /// Every owner there is now, in the order of their showtimes: what is done to all of them
    /// happens in the same order in every run.
    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        let live =
            |slot: RefMulti<'_, ShowtimeId, Slot>| Some((*slot.key(), Arc::clone(slot.live()?)));
        let mut all: Vec<_> = self.slots.iter().filter_map(live).collect();
        all.sort_unstable_by_key(|(showtime, _)| *showtime);
        all.into_iter().map(|(_, live)| live).collect()
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
        if *self.closing.borrow() {
            return Err(CallError::ShuttingDown);
        }
        let turn = Arc::clone(&self.starts).try_acquire_owned();
        let turn = turn.map_err(|_all_taken| CallError::Overloaded {
            retry_after: JOURNAL_RETRY_AFTER,
        })?;
        let (herald, start) = Start::begin();
        let starting = Slot::Starting(start);
        vacant.insert(starting.clone());
        let directory = Arc::clone(self);
        // A task of its own: a caller that gives up must not leave an owner half started.
        tokio::spawn(async move {
            gauge!(OWNERS, "state" => "starting").increment(1.0);
            let started = directory.start(showtime, supervisor).await;
            gauge!(OWNERS, "state" => "starting").decrement(1.0);
            match &started {
                Ok(live) => drop(
                    directory
                        .slots
                        .insert(showtime, Slot::Live(Arc::clone(live))),
                ),
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
        let (_, showtime) = self.by_actor.remove(&actor)?;
        gauge!(OWNERS, "state" => "live").decrement(1.0);
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

    /// Showtimes lost to other processes.
    pub(crate) fn deposed_count(&self) -> usize {
        self.deposed.len()
    }

    async fn start(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<Arc<Live>, CallError> {
        if self.deposed.contains(&showtime) {
            return Err(CallError::Deposed);
        }
        self.wait_out_failures(showtime).await?;
        let _turn = self.rehydrations.acquire().await;
        if *self.closing.borrow() {
            return Err(CallError::ShuttingDown);
        }
        let (epoch, layout) = self.claim(showtime).await?;
        let rehydrated = rehydrate(&self.journal, showtime, epoch, layout)
            .await
            .map_err(|error| self.cannot_start(showtime, &error))?;
        let map = rehydrated.map;
        let layout = Arc::clone(map.layout());
        let admission = Admission::new(self.options.in_flight_max);
        let publisher = Publisher::new(&map, epoch);
        let views = publisher.views();
        let (told, ears) = watch::channel(None);
        let reign = Arc::new(Reign {
            showtime,
            epoch,
            layout: Arc::clone(&layout),
            listener: listener(ears),
        });
        let beginning = Beginning {
            map,
            reign,
            journal: Arc::clone(&self.journal),
            clock: Arc::clone(&self.clock),
            admission: Arc::clone(&admission),
            metrics: Arc::clone(&self.metrics),
            publisher,
            snapshots: Snapshots::new(self.options.snapshot_every, rehydrated.snapshot_seq),
            passivate_after: self.options.passivate_after,
        };
        let spawned = Actor::spawn_linked(None, ShowtimeActor, beginning, supervisor).await;
        let (owner, _) = spawned.map_err(|error| {
            tracing::error!(showtime.id = %showtime, error = %error, "owner not started");
            CallError::OwnerRestarted
        })?;
        told.send_replace(Some(owner.clone()));
        self.by_actor.insert(owner.get_id(), showtime);
        gauge!(OWNERS, "state" => "live").increment(1.0);
        drop(owner.send_message(ShowtimeMessage::Begin));
        Ok(Arc::new(Live {
            owner,
            admission,
            layout,
            views,
        }))
    }

    /// Begins a reign, unless the one that stands is another's who has taken the showtime from this
    /// process, or this process is told to stop: nobody would keep the promises of a reign begun then.
    async fn claim(&self, showtime: ShowtimeId) -> Result<(Epoch, Arc<SeatLayout>), CallError> {
        let standing = self.journal.look(showtime).await;
        let standing = standing.map_err(|error| self.cannot_start(showtime, &error))?;
        if *self.closing.borrow() {
            return Err(CallError::ShuttingDown);
        }
        let succession = {
            let mut reigns = self.reigns.entry(showtime).or_default();
            if reigns.are_over(standing.epoch) {
                self.deposed.insert(showtime);
                return Err(CallError::Deposed);
            }
            reigns.succeed(&standing)
        };
        let claim = self.journal.claim(showtime, succession).await;
        let claim = claim.map_err(|error| self.cannot_start(showtime, &error))?;
        self.reigns.entry(showtime).or_default().has_begun();
        Ok((claim.epoch, standing.layout))
    }

    async fn wait_out_failures(&self, showtime: ShowtimeId) -> Result<(), CallError> {
        let verdict = self
            .histories
            .get(&showtime)
            .and_then(|history| history.verdict());
        let now = self.begun.elapsed();
        match verdict {
            Some(Verdict::GiveUpUntil(until)) if until > now => Err(CallError::GaveUp {
                retry_after: until.saturating_sub(now),
            }),
            Some(Verdict::RestartAt(at)) if at > now => {
                let mut closing = self.closing.subscribe();
                tokio::select! {
                    biased;
                    _closing = closing.wait_for(|closing| *closing) => Err(CallError::ShuttingDown),
                    () = tokio::time::sleep(at.saturating_sub(now)) => Ok(()),
                }
            }
            Some(Verdict::GiveUpUntil(_) | Verdict::RestartAt(_)) | None => Ok(()),
        }
    }

    fn cannot_start(&self, showtime: ShowtimeId, error: &JournalError) -> CallError {
        let answer = match error {
            JournalError::UnknownShowtime(_) => return CallError::UnknownShowtime,
            // It takes nothing now; whoever asks again has it looked at anew.
            JournalError::Overtaken(_) => return CallError::OwnerRestarted,
            JournalError::Unavailable(_) => CallError::JournalUnavailable {
                retry_after: JOURNAL_RETRY_AFTER,
            },
            JournalError::Damaged { .. } => {
                self.failed(showtime);
                CallError::OwnerRestarted
            }
        };
        let cause = error.source().map(ToString::to_string);
        tracing::error!(showtime.id = %showtime, %error, cause, "owner not started");
        answer
    }
}

/// Passes the journal's news on to the owner, whose actor is told to `ears` once it is there.
fn listener(
    ears: watch::Receiver<Option<ActorRef<ShowtimeMessage>>>,
) -> Box<dyn Fn(Notice) + Send + Sync> {
    Box::new(move |notice| {
        if let Some(owner) = &*ears.borrow() {
            // A dead owner's news is nobody's: the next one reads the journal.
            drop(owner.send_message(ShowtimeMessage::Journal(notice)));
        }
    })
}
