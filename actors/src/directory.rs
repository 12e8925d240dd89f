//! Which owner is alive for which showtime; starts one on first use, and exactly one.
//!
//! Nothing is awaited while a map guard is held: a slot is taken out of the map first, and the
//! first caller to fill it starts the owner while the others wait at the slot.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use dashmap::{DashMap, DashSet};
use metrics::{counter, gauge};
use ractor::{Actor, ActorCell, ActorId, ActorRef, ActorStatus};
use seating::ids::ShowtimeId;
use seating::journal::{Journal, JournalError, Reign};
use seating::seat_layout::SeatLayout;
use tokio::sync::{OnceCell, Semaphore, watch};
use tokio::time::Instant;

use crate::admission::Admission;
use crate::clock::Clock;
use crate::error::CallError;
use crate::metrics::{CommandMetrics, OWNER_GIVE_UPS, OWNER_RESTARTS, OWNERS};
use crate::options::Options;
use crate::rehydration::rehydrate;
use crate::restart_policy::{RestartHistory, Verdict};
use crate::showtime::message::ShowtimeMessage;
use crate::showtime::publisher::Publisher;
use crate::showtime::snapshots::Snapshots;
use crate::showtime::{Beginning, ShowtimeActor};
use crate::view::View;

/// When to try again after the journal could not be reached.
const JOURNAL_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A living owner.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) owner: ActorRef<ShowtimeMessage>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) layout: Arc<SeatLayout>,
    pub(crate) views: watch::Receiver<Arc<View>>,
}

/// Everything that starting an owner needs.
#[derive(Debug)]
pub(crate) struct Directory {
    slots: DashMap<ShowtimeId, Arc<Slot>>,
    by_actor: DashMap<ActorId, ShowtimeId>,
    histories: DashMap<ShowtimeId, RestartHistory>,
    deposed: DashSet<ShowtimeId>,
    rehydrations: Semaphore,
    begun: Instant,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<CommandMetrics>,
    pub(crate) options: Options,
}

#[derive(Debug, Default)]
struct Slot {
    live: OnceCell<Live>,
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
            histories: DashMap::new(),
            deposed: DashSet::new(),
            rehydrations: Semaphore::new(options.rehydrations_max.max(1)),
            begun: Instant::now(),
            journal,
            clock,
            metrics: Arc::new(CommandMetrics::new()),
            options,
        }
    }

    /// The owner of a showtime if there is one now.
    pub(crate) fn living(&self, showtime: ShowtimeId) -> Option<Live> {
        self.slots
            .get(&showtime)?
            .live
            .get()
            .filter(|live| !live.has_left())
            .cloned()
    }

    /// Every owner there is now.
    pub(crate) fn all(&self) -> Vec<Live> {
        self.slots
            .iter()
            .filter_map(|slot| slot.live.get().cloned())
            .collect()
    }

    /// The owner of a showtime, started if need be under `supervisor`.
    pub(crate) async fn owner(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<Live, CallError> {
        if let Some(live) = self.living(showtime) {
            return Ok(live);
        }
        let directory = Arc::clone(self);
        // A task of its own: a caller that gives up must not leave an owner half started.
        let started = tokio::spawn(async move {
            let slot = directory.slot(showtime);
            let live = slot
                .live
                .get_or_try_init(|| directory.start(showtime, supervisor))
                .await;
            let live = live.cloned();
            if live.is_err() {
                directory.drop_empty(showtime, &slot);
            }
            live
        });
        // The task itself only fails by panicking.
        started.await.unwrap_or(Err(CallError::OwnerRestarted))
    }

    /// Takes a dead owner out and says which showtime it had.
    pub(crate) fn remove(&self, actor: ActorId) -> Option<ShowtimeId> {
        let (_, showtime) = self.by_actor.remove(&actor)?;
        gauge!(OWNERS, "state" => "live").decrement(1.0);
        let same = |slot: &Arc<Slot>| {
            slot.live
                .get()
                .is_none_or(|live| live.owner.get_id() == actor)
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

    /// Another process owns the showtime: this one keeps its hands off for good.
    pub(crate) fn depose(&self, showtime: ShowtimeId) {
        self.deposed.insert(showtime);
    }

    /// Showtimes lost to other processes.
    pub(crate) fn deposed_count(&self) -> usize {
        self.deposed.len()
    }

    /// The slot to wait at: a fresh one when the last owner has left without being noticed yet.
    fn slot(&self, showtime: ShowtimeId) -> Arc<Slot> {
        let mut slot = self.slots.entry(showtime).or_default();
        if slot.live.get().is_some_and(Live::has_left) {
            *slot = Arc::default();
        }
        Arc::clone(&slot)
    }

    async fn start(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<Live, CallError> {
        if self.deposed.contains(&showtime) {
            return Err(CallError::Deposed);
        }
        self.wait_out_failures(showtime).await?;
        let _turn = self.rehydrations.acquire().await;
        let rehydrated = rehydrate(&self.journal, showtime)
            .await
            .map_err(|error| self.cannot_start(showtime, &error))?;
        let (map, epoch) = (rehydrated.map, rehydrated.epoch);
        let layout = Arc::clone(map.layout());
        let admission = Admission::new(self.options.in_flight_max);
        let publisher = Publisher::new(&map, epoch);
        let views = publisher.views();
        let (told, ears) = watch::channel::<Option<ActorRef<ShowtimeMessage>>>(None);
        let reign = Arc::new(Reign {
            showtime,
            epoch,
            layout: Arc::clone(&layout),
            listener: Box::new(move |notice| {
                if let Some(owner) = &*ears.borrow() {
                    // A dead owner's news is nobody's: the next one reads the journal.
                    drop(owner.send_message(ShowtimeMessage::Journal(notice)));
                }
            }),
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
        Ok(Live {
            owner,
            admission,
            layout,
            views,
        })
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
                tokio::time::sleep(at.saturating_sub(now)).await;
                Ok(())
            }
            Some(Verdict::GiveUpUntil(_) | Verdict::RestartAt(_)) | None => Ok(()),
        }
    }

    fn cannot_start(&self, showtime: ShowtimeId, error: &JournalError) -> CallError {
        let answer = match error {
            JournalError::UnknownShowtime(_) => return CallError::UnknownShowtime,
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

    /// Forgets an empty slot that nobody else is waiting at, so that made-up ids take no memory.
    fn drop_empty(&self, showtime: ShowtimeId, slot: &Arc<Slot>) {
        self.slots.remove_if(&showtime, |_, known| {
            // The map and the caller: whoever else had it would hold it too.
            Arc::ptr_eq(known, slot) && Arc::strong_count(slot) == 2 && slot.live.get().is_none()
        });
    }
}
