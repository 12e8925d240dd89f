//! What is asked of one showtime, each call with a deadline, at the door of whichever owner lives.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use journal::backlog::Lane;
use journal::causes::Causes;
use seating::command::Command;
use seating::entry::{Entry, RequestStamp};
use seating::ids::{BuyerId, HoldId, Seq, ShowtimeId};
use seating::rejection::Rejection;
use seating::seat_layout::SeatLayout;
use seating::seat_map::Asked;
use seating::snapshot::{HoldImage, Snapshot};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{Answer, Durability, HoldsAsked, HoldsPage, ShowtimeHandle};
use crate::command_kind::traits;
use crate::directory::owner_handle::OwnerHandle;
use crate::error::CallError;
use crate::metrics::{CallInFlight, End};
use crate::options::HoldAck;
use crate::owner::admission::{InFlight, NotAdmitted, Permit};
use crate::owner::message::{Execute, NoAnswer, OwnerMessage};
use crate::view::View;

/// How often a call follows a showtime to its next owner when the one it met was leaving.
const OWNERS_TRIED_MAX: u32 = 3;
/// How often a command is asked whose key its owner may have forgotten: more than twice only when
/// as much as an owner remembers came in between.
const LOOK_UPS_MAX: u32 = 4;

impl ShowtimeHandle {
    /// Its id.
    pub fn id(&self) -> ShowtimeId {
        self.id
    }

    /// Its layout.
    pub fn layout(&self) -> &Arc<SeatLayout> {
        &self.live.layout
    }

    /// The latest view: only durable entries, never waits.
    pub fn view(&self) -> Arc<View> {
        self.live.usage.touch(Instant::now());
        Arc::clone(&self.live.views.borrow())
    }

    /// Has a command decided, and answers once its entry is durable; with `hold_ack = memory` a
    /// hold is answered at once.
    ///
    /// # Errors
    ///
    /// `Rejected` and `NothingToDo` are final; all others can be tried again. After
    /// `OwnerRestarted`, `JournalUnavailable` and `TimedOut` the command may or may not have been
    /// recorded; repeating it with the same `request` is safe.
    pub async fn execute(
        &self,
        command: Command,
        request: Option<RequestStamp>,
    ) -> Result<Answer, CallError> {
        self.execute_for(command, request, None).await
    }

