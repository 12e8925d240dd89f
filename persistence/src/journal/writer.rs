//! The loop: await one append, drain what is there, one transaction, notify the reigns.
//!
//! While a batch is being committed the next one collects in the channel, so batches grow with
//! the load and nothing waits for a timer when there is little.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use journal::causes::Causes;
use journal::{Append, Notice};
use seating::ids::{Epoch, ShowtimeId};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::batch::{Batch, Group};
use super::fault::BatchFault;
use super::options::JournalOptions;
use super::progress::WriterProgress;
use super::read_back::{self, Conclusion};
use super::transaction::{self, AppendVerdict};
use crate::error::StoreError;
use crate::metrics as names;
use crate::pool;

/// Taken from the channel in one go.
const DRAINED_MAX: usize = 1_024;

/// Writes what arrives on its channel, in order, until the channel ends.
pub(super) struct Writer {
    pub(super) receiver: mpsc::Receiver<Append>,
    pub(super) closing: watch::Receiver<bool>,
    pub(super) database: PgConnectOptions,
    pub(super) options: Arc<JournalOptions>,
    pub(super) progress: Arc<WriterProgress>,
    /// Appends that are durable or refused, ever; gone when the writer is.
    pub(super) settled: watch::Sender<u64>,
    pub(super) connection: Option<PgConnection>,
    /// The last reign over each showtime of which an entry was refused: nothing later of it may
    /// become durable. A fenced one needs no mark, because its owner's row refuses it each time.
    pub(super) poisoned: HashMap<ShowtimeId, (Epoch, Notice)>,
}

/// The result of a batch.
enum Outcome {
    /// One verdict per group.
    Verdicts(Vec<AppendVerdict>),
    /// Something in it is refused for good.
    Faulty(String),
}

impl Writer {
    /// Runs until the channel is closed and empty.
    pub(super) async fn run(mut self) {
        let mut inbox = VecDeque::new();
        let mut drained = Vec::with_capacity(DRAINED_MAX);
        while self.receive(&mut inbox, &mut drained).await {
            let batch = self.collect(&mut inbox);
            self.progress.begin_batch();
            let (began, decisions) = (Instant::now(), batch.rows.len());
            self.settle(batch).await;
            self.progress.end_batch();
            measure(decisions, began.elapsed());
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::debug!(%error, "the journal's connection did not close in order");
        }
    }

    /// Waits for something to write; `false` at the end.
    async fn receive(&mut self, inbox: &mut VecDeque<Append>, drained: &mut Vec<Append>) -> bool {
        if !inbox.is_empty() {
            return true;
        }
        loop {
            let open = !*self.closing.borrow_and_update();
            if !open {
                self.receiver.close();
            }
            tokio::select! {
                received = self.receiver.recv_many(drained, DRAINED_MAX) => {
                    inbox.extend(drained.drain(..));
                    // Owners that are about to append join this commit: one turn of the
                    // scheduler costs microseconds, a commit costs the disk a turn.
                    tokio::task::yield_now().await;
                    return received > 0;
                }
                _changed = self.closing.changed(), if open => {}
            }
        }
    }

    /// A batch of what has arrived, up to the bounds.
    fn collect(&mut self, inbox: &mut VecDeque<Append>) -> Batch {
        let mut batch = Batch::with_room(inbox.len().min(self.options.batch_entries_max));
        while batch.rows.len() < self.options.batch_entries_max
            && batch.payload_bytes() < self.options.batch_bytes_max
        {
            let Some(append) = inbox.pop_front().or_else(|| self.receiver.try_recv().ok()) else {
                break;
            };
            batch.push(append);
        }
        batch
    }

    /// Settles every append of the batch, in order.
    async fn settle(&mut self, batch: Batch) {
        // A stack: the second half of a split batch goes below the first.
        let mut pending = vec![batch];
        while let Some(batch) = pending.pop() {
            let batch = self.refuse_poisoned(batch);
            if batch.is_empty() {
                continue;
            }
            match self.commit(&batch).await {
                Outcome::Verdicts(verdicts) => pending.extend(self.announce(batch, &verdicts)),
                Outcome::Faulty(reason) => match batch.halve() {
                    Ok((first, second)) => pending.extend([second, first]),
                    Err(single) => self.poison(*single, &reason),
                },
            }
        }
    }

    /// Tries until the batch is committed or refused.
    async fn commit(&mut self, batch: &Batch) -> Outcome {
        if let Some(defect) = &batch.defect {
            return Outcome::Faulty(defect.clone());
        }
        let mut pause = self.options.retry_pause_min;
        let mut failures: u32 = 0;
        loop {
            let error = match self.attempt(batch, failures > 0).await {
                Ok(outcome) => return outcome,
                Err(error) => error,
            };
            match BatchFault::of(&error) {
                BatchFault::Data(reason) => return Outcome::Faulty(reason),
                BatchFault::NumberTaken => {}
                BatchFault::Transient => self.disconnect(),
            }
            failures += 1;
            metrics::counter!(names::JOURNAL_RETRIES).increment(1);
            if failures.is_power_of_two() {
                tracing::warn!(
                    error = %Causes(&error),
                    db.sqlstate = error.sqlstate(),
                    journal.failures = failures,
                    "entries wait: the database does not take them"
                );
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.options.retry_pause_max);
        }
    }

