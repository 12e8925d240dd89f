//! The cheap, cloneable handle through which everybody else asks anything of a showtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ractor::{Actor, ActorRef, SpawnErr};
use seating::command::Command;
use seating::event::RequestStamp;
use seating::ids::{HoldId, Seq, ShowtimeId};
use seating::journal::Journal;
use seating::journal::backlog::Lane;
use seating::seat_layout::SeatLayout;
use seating::snapshot::{HoldImage, Snapshot};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use crate::admission::{InFlight, NotAdmitted, Permit, lane_of};
use crate::clock::Clock;
use crate::directory::{Directory, Live};
use crate::drain_rate::DrainRate;
use crate::error::CallError;
use crate::metrics::{CallInFlight, CommandKind, End};
use crate::options::Options;
use crate::showtime::message::{Execute, ShowtimeMessage};
use crate::supervisor::{Supervisor, SupervisorMessage};
use crate::view::View;

pub use crate::showtime::message::{Answer, Durability};

/// How often a call follows a showtime to its next owner when the one it met was leaving.
const OWNERS_TRIED_MAX: u32 = 3;

/// Where as many wait as can, a place may be free soon, but not for all who come back soon.
const RETRY_AFTER_FULL: Duration = Duration::from_secs(1);

/// All showtimes.
#[derive(Clone, Debug)]
pub struct BoxOffice {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: Arc<Directory>,
    supervisor: ActorRef<SupervisorMessage>,
    drain_rate: DrainRate,
    closing: AtomicBool,
}

/// One showtime, with its owner as it was when asked for.
#[derive(Clone, Debug)]
pub struct Showtime {
    id: ShowtimeId,
    live: Arc<Live>,
    inner: Arc<Inner>,
}

impl BoxOffice {
    /// Opens for business: owners start as their showtimes are asked for.
    pub async fn open(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, SpawnErr> {
        let directory = Arc::new(Directory::new(journal, clock, options));
        let (supervisor, _) = Actor::spawn(None, Supervisor, Arc::clone(&directory)).await?;
        let drain_rate = DrainRate::new(Arc::clone(directory.journal.backlog()));
        let closing = AtomicBool::new(false);
        Ok(Self {
            inner: Arc::new(Inner {
                directory,
                supervisor,
                drain_rate,
                closing,
            }),
        })
    }

    /// A showtime, whose owner is started if this is its first use.
    pub async fn showtime(&self, id: ShowtimeId) -> Result<Showtime, CallError> {
        let live = self.inner.live(id).await?;
        Ok(Showtime {
            id,
            live,
            inner: Arc::clone(&self.inner),
        })
    }

    /// When a refused caller should come back, by the rate at which the backlog drains.
    pub fn retry_after(&self) -> Duration {
        self.inner.drain_rate.retry_after()
    }

    /// When to come back with a hold of this showtime, if its owner would refuse one now. A guess
    /// that costs next to nothing, for whoever has not read the hold yet.
    pub fn has_no_room(&self, id: ShowtimeId) -> Option<Duration> {
        let live = self.inner.directory.living(id)?;
        live.admission
            .is_full()
            .then(|| self.retry_after().max(RETRY_AFTER_FULL))
    }

    /// Owners in memory now.
    pub fn owners_count(&self) -> usize {
        self.inner.directory.all().len()
    }

    /// Showtimes that other processes have taken over from this one.
    pub fn deposed_count(&self) -> usize {
        self.inner.directory.deposed_count()
    }

    /// Takes nothing more, lets every owner keep its promises and write a snapshot, then stops.
    ///
    /// Returns whether all owners were finished by the deadline.
    pub async fn stop(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        self.inner.closing.store(true, Ordering::Release);
        let closed = timeout_at(deadline, self.inner.directory.close());
        let (closed, left) = tokio::join!(closed, self.let_leave(deadline));
        // Whoever was being started meanwhile.
        let all_left = closed.is_ok() && left && self.let_leave(deadline).await;
        self.inner.supervisor.stop(None);
        all_left
    }

    async fn let_leave(&self, deadline: Instant) -> bool {
        let mut leaving = Vec::new();
        for live in self.inner.directory.all() {
            let (done, left) = oneshot::channel();
            if live
                .owner
                .send_message(ShowtimeMessage::Leave(done))
                .is_ok()
            {
                leaving.push(left);
            }
        }
        let mut all_left = true;
        for left in leaving {
            all_left &= timeout_at(deadline, left).await.is_ok();
        }
        all_left
    }

    /// Ends every owner and their supervisor at once, as the end of the process does.
    #[cfg(feature = "test-util")]
    pub fn crash(&self) {
        self.inner.closing.store(true, Ordering::Release);
        self.inner.supervisor.kill();
        for live in self.inner.directory.all() {
            live.owner.kill();
        }
    }
}

impl Showtime {
    /// Its id.
    pub fn id(&self) -> ShowtimeId {
        self.id
    }

    /// Its house.
    pub fn layout(&self) -> &Arc<SeatLayout> {
        &self.live.layout
    }

    /// The latest picture: only durable events, never waits.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.live.views.borrow())
    }

