//! Works off the jobs of the outbox: each at least once, again later when it fails, and not for ever.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actors::clock::Clock;
use futures::FutureExt;
use journal::causes::Causes;
use metrics::{counter, gauge};
use persistence::error::StoreError;
use persistence::jobs::{Jobs, Taken};
use persistence::outbox::Job;
use seating::timestamp::Timestamp;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::telemetry::names;

/// Jobs done at once.
const DOING_MAX: usize = 8;

/// Longest time for one.
const JOB_TIMEOUT: Duration = Duration::from_mins(1);

/// A job whose taker has died is taken again after this.
const LEASE_SECONDS: u32 = 180;

/// How often is looked without being told: for what was put back, and what others left.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Tries at most: with the pauses below that is half a day.
const ATTEMPTS_MAX: u32 = 16;
const PAUSE_SECONDS_MIN: u32 = 10;
const PAUSE_SECONDS_MAX: u32 = 3_600;

/// For how long people can look at what was given up: thirty days.
const GIVEN_UP_KEPT_MICROS: u64 = 30 * 24 * 3_600 * 1_000_000;

/// Tells the worker of this process that there is a job.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Rings it; nobody need listen.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Why a job was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobError {
    /// It may be done later.
    Later(String),
    /// It never will be.
    Never(String),
}

/// A job being done.
pub type Doing<'a> = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send + 'a>>;

/// Who does the jobs of one topic, and must bear to do one twice.
pub trait Work: fmt::Debug + Send + Sync {
    /// The topic.
    fn topic(&self) -> &'static str;

    /// Does one; `id` names it, also when it is done again.
    fn run(&self, id: i64, job: Job) -> Doing<'_>;
}

/// Takes jobs of one topic and has them done.
#[derive(Debug)]
pub struct Worker {
    jobs: Jobs,
    work: Arc<dyn Work>,
    clock: Arc<dyn Clock>,
    bell: Bell,
    /// Failures since the last job that was done.
    failed: AtomicU32,
}

impl Worker {
    /// Of jobs that `work` does, told of new ones by `bell`.
    pub fn new(jobs: Jobs, work: Arc<dyn Work>, clock: Arc<dyn Clock>, bell: Bell) -> Self {
        Self {
            jobs,
            work,
            clock,
            bell,
            failed: AtomicU32::new(0),
        }
    }

    /// Works until it is told to stop; what was begun is finished. A job that takes long keeps one
    /// place of several, so that the others go on.
    ///
    /// Each job is a task of its own. One that went on only while this waits for it could be granted a
    /// connection of the pool while this waits for one, and neither would ever go on.
    pub async fn run(self, stop: CancellationToken) {
        let worker = Arc::new(self);
        let mut doing = JoinSet::new();
        let mut failures: u32 = 0;
        // Whether there may be jobs that are due: at the start, when it is told, and now and then.
        let mut look = true;
        let mut rounds = tokio::time::interval(LOOK_EVERY);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            let places = DOING_MAX.saturating_sub(doing.len());
            if look && places > 0 {
                let taken = worker.take(places).await;
                look = taken.as_ref().is_ok_and(|taken| taken.len() == places);
                note(taken.as_ref().map(drop), &mut failures);
                for taken in taken.into_iter().flatten() {
                    doing.spawn(Arc::clone(&worker).settle(taken));
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = worker.bell.0.notified() => look = true,
                _ = rounds.tick() => {
                    look = true;
                    note(worker.look_after().await.as_ref().map(drop), &mut failures);
                }
                Some(settled) = doing.join_next() => note_task(settled, &mut failures),
            }
        }
        while let Some(settled) = doing.join_next().await {
            note_task(settled, &mut failures);
        }
    }