    /// The same for a request of staff, which the audit log names by its id.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn execute_for(
        &self,
        command: Command,
        request: Option<RequestStamp>,
        request_id: Option<Arc<str>>,
    ) -> Result<Answer, CallError> {
        let metrics = &self.inner.directory.metrics;
        let begun = Instant::now();
        let call = CallInFlight::begin(metrics, command.kind());
        let answered = self
            .admit_and_ask(command, (request, request_id), begun)
            .await;
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
    ///
    /// # Errors
    ///
    /// When the owner does not answer in time, was restarted, or its entry does not become durable;
    /// the question can be repeated.
    pub async fn hold(&self, hold: HoldId) -> Result<(Option<HoldImage>, Seq), CallError> {
        self.ask(|reply| OwnerMessage::AskHold(hold, reply)).await
    }

    /// At most so many live holds. Like every promise this is answered once it is durable.
    ///
    /// # Errors
    ///
    /// As [`hold`](Self::hold).
    pub async fn holds(&self, asked: HoldsAsked, limit: usize) -> Result<HoldsPage, CallError> {
        self.ask(|reply| OwnerMessage::AskHolds(asked, limit, reply))
            .await
    }

    /// Waits until everything that was decided before is durable, and shown in the view.
    ///
    /// # Errors
    ///
    /// As [`hold`](Self::hold).
    pub async fn all_durable(&self) -> Result<Seq, CallError> {
        let nobody = HoldsAsked::OfBuyer(BuyerId::new(Uuid::nil()));
        Ok(self.holds(nobody, 0).await?.seq)
    }

    /// The whole state at some entry, once that entry is durable.
    ///
    /// # Errors
    ///
    /// As [`hold`](Self::hold).
    pub async fn snapshot(&self) -> Result<Snapshot, CallError> {
        self.ask(OwnerMessage::AskSnapshot).await
    }

    /// Answers that its owner has parked.
    ///
    /// # Errors
    ///
    /// As [`hold`](Self::hold).
    #[cfg(feature = "test-util")]
    pub async fn parked_count(&self) -> Result<usize, CallError> {
        self.ask(OwnerMessage::CountParked).await
    }

    /// Makes the owner panic in the middle of its work, as a defect would.
    #[cfg(feature = "test-util")]
    pub fn panic_owner(&self) {
        drop(self.live.actor.send_message(OwnerMessage::Panic));
    }

    /// Kills the owner at its next await, with everything in its mailbox.
    #[cfg(feature = "test-util")]
    pub fn kill_owner(&self) {
        self.live.actor.kill();
    }

    /// Asks the owner; a key that it may have forgotten is looked up, and the owner asked again.
    async fn admit_and_ask(
        &self,
        mut command: Command,
        (request, request_id): (Option<RequestStamp>, Option<Arc<str>>),
        begun: Instant,
    ) -> Result<Answer, CallError> {
        let deadline = begun + self.inner.directory.options.call_timeout;
        let mut asked = request.map(Asked::from);
        let mut last_owner: Option<Arc<OwnerHandle>> = None;
        for _ in 0..LOOK_UPS_MAX {
            let (live, permit) = self.admit(&command, begun).await?;
            if last_owner.is_some_and(|last| !Arc::ptr_eq(&last, &live)) {
                // A look-up helps only the owner that asked for it: to its successor the same
                // number may mean another entry.
                asked = request.map(Asked::from);
            }
            let early = self.answers_early(&command);
            let (reply, answer) = oneshot::channel();
            let execute = Execute {
                command,
                request: asked,
                early,
                permit,
                sent_at: begun,
                request_id: request_id.clone(),
                reply,
            };
            let sent = live.actor.send_message(OwnerMessage::Execute(execute));
            sent.map_err(|_dead| CallError::OwnerRestarted)?;
            let (reached, back) = match timeout_at(deadline, answer).await {
                Ok(Ok(Ok(answer))) => return Ok(answer),
                Ok(Ok(Err(NoAnswer::Refused(error)))) => return Err(error),
                Ok(Ok(Err(NoAnswer::Forgotten { reached, command }))) => (reached, command),
                // The owner died and its parked replies with it.
                Ok(Err(_gone)) => return Err(CallError::OwnerRestarted),
                Err(_elapsed) => return Err(self.inner.overdue()),
            };
            let stamp = request.ok_or(CallError::OwnerRestarted)?;
            if let Some(entry) = self.look_up(stamp, deadline).await? {
                return Ok(Self::replayed(entry, &live));
            }
            asked = Some(Asked {
                stamp,
                looked_up: Some(reached),
            });
            (command, last_owner) = (back, Some(live));
        }
        Err(self.inner.overloaded())
    }

    fn answers_early(&self, command: &Command) -> bool {
        let acknowledged = self.inner.directory.options.hold_ack;
        acknowledged == HoldAck::Memory && traits(command.kind()).may_answer_early
    }

    /// The first answer to a request as the journal has it.
    async fn look_up(
        &self,
        stamp: RequestStamp,
        deadline: Instant,
    ) -> Result<Option<Entry>, CallError> {
        self.inner.directory.metrics.look_ups.increment(1);
        let journal = &self.inner.directory.journal;
        let found = timeout_at(deadline, journal.answered(self.id, stamp.key)).await;
        match found {
            Ok(Ok(None)) => Ok(None),
            Ok(Ok(Some(entry))) if entry.request == Some(stamp) => Ok(Some(entry)),
            Ok(Ok(Some(_other))) => Err(CallError::Rejected(Rejection::KeyReused)),
            Ok(Err(error)) => {
                tracing::warn!(
                    showtime.id = %self.id,
                    error = %Causes(&error),
                    "the earlier answer to a request could not be looked up"
                );
                Err(self.inner.unavailable())
            }
            Err(_elapsed) => Err(self.inner.unavailable()),
        }
    }

    fn replayed(entry: Entry, live: &OwnerHandle) -> Answer {
        Answer {
            entry: Arc::new(entry),
            replayed: true,
            durability: Durability::Journaled,
            ahead_micros: live.views.borrow().ahead_micros(),
        }
    }

    /// Takes a place at the owner's door and one in the backlog.
    async fn admit(
        &self,
        command: &Command,
        begun: Instant,
    ) -> Result<(Arc<OwnerHandle>, Permit), CallError> {
        let lane = traits(command.kind()).lane;
        let (live, seat) = self.enter(lane, begun).await?;
        let reservation = self.inner.directory.journal.backlog().reserve(lane);
        let reservation = reservation.ok_or_else(|| self.inner.overloaded())?;
        Ok((live, Permit { reservation, seat }))
    }

    /// Goes in at the owner's door, following the showtime to its next owner if this one has left.
    async fn enter(
        &self,
        lane: Lane,
        begun: Instant,
    ) -> Result<(Arc<OwnerHandle>, InFlight), CallError> {
        let patience = self.inner.directory.options.door_patience;
        let mut live = Arc::clone(&self.live);
        for _ in 0..OWNERS_TRIED_MAX {
            if self.inner.closing.load(Ordering::Acquire) {
                return Err(CallError::ShuttingDown);
            }
            // An owner that died has not closed its door.
            let entered = if live.has_left() {
                Err(NotAdmitted::Closed)
            } else {
                live.admission.enter(lane, patience).await
            };
            match entered {
                Ok(seat) => {
                    live.usage.touch(begun);
                    return Ok((live, seat));
                }
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
        question: impl FnOnce(oneshot::Sender<T>) -> OwnerMessage,
    ) -> Result<T, CallError> {
        let begun = Instant::now();
        let deadline = begun + self.inner.directory.options.call_timeout;
        let (live, _place) = self.enter(Lane::Ordinary, begun).await?;
        let (reply, answer) = oneshot::channel();
        let sent = live.actor.send_message(question(reply));
        sent.map_err(|_dead| CallError::OwnerRestarted)?;
        match timeout_at(deadline, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_gone)) => Err(CallError::OwnerRestarted),
            Err(_elapsed) => Err(self.inner.overdue()),
        }
    }
}
