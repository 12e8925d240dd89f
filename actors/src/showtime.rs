//! The owner of one showtime: the sole mutator of its seat map.
//!
//! Message → decide → apply → append → park the reply until the watermark passes its entry. The
//! owner never waits for the database; only the promise does.

pub(crate) mod alarm;
mod deadlines;
pub(crate) mod message;
pub(crate) mod pending_replies;
pub(crate) mod publisher;
mod questions;
pub(crate) mod snapshots;

use std::sync::Arc;
use std::time::Duration;

use journal::backlog::{Lane, Reservation};
use journal::{Append, Journal, Notice, Reign};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use seating::command::Command;
use seating::event::Event;
use seating::ids::Seq;
use seating::seat_map::{Decision, Entries, SeatMap};
use tokio::sync::oneshot;

use crate::admission::{Admission, InFlight};
use crate::clock::Clock;
use crate::error::CallError;
use crate::metrics::CommandMetrics;
use crate::showtime::alarm::Alarm;
use crate::showtime::message::{Answer, Durability, Execute, NoAnswer, Reply, ShowtimeMessage};
use crate::showtime::pending_replies::{Parked, PendingReplies};
use crate::showtime::publisher::Publisher;
use crate::showtime::snapshots::Snapshots;
use crate::usage::Usage;

/// How long an owner waits when there is no room for its own expiries.
const BACKLOG_FULL_RETRY: Duration = Duration::from_millis(50);

/// Why an owner stopped by itself, as the supervisor reads it.
pub(crate) const FENCED: &str = "fenced";
/// It left because nobody needed it, or because the program stops.
pub(crate) const LEFT: &str = "left";
/// It left because another needed its place.
pub(crate) const MADE_ROOM: &str = "made room";

/// What an owner says that panics because a test told it to.
#[cfg(feature = "test-util")]
pub const PANIC_ON_DEMAND: &str = "told to panic";

/// The actor; all its state is in [`Owner`].
#[derive(Debug)]
pub(crate) struct ShowtimeActor;

/// What an owner begins with.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) map: SeatMap,
    pub(crate) reign: Arc<Reign>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) usage: Arc<Usage>,
    pub(crate) metrics: Arc<CommandMetrics>,
    pub(crate) publisher: Publisher,
    pub(crate) snapshots: Snapshots,
    pub(crate) passivate_after: Duration,
}

#[derive(Debug)]
pub(crate) struct Owner {
    map: SeatMap,
    reign: Arc<Reign>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    admission: Arc<Admission>,
    usage: Arc<Usage>,
    metrics: Arc<CommandMetrics>,
    publisher: Publisher,
    snapshots: Snapshots,
    passivate_after: Duration,
    pending: PendingReplies,
    alarm: Alarm,
    /// The last entry given to the journal.
    appended: Seq,
    durable: Seq,
    finishing: Vec<oneshot::Sender<()>>,
    leaving: Option<oneshot::Sender<()>>,
}

impl Actor for ShowtimeActor {
    type Msg = ShowtimeMessage;
    type State = Owner;
    type Arguments = Beginning;