    /// One try. After a failed one, its result is read back first.
    async fn attempt(&mut self, batch: &Batch, unsure: bool) -> Result<Outcome, StoreError> {
        let limit = self.options.batch_timeout;
        let attempt = async {
            let connection = self.connect().await?;
            if unsure {
                match read_back::conclude(connection, batch).await? {
                    Conclusion::Write => {}
                    Conclusion::Settled(verdicts) => return Ok(Outcome::Verdicts(verdicts)),
                    Conclusion::Taken => {
                        return Ok(Outcome::Faulty("its number is taken".to_owned()));
                    }
                }
            }
            let verdicts = transaction::write(connection, batch).await?;
            Ok(Outcome::Verdicts(verdicts))
        };
        match tokio::time::timeout(limit, attempt).await {
            Ok(result) => result,
            Err(elapsed) => Err(StoreError::Driver(sqlx::Error::Io(elapsed.into()))),
        }
    }

    async fn connect(&mut self) -> Result<&mut PgConnection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => pool::open(&self.database).await?,
        };
        self.progress.set_connected(true);
        Ok(self.connection.insert(connection))
    }

    /// Drops the connection: the result of what is in progress on it can only be read back.
    fn disconnect(&mut self) {
        self.connection = None;
        self.progress.set_connected(false);
    }

    /// Notifies every reign of its appends' verdicts; returns those that were left out.
    fn announce(&mut self, batch: Batch, verdicts: &[AppendVerdict]) -> Option<Batch> {
        let mut left_out = Vec::new();
        for (group, verdict) in batch.groups.into_iter().zip(verdicts) {
            match verdict {
                AppendVerdict::Durable => {
                    let notice = Notice::Durable(group.last_seq());
                    metrics::counter!(names::JOURNAL_ENTRIES).increment(group.entry_count());
                    self.answer(group, notice);
                }
                AppendVerdict::Fenced => {
                    metrics::counter!(names::JOURNAL_FENCED).increment(1);
                    self.answer(group, Notice::Fenced);
                }
                AppendVerdict::Gap => self.refuse(group, "it does not follow what is stored"),
                AppendVerdict::LeftOut => left_out.extend(group.appends),
            }
        }
        (!left_out.is_empty()).then(|| Batch::of(left_out))
    }

    /// Refuses a batch that cannot be halved further.
    fn poison(&mut self, batch: Batch, reason: &str) {
        for group in batch.groups {
            self.refuse(group, reason);
        }
    }

    /// Refuses a group, and everything of its reign from now on.
    fn refuse(&mut self, group: Group, reason: &str) {
        metrics::counter!(names::JOURNAL_POISONED).increment(1);
        let (showtime, epoch) = (group.reign.showtime, group.reign.epoch);
        let seq = group.first_seq();
        tracing::error!(
            showtime.id = %showtime,
            showtime.epoch = epoch.0,
            journal.seq = seq.0,
            reason,
            "the database refuses an entry for good, and its owner is rebuilt",
        );
        let notice = Notice::Poisoned {
            seq,
            reason: reason.to_owned(),
        };
        self.poisoned.insert(showtime, (epoch, notice.clone()));
        self.answer(group, notice);
    }

    /// Leaves out what belongs to poisoned reigns. The fence answers those before it, and those
    /// that follow have numbers of their own.
    fn refuse_poisoned(&mut self, batch: Batch) -> Batch {
        if self.poisoned.is_empty() {
            return batch;
        }
        let marks = &self.poisoned;
        let (batch, refused) = batch.partition(|group| {
            let mark = marks.get(&group.reign.showtime);
            mark.is_none_or(|(epoch, _)| *epoch != group.reign.epoch)
        });
        for group in refused {
            let mark = self.poisoned.get(&group.reign.showtime);
            let notice = mark.map_or(Notice::Fenced, |(_, notice)| notice.clone());
            self.answer(group, notice);
        }
        batch
    }

    /// Gives the places in the backlog back, then notifies the reign.
    fn answer(&self, group: Group, notice: Notice) {
        let Group { reign, appends, .. } = group;
        let count = appends.len();
        drop(appends);
        (reign.listener)(notice);
        self.settled.send_modify(|settled| *settled += count as u64);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a batch is far smaller than 2^52 entries"
)]
fn measure(decisions: usize, flush: Duration) {
    metrics::counter!(names::JOURNAL_BATCHES).increment(1);
    metrics::histogram!(names::JOURNAL_BATCH_ENTRIES).record(decisions as f64);
    metrics::histogram!(names::JOURNAL_FLUSH_SECONDS).record(flush.as_secs_f64());
}