    /// Has a command decided, and answers when the promise holds.
    ///
    /// After `OwnerRestarted`, `JournalUnavailable` and `TimedOut` the command may or may not have
    /// been recorded; repeating it with the same `request` is safe.
    pub async fn execute(
        &self,
        command: Command,
        request: Option<RequestStamp>,
    ) -> Result<Answer, CallError> {
        let metrics = &self.inner.directory.metrics;
        let begun = Instant::now();
        let call = CallInFlight::begin(metrics, CommandKind::of(&command));
        let answered = self.admit_and_ask(command, request, begun).await;
        let end = match &answered {
            Ok(answer) if answer.replayed => End::Replayed,
            Ok(_) => End::Granted,
            Err(error) => End::Failed(error),
        };
        call.ended(end, begun.elapsed());
        answered
    }

    /// A hold, live or lately ended, with the entry up to which this is known. Like every promise
    /// it is answered once that entry is durable.
    pub async fn hold(&self, hold: HoldId) -> Result<(Option<HoldImage>, Seq), CallError> {
        self.ask(|reply| ShowtimeMessage::AskHold(hold, reply))
            .await
    }

    /// The whole state at some entry, once that entry is durable.
    pub async fn snapshot(&self) -> Result<Snapshot, CallError> {
        self.ask(ShowtimeMessage::AskSnapshot).await
    }

    /// Answers that its owner has parked.
    #[cfg(feature = "test-util")]
    pub async fn parked_count(&self) -> Result<usize, CallError> {
        self.ask(ShowtimeMessage::CountParked).await
    }

    /// Makes the owner panic in the middle of its work, as a defect would.
    #[cfg(feature = "test-util")]
    pub fn panic_owner(&self) {
        drop(self.live.owner.send_message(ShowtimeMessage::Panic));
    }

    /// Kills the owner at its next await, with everything in its mailbox.
    #[cfg(feature = "test-util")]
    pub fn kill_owner(&self) {
        self.live.owner.kill();
    }

    async fn admit_and_ask(
        &self,
        command: Command,
        request: Option<RequestStamp>,
        begun: Instant,
    ) -> Result<Answer, CallError> {
        let deadline = begun + self.inner.directory.options.call_timeout;
        let early = self
            .inner
            .directory
            .options
            .hold_ack
            .answers_early(&command);
        let (live, permit) = self.admit(&command).await?;
        let (reply, answer) = oneshot::channel();
        let execute = Execute {
            command,
            request,
            early,
            permit,
            sent_at: begun,
            reply,
        };
        let sent = live.owner.send_message(ShowtimeMessage::Execute(execute));
        sent.map_err(|_dead| CallError::OwnerRestarted)?;
        match timeout_at(deadline, answer).await {
            Ok(Ok(answered)) => answered,
            // The owner died and its parked replies with it.
            Ok(Err(_gone)) => Err(CallError::OwnerRestarted),
            Err(_elapsed) => Err(self.inner.overdue()),
        }
    }

    /// Takes a place at the owner's door and one in the backlog.
    async fn admit(&self, command: &Command) -> Result<(Arc<Live>, Permit), CallError> {
        let lane = lane_of(command);
        let (live, seat) = self.enter(lane).await?;
        let reservation = self.inner.directory.journal.backlog().reserve(lane);
        let reservation = reservation.ok_or_else(|| self.inner.overloaded())?;
        Ok((live, Permit { reservation, seat }))
    }

    /// Goes in at the owner's door, following the showtime to its next owner if this one has left.
    async fn enter(&self, lane: Lane) -> Result<(Arc<Live>, InFlight), CallError> {
        let patience = self.inner.directory.options.door_patience;
        let mut live = Arc::clone(&self.live);
        for _ in 0..OWNERS_TRIED_MAX {
            if self.inner.closing.load(Ordering::Acquire) {
                return Err(CallError::ShuttingDown);
            }
            match live.admission.enter(lane, patience).await {
                Ok(seat) => return Ok((live, seat)),
                Err(NotAdmitted::Full) => return Err(self.inner.overloaded()),
                Err(NotAdmitted::Closed) => live = self.inner.live(self.id).await?,
            }
        }
        Err(CallError::OwnerRestarted)
    }

    /// Asks what changes nothing. The asker takes a place at the door as a hold does, and gives it
    /// back by going away: questions wait for the journal, too.
    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> ShowtimeMessage,
    ) -> Result<T, CallError> {
        let deadline = Instant::now() + self.inner.directory.options.call_timeout;
        let (live, _place) = self.enter(Lane::Ordinary).await?;
        let (reply, answer) = oneshot::channel();
        let sent = live.owner.send_message(question(reply));
        sent.map_err(|_dead| CallError::OwnerRestarted)?;
        match timeout_at(deadline, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_gone)) => Err(CallError::OwnerRestarted),
            Err(_elapsed) => Err(self.inner.overdue()),
        }
    }
}

impl Inner {
    async fn live(&self, id: ShowtimeId) -> Result<Arc<Live>, CallError> {
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
        timeout(within, started).await.unwrap_or_else(|_elapsed| {
            Err(CallError::JournalUnavailable {
                retry_after: self.drain_rate.retry_after(),
            })
        })
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
            CallError::JournalUnavailable {
                retry_after: self.drain_rate.retry_after(),
            }
        }
    }
}
