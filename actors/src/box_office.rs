//! The cheap, cloneable handle through which everybody else asks anything of a showtime.

mod calls;
mod drain_rate;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use journal::Journal;
use ractor::{Actor, ActorRef};
use seating::ids::{HoldId, Seq, ShowtimeId};
use seating::seat_map::SeatMap;
use seating::snapshot::HoldImage;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use crate::box_office::drain_rate::DrainRate;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::directory::owner_handle::OwnerHandle;
use crate::error::{CallError, OpenError};
use crate::options::OwnerOptions;
use crate::owner::message::OwnerMessage;
use crate::supervisor::{Supervisor, SupervisorMessage};
use crate::view::View;
use crate::{rounds, waking};

#[cfg(feature = "test-util")]
pub use crate::owner::PANIC_ON_DEMAND;
pub use crate::owner::message::{Answer, Durability, HoldsAsked, HoldsPage};

/// Owners that write their last snapshots at the same time.
const LEAVING_AT_ONCE: usize = 8;

/// When an owner that is being started may be there.
const STARTING_RETRY_AFTER: Duration = Duration::from_secs(1);

/// So many may wait at an owner's door however slow it goes.
const LINE_MIN: usize = 16;

/// All showtimes.
#[derive(Clone, Debug)]
pub struct BoxOffice {
    inner: Arc<BoxOfficeInner>,
}

#[derive(Debug)]
struct BoxOfficeInner {
    directory: Arc<Directory>,
    supervisor: ActorRef<SupervisorMessage>,
    drain_rate: DrainRate,
    closing: AtomicBool,
}

/// One showtime, with its owner as it was when asked for.
#[derive(Clone, Debug)]
pub struct ShowtimeHandle {
    id: ShowtimeId,
    live: Arc<OwnerHandle>,
    inner: Arc<BoxOfficeInner>,
}

impl BoxOffice {
    /// Opens for business: owners start as their showtimes are asked for.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the supervisor cannot be started.
    pub async fn open(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        options: OwnerOptions,
    ) -> Result<Self, OpenError> {
        let directory = Arc::new(Directory::new(journal, clock, options));
        let supervisor = Actor::spawn(None, Supervisor, Arc::clone(&directory)).await;
        let (supervisor, _) = supervisor.map_err(|error| OpenError(error.to_string()))?;
        tokio::spawn(rounds::go(Arc::downgrade(&directory), options));
        let waking = waking::go(Arc::downgrade(&directory), supervisor.get_cell());
        tokio::spawn(waking);
        let drain_rate = DrainRate::new(Arc::clone(directory.journal.backlog()));
        let closing = AtomicBool::new(false);
        Ok(Self {
            inner: Arc::new(BoxOfficeInner {
                directory,
                supervisor,
                drain_rate,
                closing,
            }),
        })
    }

    /// A showtime, whose owner is started if this is its first use.
    ///
    /// # Errors
    ///
    /// `UnknownShowtime`, or why its owner cannot be started now: most of these pass, and say when
    /// to come back; `Deposed` does not.
    pub async fn showtime(&self, id: ShowtimeId) -> Result<ShowtimeHandle, CallError> {
        let live = self.inner.live(id).await?;
        Ok(ShowtimeHandle {
            id,
            live,
            inner: Arc::clone(&self.inner),
        })
    }

    /// The view of a showtime, for those who only look: its owner's if one is alive here, else
    /// one of what is durable, for which nobody is made an owner.
    ///
    /// # Errors
    ///
    /// `UnknownShowtime`, `ShuttingDown`, or `JournalUnavailable` when no owner lives here and the
    /// store cannot be read in time.
    pub async fn view(&self, id: ShowtimeId) -> Result<Arc<View>, CallError> {
        let directory = &self.inner.directory;
        if let Some(live) = directory.living(id) {
            live.usage.touch(Instant::now());
            return Ok(Arc::clone(&live.views.borrow()));
        }
        if self.inner.closing.load(Ordering::Acquire) {
            return Err(CallError::ShuttingDown);
        }
        let within = directory.options.call_timeout;
        directory.onlookers.view(id, within).await
    }

    /// A hold, live or lately ended, with the entry up to which this is known: asked of the owner
    /// if one is alive here, else of what is durable, for which nobody is made an owner.
    ///
    /// # Errors
    ///
    /// As [`view`](Self::view), or as [`ShowtimeHandle::hold`] when an owner lives here.
    pub async fn hold(
        &self,
        id: ShowtimeId,
        hold: HoldId,
    ) -> Result<(Option<HoldImage>, Seq), CallError> {
        if let Some(owner) = self.living(id) {
            return owner.hold(hold).await;
        }
        let question = |map: &SeatMap| (map.hold(hold).cloned(), map.seq());
        self.ask_onlooker(id, question).await
    }

    /// At most so many live holds, asked of whom a hold is asked.
    ///
    /// # Errors
    ///
    /// As [`view`](Self::view), or as [`ShowtimeHandle::holds`] when an owner lives here.
    pub async fn holds(
        &self,
        id: ShowtimeId,
        asked: HoldsAsked,
        limit: usize,
    ) -> Result<HoldsPage, CallError> {
        if let Some(owner) = self.living(id) {
            return owner.holds(asked, limit).await;
        }
        let question = |map: &SeatMap| HoldsPage::of(map, asked, limit);
        self.ask_onlooker(id, question).await
    }

    /// A showtime whose owner is alive here.
    fn living(&self, id: ShowtimeId) -> Option<ShowtimeHandle> {
        let live = self.inner.directory.living(id)?;
        let open = !live.admission.is_closed();
        let inner = Arc::clone(&self.inner);
        open.then_some(ShowtimeHandle { id, live, inner })
    }

