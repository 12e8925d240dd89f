//! What is asked of one showtime, each call with a deadline, at the door of whichever owner lives.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use seating::command::Command;
use seating::event::RequestStamp;
use seating::ids::{HoldId, Seq, ShowtimeId};
use seating::journal::backlog::Lane;
use seating::seat_layout::SeatLayout;
use seating::snapshot::{HoldImage, Snapshot};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::{Answer, Showtime};
use crate::admission::{InFlight, NotAdmitted, Permit, lane_of};
use crate::error::CallError;
use crate::live::Live;
use crate::metrics::{CallInFlight, CommandKind, End};
use crate::showtime::message::{Execute, ShowtimeMessage};
use crate::view::View;

/// How often a call follows a showtime to its next owner when the one it met was leaving.
const OWNERS_TRIED_MAX: u32 = 3;

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
        self.live.usage.touch(Instant::now());
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
        let (live, permit) = self.admit(&command, begun).await?;
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
    async fn admit(
        &self,
        command: &Command,
        begun: Instant,
    ) -> Result<(Arc<Live>, Permit), CallError> {
        let lane = lane_of(command);
        let (live, seat) = self.enter(lane, begun).await?;
        let reservation = self.inner.directory.journal.backlog().reserve(lane);
        let reservation = reservation.ok_or_else(|| self.inner.overloaded())?;
        Ok((live, Permit { reservation, seat }))
    }

    /// Goes in at the owner's door, following the showtime to its next owner if this one has left.
    async fn enter(&self, lane: Lane, begun: Instant) -> Result<(Arc<Live>, InFlight), CallError> {
        let patience = self.inner.directory.options.door_patience;
        let mut live = Arc::clone(&self.live);
        for _ in 0..OWNERS_TRIED_MAX {
            if self.inner.closing.load(Ordering::Acquire) {
                return Err(CallError::ShuttingDown);
            }
            match live.admission.enter(lane, patience).await {
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
        question: impl FnOnce(oneshot::Sender<T>) -> ShowtimeMessage,
    ) -> Result<T, CallError> {
        let begun = Instant::now();
        let deadline = begun + self.inner.directory.options.call_timeout;
        let (live, _place) = self.enter(Lane::Ordinary, begun).await?;
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
