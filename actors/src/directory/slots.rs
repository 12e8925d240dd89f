//! Owners that are here, or being started: at most one for each showtime, and as many as there is
//! memory for.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use dashmap::mapref::multiple::RefMulti;
use metrics::gauge;
use ractor::ActorId;
use seating::ids::ShowtimeId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::owner_handle::OwnerHandle;
use super::start_outcome::{Start, Starter};
use crate::error::CallError;
use crate::metrics::OWNERS;
use crate::owner::message::OwnerMessage;

/// Owners asked to leave when one place is needed: the next ones will be needed soon.
const ASKED_AT_ONCE: usize = 8;
/// How long one may take to leave: it may have a commit to wait for.
const ROOM_WITHIN: Duration = Duration::from_secs(2);
/// When a hold may be over, and its owner able to leave.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// An owner's place among those that may be alive, given back when its end is noticed.
pub(super) type OwnerPermit = OwnedSemaphorePermit;

/// What the directory has for one showtime.
#[derive(Clone, Debug)]
pub(super) enum OwnerSlot {
    /// Its owner is being started; everybody waits for the one outcome.
    Starting(Start),
    /// Its owner.
    Live(Arc<OwnerHandle>),
}

/// All slots.
#[derive(Debug)]
pub(super) struct Slots {
    by_showtime: DashMap<ShowtimeId, OwnerSlot>,
    by_actor: DashMap<ActorId, (ShowtimeId, OwnerPermit)>,
    /// Owners that may be alive at once.
    places: Arc<Semaphore>,
}

/// An empty slot, locked for the caller.
pub(super) struct Vacant<'a>(Entry<'a, ShowtimeId, OwnerSlot>);

impl OwnerSlot {
    fn live(&self) -> Option<&Arc<OwnerHandle>> {
        match self {
            Self::Live(owner) if !owner.has_left() => Some(owner),
            Self::Live(_) | Self::Starting(_) => None,
        }
    }

    /// Whether a new start is needed: the owner has left, or its start broke off.
    fn is_over(&self) -> bool {
        match self {
            Self::Live(owner) => owner.has_left(),
            Self::Starting(start) => start.is_over(),
        }
    }
}

impl Vacant<'_> {
    /// Puts a start into the slot.
    pub(super) fn begin_start(self) -> (Starter, OwnerSlot) {
        let (starter, start) = Start::begin();
        let slot = OwnerSlot::Starting(start);
        self.0.insert(slot.clone());
        (starter, slot)
    }
}

impl Slots {
    pub(super) fn new(owners_max: usize) -> Self {
        Self {
            by_showtime: DashMap::new(),
            by_actor: DashMap::new(),
            places: Arc::new(Semaphore::new(owners_max.max(1))),
        }
    }

    /// The slot of a showtime: what is in it, or the right to fill it.
    pub(super) fn entry(&self, showtime: ShowtimeId) -> Result<OwnerSlot, Vacant<'_>> {
        match self.by_showtime.entry(showtime) {
            Entry::Occupied(slot) if !slot.get().is_over() => Ok(slot.get().clone()),
            vacant @ (Entry::Occupied(_) | Entry::Vacant(_)) => Err(Vacant(vacant)),
        }
    }

    /// The owner of a showtime if there is one now.
    pub(super) fn living(&self, showtime: ShowtimeId) -> Option<Arc<OwnerHandle>> {
        self.by_showtime.get(&showtime)?.live().cloned()
    }

    /// Whether its owner is here or is being started.
    pub(super) fn has(&self, showtime: ShowtimeId) -> bool {
        let slot = self.by_showtime.get(&showtime);
        slot.is_some_and(|slot| !slot.is_over())
    }

    /// Every owner there is now, in the order of their showtimes: what is done to all of them
    /// happens in the same order in every run.
    pub(super) fn all(&self) -> Vec<Arc<OwnerHandle>> {
        let live = |slot: RefMulti<'_, ShowtimeId, OwnerSlot>| slot.live().cloned();
        let mut all: Vec<Arc<OwnerHandle>> = self.by_showtime.iter().filter_map(live).collect();
        all.sort_unstable_by_key(|owner| owner.showtime);
        all
    }

    /// An actor has begun to work for a showtime.
    pub(super) fn has_actor(&self, actor: ActorId, showtime: ShowtimeId, place: OwnerPermit) {
        self.by_actor.insert(actor, (showtime, place));
        gauge!(OWNERS, "state" => "live").increment(1.0);
    }

    /// Records how a start ended.
    pub(super) fn started(
        &self,
        showtime: ShowtimeId,
        outcome: &Result<Arc<OwnerHandle>, CallError>,
    ) {
        match outcome {
            Ok(owner) => {
                let live = OwnerSlot::Live(Arc::clone(owner));
                self.by_showtime.insert(showtime, live);
            }
            // A made-up id must take no memory.
            Err(_) => drop(self.by_showtime.remove(&showtime)),
        }
    }

    /// Takes a dead actor's owner out and says which showtime it had.
    pub(super) fn remove(&self, actor: ActorId) -> Option<ShowtimeId> {
        let (_, (showtime, _place)) = self.by_actor.remove(&actor)?;
        gauge!(OWNERS, "state" => "live").decrement(1.0);
        // A start or a newer owner in its place is not ours to take out.
        let same = |slot: &OwnerSlot| match slot {
            OwnerSlot::Live(owner) => owner.actor.get_id() == actor,
            OwnerSlot::Starting(_) => false,
        };
        self.by_showtime.remove_if(&showtime, |_, slot| same(slot));
        Some(showtime)
    }

    /// A place for one more owner. If there is none, the least recently used owners without live
    /// holds are asked to leave.
    pub(super) async fn place(&self) -> Result<OwnerPermit, CallError> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let full = CallError::TooManyShowtimes {
            retry_after: RETRY_AFTER,
        };
        if !self.ask_to_leave() {
            return Err(full);
        }
        let place = Arc::clone(&self.places).acquire_owned();
        match timeout(ROOM_WITHIN, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(full),
        }
    }

    /// Whether any owner could be asked.
    fn ask_to_leave(&self) -> bool {
        let mut unused = self.all();
        unused.retain(|owner: &Arc<OwnerHandle>| !owner.usage.has_holds());
        // Equally old ones go in the order of their showtimes.
        unused.sort_by_key(|owner| owner.usage.last());
        for owner in unused.iter().take(ASKED_AT_ONCE) {
            owner.notify(OwnerMessage::MakeRoom);
        }
        !unused.is_empty()
    }
}