    async fn pre_start(
        &self,
        _myself: ActorRef<ShowtimeMessage>,
        with: Beginning,
    ) -> Result<Owner, ActorProcessingErr> {
        with.usage.report_holds(with.map.live_holds() > 0);
        Ok(Owner {
            pending: PendingReplies::new(with.metrics.late_replies.clone()),
            alarm: Alarm::new(Arc::clone(&with.clock)),
            appended: with.map.seq(),
            durable: with.map.seq(),
            finishing: Vec::new(),
            leaving: None,
            map: with.map,
            reign: with.reign,
            journal: with.journal,
            clock: with.clock,
            admission: with.admission,
            usage: with.usage,
            metrics: with.metrics,
            publisher: with.publisher,
            snapshots: with.snapshots,
            passivate_after: with.passivate_after,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<ShowtimeMessage>,
        message: ShowtimeMessage,
        owner: &mut Owner,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ShowtimeMessage::Execute(execute) => owner.execute(execute, &myself)?,
            ShowtimeMessage::Journal(notice) => owner.hear(notice, &myself)?,
            ShowtimeMessage::Begin => owner.begin(&myself),
            ShowtimeMessage::Alarm => owner.ring(&myself)?,
            ShowtimeMessage::AskHold(hold, reply) => owner.promise_hold(hold, reply),
            ShowtimeMessage::AskHolds(asked, limit, reply) => {
                owner.promise_holds(asked, limit, reply);
            }
            ShowtimeMessage::AskSnapshot(reply) => owner.promise_snapshot(reply),
            ShowtimeMessage::PassivateIfIdle => {
                if owner.usage.is_idle(owner.passivate_after) {
                    owner.leave_if_unused(LEFT, &myself);
                }
            }
            ShowtimeMessage::MakeRoom => owner.leave_if_unused(MADE_ROOM, &myself),
            ShowtimeMessage::Finish(done) => {
                owner.finishing.push(done);
                owner.say_if_finished();
            }
            ShowtimeMessage::Leave(done) => {
                owner.leaving = Some(done);
                owner.leave_if_finished(&myself);
            }
            #[cfg(feature = "test-util")]
            ShowtimeMessage::CountParked(reply) => drop(reply.send(owner.pending.len())),
            #[cfg(feature = "test-util")]
            #[expect(clippy::panic, reason = "this is what the message is for")]
            ShowtimeMessage::Panic => panic!("{PANIC_ON_DEMAND}"),
        }
        Ok(())
    }
}

impl Owner {
    fn execute(
        &mut self,
        execute: Execute,
        myself: &ActorRef<ShowtimeMessage>,
    ) -> Result<(), ActorProcessingErr> {
        self.metrics.mailbox_wait.record(execute.sent_at.elapsed());
        let Execute {
            command,
            request,
            early,
            permit,
            reply,
            ..
        } = execute;
        if reply.is_closed() {
            // Its caller has given up: deciding it now would hold seats for nobody.
            self.metrics.late_replies.increment(1);
            return Ok(());
        }
        let mut entries = Entries::new();
        let reading = self.reading();
        let decided = (self.map).execute(reading, &command, request, &mut entries)?;
        let answered = match decided {
            Ok(Decision::Recorded) => entries
                .last()
                .map(|entry| (Arc::clone(entry), false))
                .ok_or_else(|| CallError::NothingToDo.into()),
            Ok(Decision::Replayed(entry)) => Ok((entry, true)),
            Ok(Decision::Nothing) => Err(CallError::NothingToDo.into()),
            Ok(Decision::Forgotten(reached)) => Err(NoAnswer::Forgotten { reached, command }),
            Err(rejection) => Err(CallError::Rejected(rejection).into()),
        };
        self.append(entries, permit.reservation)?;
        match answered {
            Ok((entry, replayed)) => {
                let durability = self.durability(entry.seq, early);
                let answer = Answer {
                    entry,
                    replayed,
                    durability,
                    ahead_micros: self.map.ahead_micros(),
                };
                self.answer(answer, early, reply, permit.seat);
            }
            Err(refusal) => {
                drop(permit.seat);
                self.count_late(reply.send(Err(refusal)).is_err());
            }
        }
        self.show_what_is_new(myself);
        Ok(())
    }

    fn show_what_is_new(&mut self, myself: &ActorRef<ShowtimeMessage>) {
        self.publisher.take(&mut self.map);
        self.usage.report_holds(self.map.live_holds() > 0);
        self.set_alarm(myself);
    }

    /// What an answer resting on `seq` rests on when it leaves.
    fn durability(&self, seq: Seq, early: bool) -> Durability {
        if early && seq > self.durable {
            Durability::Memory
        } else {
            Durability::Journaled
        }
    }

    /// Answers once the promise holds, or at once if it need not.
    fn answer(&mut self, answer: Answer, early: bool, reply: Reply, seat: InFlight) {
        let durable = answer.entry.seq <= self.durable;
        if !durable && !early {
            let parked = Parked::Answer {
                answer,
                reply,
                seat,
            };
            self.pending.park(self.map.seq(), parked);
            return;
        }
        if durable {
            drop(seat);
        } else {
            self.pending.park(self.map.seq(), Parked::Place(seat));
        }
        self.count_late(reply.send(Ok(answer)).is_err());
    }

