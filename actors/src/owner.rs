//! The owner of one showtime: the sole mutator of its seat map.
//!
//! Message → decide → apply → append → park the reply until the watermark passes its entry. The
//! owner never waits for the database; only the replies do.

pub(crate) mod admission;
pub(crate) mod alarm;
mod deadlines;
pub(crate) mod leaving;
pub(crate) mod message;
pub(crate) mod pending_replies;
pub(crate) mod publisher;
mod questions;
mod seat_gauges;
pub(crate) mod snapshots;
pub(crate) mod usage;

use std::sync::Arc;
use std::time::Duration;

use journal::backlog::{Lane, Reservation};
use journal::{Append, Journal, Notice, Reign};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use seating::command::Command;
use seating::entry::Decision;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_map::{Entries, Executed, SeatMap};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::error::CallError;
use crate::metrics::CommandMetrics;
use crate::owner::admission::{InFlight, OwnerAdmission};
use crate::owner::alarm::Alarm;
use crate::owner::leaving::Leaving;
use crate::owner::message::{Answer, Durability, Execute, NoAnswer, OwnerMessage, Reply};
use crate::owner::pending_replies::{ParkedReply, PendingReplies};
use crate::owner::publisher::Publisher;
use crate::owner::snapshots::Snapshots;
use crate::owner::usage::Usage;

/// How long an owner waits when there is no room for its own expiries.
const BACKLOG_FULL_RETRY: Duration = Duration::from_millis(50);

/// The message of an owner that a test makes panic.
#[cfg(feature = "test-util")]
pub const PANIC_ON_DEMAND: &str = "told to panic";

/// The actor; all its state is in [`Owner`].
#[derive(Debug)]
pub(crate) struct OwnerActor;

/// What an owner begins with.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) map: SeatMap,
    pub(crate) showtime: ShowtimeId,
    pub(crate) epoch: Epoch,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) admission: Arc<OwnerAdmission>,
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
    admission: Arc<OwnerAdmission>,
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

impl Actor for OwnerActor {
    type Msg = OwnerMessage;
    type State = Owner;
    type Arguments = Beginning;

    async fn pre_start(
        &self,
        myself: ActorRef<OwnerMessage>,
        with: Beginning,
    ) -> Result<Owner, ActorProcessingErr> {
        let reign = Reign {
            showtime: with.showtime,
            epoch: with.epoch,
            layout: Arc::clone(with.map.layout()),
            // The owner may be dead; the next one reads the journal.
            listener: Box::new(move |notice| {
                drop(myself.send_message(OwnerMessage::Journal(notice)));
            }),
        };
        with.usage.report_holds(with.map.live_holds() > 0);
        Ok(Owner {
            pending: PendingReplies::new(with.metrics.late_replies.clone()),
            alarm: Alarm::new(Arc::clone(&with.clock)),
            appended: with.map.seq(),
            durable: with.map.seq(),
            finishing: Vec::new(),
            leaving: None,
            map: with.map,
            reign: Arc::new(reign),
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
        myself: ActorRef<OwnerMessage>,
        message: OwnerMessage,
        owner: &mut Owner,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            OwnerMessage::Execute(execute) => owner.execute(execute, &myself)?,
            OwnerMessage::Journal(notice) => owner.on_notice(notice, &myself)?,
            OwnerMessage::Begin => owner.begin(&myself),
            OwnerMessage::Alarm => owner.on_alarm(&myself)?,
            OwnerMessage::AskHold(hold, reply) => owner.promise_hold(hold, reply),
            OwnerMessage::AskHolds(asked, limit, reply) => {
                owner.promise_holds(asked, limit, reply);
            }
            OwnerMessage::AskSnapshot(reply) => owner.promise_snapshot(reply),
            OwnerMessage::PassivateIfIdle => {
                if owner.usage.is_idle(owner.passivate_after) {
                    owner.leave_if_unused(Leaving::Unused, &myself);
                }
            }
            OwnerMessage::MakeRoom => owner.leave_if_unused(Leaving::ForAnother, &myself),
            OwnerMessage::Finish(done) => {
                owner.finishing.push(done);
                owner.report_if_finished();
            }
            OwnerMessage::Leave(done) => {
                owner.leaving = Some(done);
                owner.leave_if_finished(&myself);
            }
            #[cfg(feature = "test-util")]
            OwnerMessage::CountParked(reply) => drop(reply.send(owner.pending.len())),
            #[cfg(feature = "test-util")]
            #[expect(clippy::panic, reason = "this is what the message is for")]
            OwnerMessage::Panic => panic!("{PANIC_ON_DEMAND}"),
        }
        Ok(())
    }
}

impl Owner {
    fn execute(
        &mut self,
        execute: Execute,
        myself: &ActorRef<OwnerMessage>,
    ) -> Result<(), ActorProcessingErr> {
        self.metrics.mailbox_wait.record(execute.sent_at.elapsed());
        let Execute {
            command,
            request,
            early,
            permit,
            reply,
            request_id,
            ..
        } = execute;
        if reply.is_closed() {
            // The caller has given up: deciding it now would hold seats for nobody.
            self.metrics.late_replies.increment(1);
            return Ok(());
        }
        let mut entries = Entries::new();
        let reading = self.reading();
        let decided = (self.map).execute(reading, &command, request, &mut entries)?;
        let answered = match decided {
            Ok(Executed::Recorded) => entries
                .last()
                .map(|entry| (Arc::clone(entry), false))
                .ok_or_else(|| CallError::NothingToDo.into()),
            Ok(Executed::Replayed(entry)) => Ok((entry, true)),
            Ok(Executed::Nothing) => Err(CallError::NothingToDo.into()),
            Ok(Executed::Forgotten(reached)) => Err(NoAnswer::Forgotten { reached, command }),
            Err(rejection) => Err(CallError::Rejected(rejection).into()),
        };
        self.append(entries, permit.reservation, request_id)?;
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
        self.publish_changes(myself);
        Ok(())
    }