    async fn ask_onlooker<T>(
        &self,
        id: ShowtimeId,
        question: impl FnOnce(&SeatMap) -> T,
    ) -> Result<T, CallError> {
        if self.inner.closing.load(Ordering::Acquire) {
            return Err(CallError::ShuttingDown);
        }
        let directory = &self.inner.directory;
        let within = directory.options.call_timeout;
        directory.onlookers.ask(id, within, question).await
    }

    /// By how many microseconds this process's clock is ahead of the store's, as they were last
    /// compared, and whether owners are started by it.
    pub fn clock_ahead(&self) -> (i64, bool) {
        let timekeeper = &self.inner.directory.timekeeper;
        (timekeeper.ahead_micros(), timekeeper.agrees())
    }

    /// When a refused caller should come back, by the rate at which the backlog drains.
    pub fn retry_after(&self) -> Duration {
        self.inner.drain_rate.retry_after()
    }

    /// When to come back with a hold of this showtime, if there is no room for one now. A guess
    /// that costs next to nothing, made before the request is read.
    ///
    /// A caller that `returns` as it was asked to finds room where others do not: else those who were
    /// served last, and ask again at once, would keep it out for ever.
    pub fn has_no_room(&self, id: ShowtimeId, returns: bool) -> Option<Duration> {
        let live = self.inner.directory.living(id)?;
        if !live.admission.is_busy() {
            return None;
        }
        let too_many = self.inner.line() * (1 + usize::from(returns));
        live.admission
            .has_waiting(too_many)
            .then(|| self.inner.drain_rate.appointment())
    }

    /// Owners in memory now.
    pub fn owners_count(&self) -> usize {
        self.inner.directory.all().len()
    }

    /// Showtimes that other processes have taken over from this one.
    pub fn deposed_count(&self) -> usize {
        self.inner.directory.deposed_count()
    }

    /// Takes nothing more, lets every owner keep its promises and, as long as there is time, write
    /// a snapshot, then stops.
    ///
    /// Returns whether all promises were kept by the deadline. Snapshots are caches: one that is
    /// not written costs the next start some time, and nothing else.
    pub async fn stop(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        self.inner.closing.store(true, Ordering::Release);
        let closed = timeout_at(deadline, self.inner.directory.close());
        let (closed, finished) = tokio::join!(closed, self.finish(deadline));
        // Owners that were being started meanwhile.
        let kept = closed.is_ok() && finished && self.finish(deadline).await;
        if timeout_at(deadline, self.stop_owners()).await.is_err() {
            tracing::warn!("the box office closes before every owner has written a snapshot");
        }
        self.inner.supervisor.stop(None);
        kept
    }

    /// Waits until all that is promised is durable.
    async fn finish(&self, deadline: Instant) -> bool {
        let finishing: Vec<_> = (self.inner.directory.all().into_iter())
            .map(|live| {
                let (done, finished) = oneshot::channel();
                live.notify(OwnerMessage::Finish(done));
                finished
            })
            .collect();
        let mut all = true;
        for finished in finishing {
            // One that has died meanwhile promises nothing any more.
            all &= timeout_at(deadline, finished).await.is_ok();
        }
        all
    }

    /// Sends everybody home, a few at a time: each copies its state for the snapshot.
    async fn stop_owners(&self) {
        let leaving = self
            .inner
            .directory
            .all()
            .into_iter()
            .map(|live| async move {
                let (done, left) = oneshot::channel();
                live.notify(OwnerMessage::Leave(done));
                drop(left.await);
            });
        let leaving = futures::stream::iter(leaving);
        leaving
            .for_each_concurrent(LEAVING_AT_ONCE, |left| left)
            .await;
    }

    /// Ends every owner and their supervisor at once, as the end of the process does.
    #[cfg(feature = "test-util")]
    pub fn crash(&self) {
        self.inner.closing.store(true, Ordering::Release);
        self.inner.supervisor.kill();
        for live in self.inner.directory.all() {
            live.actor.kill();
        }
    }
}

impl BoxOfficeInner {
    async fn live(&self, id: ShowtimeId) -> Result<Arc<OwnerHandle>, CallError> {
        if self.closing.load(Ordering::Acquire) {
            return Err(CallError::ShuttingDown);
        }
        // One that has left is still in the directory for a moment, until its end is noticed.
        let living = self
            .directory
            .living(id)
            .filter(|live| !live.admission.is_closed());
        if let Some(live) = living {
            return Ok(live);
        }
        let started = self.directory.owner(id, self.supervisor.get_cell());
        let within = self.directory.options.call_timeout;
        let started = timeout(within, started).await;
        started.unwrap_or(Err(CallError::Starting {
            retry_after: STARTING_RETRY_AFTER,
        }))
    }

    /// As many as are served in half the time that anybody waits.
    fn line(&self) -> usize {
        let patience_ms = self.directory.options.door_patience.as_millis();
        let served = u128::from(self.drain_rate.per_second()) * patience_ms / 2_000;
        usize::try_from(served).unwrap_or(usize::MAX).max(LINE_MIN)
    }

    fn overloaded(&self) -> CallError {
        CallError::Overloaded {
            retry_after: self.drain_rate.retry_after(),
        }
    }

    /// A call whose deadline has passed: with work waiting for the journal it is the journal.
    fn overdue(&self) -> CallError {
        if self.directory.journal.backlog().is_empty() {
            CallError::TimedOut
        } else {
            self.unavailable()
        }
    }

    fn unavailable(&self) -> CallError {
        CallError::JournalUnavailable {
            retry_after: self.drain_rate.retry_after(),
        }
    }
}