    /// Deadlines may have come: expiry is a command like any other.
    fn ring(&mut self, myself: &ActorRef<ShowtimeMessage>) -> Result<(), ActorProcessingErr> {
        self.alarm.rang();
        let Some(reservation) = self.journal.backlog().reserve(Lane::Urgent) else {
            // Commands expire what is in their way themselves; the rest can wait.
            self.alarm.retry(BACKLOG_FULL_RETRY, myself);
            return Ok(());
        };
        let mut entries = Entries::new();
        // There may be nothing due: the alarm is allowed to ring early.
        let reading = self.reading();
        let _decision = (self.map).execute(reading, &Command::ExpireDue, None, &mut entries)?;
        self.append(entries, reservation)?;
        self.show_what_is_new(myself);
        Ok(())
    }

    fn append(
        &mut self,
        entries: Entries,
        reservation: Reservation,
    ) -> Result<(), ActorProcessingErr> {
        if entries.is_empty() {
            return Ok(());
        }
        for entry in &entries {
            if entry.seq != self.appended.next() {
                return Err(
                    format!("entry {} does not follow {}", entry.seq, self.appended).into(),
                );
            }
            self.appended = entry.seq;
            if let Event::Expired { holds } = &entry.event {
                self.metrics.holds_expired.increment(holds.len() as u64);
            }
        }
        let sections = self.map.take_changed_sections();
        let counts = sections
            .iter()
            .map(|&at| (at, self.map.section_counts(at)))
            .collect();
        let reign = Arc::clone(&self.reign);
        self.journal.append(Append {
            reign,
            entries,
            counts,
            reservation,
        })?;
        Ok(())
    }

    fn hear(
        &mut self,
        notice: Notice,
        myself: &ActorRef<ShowtimeMessage>,
    ) -> Result<(), ActorProcessingErr> {
        match notice {
            Notice::Durable(seq) => {
                if seq < self.durable || seq > self.appended {
                    let known = format!("{} to {}", self.durable, self.appended);
                    return Err(format!("{seq} is called durable, of {known}").into());
                }
                self.durable = seq;
                // The picture before the answers: whoever is answered then sees it.
                self.publisher.show(seq);
                self.publisher.take(&mut self.map);
                // One commit may cover more than the picture that waited for it.
                self.publisher.show(seq);
                self.pending.release(seq);
                self.write_snapshot_if_due();
                self.say_if_finished();
                self.leave_if_finished(myself);
                Ok(())
            }
            Notice::Fenced => {
                tracing::warn!(
                    showtime.id = %self.reign.showtime,
                    showtime.epoch = self.reign.epoch.0,
                    "the reign is over"
                );
                self.pending.fail(&CallError::Deposed);
                myself.stop(Some(FENCED.to_owned()));
                Ok(())
            }
            Notice::Poisoned { seq, reason } => {
                self.pending.fail(&CallError::OwnerRestarted);
                Err(format!("the journal refuses entry {seq}: {reason}").into())
            }
        }
    }

    fn write_snapshot_if_due(&mut self) {
        if let Some(snapshot) = self.snapshots.durable(self.durable) {
            drop(snapshots::write(&self.journal, &self.reign, snapshot));
        }
        self.snapshots.take_if_due(&self.map);
    }

    fn leave_if_unused(&mut self, why: &str, myself: &ActorRef<ShowtimeMessage>) {
        if self.map.live_holds() == 0 && self.is_finished() && self.admission.close_if_empty() {
            self.write_last_snapshot(None);
            myself.stop(Some(why.to_owned()));
        }
    }

    fn say_if_finished(&mut self) {
        if self.is_finished() {
            for done in self.finishing.drain(..) {
                let _gone = done.send(());
            }
        }
    }

    fn leave_if_finished(&mut self, myself: &ActorRef<ShowtimeMessage>) {
        if self.leaving.is_some() && self.is_finished() {
            let done = self.leaving.take();
            self.write_last_snapshot(done);
            myself.stop(Some(LEFT.to_owned()));
        }
    }

    fn is_finished(&self) -> bool {
        self.pending.is_empty() && self.durable == self.map.seq()
    }

    fn write_last_snapshot(&mut self, done: Option<oneshot::Sender<()>>) {
        let written = self
            .snapshots
            .last(&self.map)
            .map(|snapshot| snapshots::write(&self.journal, &self.reign, snapshot));
        tokio::spawn(async move {
            if let Some(written) = written {
                drop(written.await);
            }
            if let Some(done) = done {
                // Whoever asked may have stopped waiting.
                let _gone = done.send(());
            }
        });
    }

    fn count_late(&self, late: bool) {
        if late {
            self.metrics.late_replies.increment(1);
        }
    }
}