    fn publish_changes(&mut self, myself: &ActorRef<OwnerMessage>) {
        self.publisher.stage(&mut self.map);
        self.usage.report_holds(self.map.live_holds() > 0);
        self.set_alarm(myself);
    }

    /// Whether an answer resting on `seq` is durable when it leaves.
    fn durability(&self, seq: Seq, early: bool) -> Durability {
        if early && seq > self.durable {
            Durability::Memory
        } else {
            Durability::Journaled
        }
    }

    /// Answers once the entry is durable, or at once if the answer may leave early.
    fn answer(&mut self, answer: Answer, early: bool, reply: Reply, seat: InFlight) {
        let durable = answer.entry.seq <= self.durable;
        if !durable && !early {
            let parked = ParkedReply::Answer {
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
            self.pending.park(self.map.seq(), ParkedReply::Place(seat));
        }
        self.count_late(reply.send(Ok(answer)).is_err());
    }

    /// Deadlines may have passed: expiry is a command like any other.
    fn on_alarm(&mut self, myself: &ActorRef<OwnerMessage>) -> Result<(), ActorProcessingErr> {
        self.alarm.clear();
        let Some(reservation) = self.journal.backlog().reserve(Lane::Urgent) else {
            // Commands expire what is in their way themselves; the rest can wait.
            self.alarm.retry(BACKLOG_FULL_RETRY, myself);
            return Ok(());
        };
        let mut entries = Entries::new();
        // There may be nothing due: the alarm is allowed to ring early.
        let reading = self.reading();
        let _decision = (self.map).execute(reading, &Command::ExpireDue, None, &mut entries)?;
        self.append(entries, reservation, None)?;
        self.publish_changes(myself);
        Ok(())
    }

    fn append(
        &mut self,
        entries: Entries,
        reservation: Reservation,
        request_id: Option<Arc<str>>,
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
            if let Decision::Expired { holds } = &entry.decision {
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
            request_id,
        })?;
        Ok(())
    }

    fn on_notice(
        &mut self,
        notice: Notice,
        myself: &ActorRef<OwnerMessage>,
    ) -> Result<(), ActorProcessingErr> {
        match notice {
            Notice::Durable(seq) => {
                if seq < self.durable || seq > self.appended {
                    let known = format!("{} to {}", self.durable, self.appended);
                    return Err(format!("{seq} is called durable, of {known}").into());
                }
                self.durable = seq;
                // The view before the answers: a caller that has its answer then sees it.
                self.publisher.publish(seq);
                self.publisher.stage(&mut self.map);
                // One commit may cover more than the view that waited for it.
                self.publisher.publish(seq);
                self.pending.release(seq);
                self.write_snapshot_if_due();
                self.report_if_finished();
                self.leave_if_finished(myself);
                Ok(())
            }
            Notice::Fenced => {
                tracing::warn!(
                    showtime.id = %self.reign.showtime,
                    showtime.epoch = self.reign.epoch.0,
                    "the reign over a showtime is over"
                );
                self.pending.fail(&CallError::Deposed);
                myself.stop(Leaving::Fenced.into());
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

    fn count_late(&self, late: bool) {
        if late {
            self.metrics.late_replies.increment(1);
        }
    }
}