    /// Counts what waits and what was given up, and forgets what was given up long ago.
    async fn look_after(&self) -> Result<(), StoreError> {
        let topic = self.work.topic();
        let before = self.clock.now().minus_micros(GIVEN_UP_KEPT_MICROS);
        self.jobs.forget_given_up(topic, before).await?;
        let (waiting, given_up) = self.jobs.waiting(topic).await?;
        for (state, jobs) in [("waiting", waiting), ("given_up", given_up)] {
            #[expect(clippy::cast_precision_loss, reason = "a gauge need not be exact")]
            gauge!(names::JOBS_OPEN, "topic" => topic, "state" => state).set(jobs as f64);
        }
        Ok(())
    }

    /// Takes so many jobs at most that are due.
    async fn take(&self, limit: usize) -> Result<Vec<Taken>, StoreError> {
        let now = self.clock.now();
        let lease = (now, now.plus_seconds(LEASE_SECONDS));
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        self.jobs.take(self.work.topic(), lease, limit).await
    }

    async fn settle(self: Arc<Self>, taken: Taken) -> Result<(), StoreError> {
        let Taken { id, job, attempts } = taken;
        let outcome = match job {
            Err(unreadable) => Err(JobError::Never(unreadable)),
            Ok(job) => {
                let run = AssertUnwindSafe(self.work.run(id, job)).catch_unwind();
                match tokio::time::timeout(JOB_TIMEOUT, run).await {
                    Ok(Ok(done)) => done,
                    Ok(Err(_panic)) => Err(JobError::Later("it panicked".to_owned())),
                    Err(_elapsed) => Err(JobError::Later("it took too long".to_owned())),
                }
            }
        };
        let now = self.clock.now();
        match outcome {
            Ok(()) => {
                self.count("done");
                self.failed.store(0, Ordering::Relaxed);
                self.jobs.forget(id).await
            }
            Err(JobError::Later(error)) if attempts < ATTEMPTS_MAX => {
                self.count("retried");
                self.log_failure(id, attempts, "it is tried again");
                self.jobs.retry(id, after(attempts, now), &error).await
            }
            Err(JobError::Later(error) | JobError::Never(error)) => {
                self.count("given_up");
                self.log_failure(id, attempts, "it was given up");
                self.jobs.give_up(id, now, &error).await
            }
        }
    }

    fn count(&self, outcome: &'static str) {
        let topic = self.work.topic();
        counter!(names::JOBS, "topic" => topic, "outcome" => outcome).increment(1);
    }

    /// Anybody can register with an address that takes no mail. What was said of it stands in its row.
    fn log_failure(&self, id: i64, attempts: u32, then: &str) {
        let failures = self
            .failed
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        if failures.is_power_of_two() {
            let topic = self.work.topic();
            tracing::warn!(
                job.id = id,
                job.topic = topic,
                attempts,
                failures,
                then,
                "a job of the outbox failed: the column last_error of its row says why"
            );
        }
    }
}

/// When a job is tried again that has been tried so often.
fn after(attempts: u32, now: Timestamp) -> Timestamp {
    let doublings = attempts.saturating_sub(1).min(16);
    let pause = PAUSE_SECONDS_MIN.saturating_mul(1 << doublings);
    now.plus_seconds(pause.min(PAUSE_SECONDS_MAX))
}

/// The same for a job: one that panics is put back by its lease.
fn note_task(settled: Result<Result<(), StoreError>, JoinError>, failures: &mut u32) {
    match settled {
        Ok(settled) => note(settled.as_ref().map(drop), failures),
        Err(error) => tracing::error!(%error, "a job was left in the middle"),
    }
}

/// Counts failures of the database that follow one another, and logs some of them.
fn note(outcome: Result<(), &StoreError>, failures: &mut u32) {
    let Err(error) = outcome else {
        *failures = 0;
        return;
    };
    *failures = failures.saturating_add(1);
    if failures.is_power_of_two() {
        tracing::warn!(
            error = %Causes(error),
            db.sqlstate = error.sqlstate(),
            failures,
            "jobs could not be looked for: they wait in the database"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let now = Timestamp::from_unix_seconds(0);
        let seconds = |attempts| after(attempts, now).seconds_after(now);
        assert_eq!(
            [1, 2, 3, 9, 10, 99].map(seconds),
            [10, 20, 40, 2_560, 3_600, 3_600]
        );
    }
}
