//! Where time comes from: the one place that asks the operating system.

pub(crate) mod timekeeper;

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seating::timestamp::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

/// A wait for a point in time.
pub type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A source of time that can also wake somebody.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Microseconds since some moment, always the same one, that no change of the time of day adds
    /// to or takes from.
    fn passed_micros(&self) -> u64;

    /// Ends when `at` has come, or soon after.
    fn wait_until(&self, at: Timestamp) -> Waiting;

    /// Compares itself with the store's clock: by how many microseconds this one is ahead for
    /// certain; negative when it is behind. A clock that only its test moves is never wrong.
    fn compare(&self, _reading: StoreReading) -> i64 {
        0
    }
}

/// The store's clock as it was read between two moments of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreReading {
    /// Ours when the store was asked.
    pub asked: Timestamp,
    pub told: Timestamp,
    /// Ours when the answer came.
    pub heard: Timestamp,
}

impl StoreReading {
    /// By how many microseconds our clock is ahead, however long the question and the answer were
    /// on their way: 0 if the store's time lies between the two of ours.
    pub const fn ahead_micros(self) -> i64 {
        let (asked, told, heard) = (
            self.asked.unix_micros(),
            self.told.unix_micros(),
            self.heard.unix_micros(),
        );
        if told < asked {
            asked.saturating_sub(told)
        } else if told > heard {
            heard.saturating_sub(told)
        } else {
            0
        }
    }
}

/// The process's clock: the operating system's at the start, and the time that has passed since.
///
/// Setting the machine's clock while the program runs moves no deadline. What a quartz drifts by in
/// weeks is taken back in steps too small to notice, towards the store's clock, which every process
/// on it shares.
#[derive(Debug)]
pub struct SystemClock {
    began_at: Timestamp,
    begun: Instant,
    /// What has been taken back so far, in microseconds.
    leant_micros: AtomicI64,
    /// When that was done last, in milliseconds since the beginning.
    leant_ms: AtomicU64,
}

/// Between two steps towards the store's clock.
const LEAN_EVERY_MS: u64 = 1_000;
/// One step: two ten-thousandths of the time that passes, more than any quartz drifts by.
const LEAN_MICROS: i64 = 200;
/// A larger difference is no drift but a mistake, and nobody knows whose.
const DRIFT_MICROS_MAX: i64 = 5_000_000;

impl SystemClock {
    /// A clock that begins at the operating system's time.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let micros = i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX);
        Self::starting_at(Timestamp::from_unix_micros(micros))
    }

    /// A clock that begins at `now`, whatever the operating system's shows.
    pub fn starting_at(now: Timestamp) -> Self {
        Self {
            began_at: now,
            begun: Instant::now(),
            leant_micros: AtomicI64::new(0),
            leant_ms: AtomicU64::new(0),
        }
    }

    /// Goes a small step towards a clock that this one is so far ahead of.
    fn lean(&self, ahead_micros: i64) {
        if ahead_micros.abs() > DRIFT_MICROS_MAX {
            return;
        }
        let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let last_ms = self.leant_ms.load(Ordering::Relaxed);
        let due = now_ms >= last_ms.saturating_add(LEAN_EVERY_MS);
        let mine = due
            && self
                .leant_ms
                .compare_exchange(last_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            let step = ahead_micros.clamp(-LEAN_MICROS, LEAN_MICROS);
            self.leant_micros.fetch_add(step, Ordering::Relaxed);
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        let leant = self.leant_micros.load(Ordering::Relaxed);
        let began = self.began_at.unix_micros();
        Timestamp::from_unix_micros(began.saturating_add(passed).saturating_sub(leant))
    }

    fn passed_micros(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn wait_until(&self, at: Timestamp) -> Waiting {
        let wait = Duration::from_micros(at.micros_after(self.now()));
        Box::pin(tokio::time::sleep(wait))
    }

    fn compare(&self, reading: StoreReading) -> i64 {
        let ahead = reading.ahead_micros();
        self.lean(ahead);
        ahead
    }
}

/// A clock for tests, which moves only when a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
    passed_micros: AtomicU64,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(now),
            passed_micros: AtomicU64::new(0),
        }
    }

    /// Sets the clock, forwards or backwards, while no time passes.
    pub fn set(&self, now: Timestamp) {
        self.now.send_replace(now);
    }

    /// Lets time pass.
    pub fn advance_seconds(&self, seconds: u32) {
        let micros = u64::from(seconds) * 1_000_000;
        self.passed_micros.fetch_add(micros, Ordering::Relaxed);
        self.now.send_modify(|now| *now = now.plus_seconds(seconds));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn passed_micros(&self) -> u64 {
        self.passed_micros.load(Ordering::Relaxed)
    }

    fn wait_until(&self, at: Timestamp) -> Waiting {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // The clock outlives whoever waits for it in any test; without it nothing comes due.
            if now.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    const fn plus(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(AT.unix_micros() + micros)
    }

    fn ahead(asked: i64, told: i64, heard: i64) -> i64 {
        let reading = StoreReading {
            asked: plus(asked),
            told: plus(told),
            heard: plus(heard),
        };
        reading.ahead_micros()
    }

    #[test]
    fn only_what_the_way_there_and_back_cannot_explain_counts() {
        assert_eq!(ahead(0, 3_000_000, 3_000_001), 0, "a claim that waited");
        assert_eq!(ahead(10, 0, 20), 10);
        assert_eq!(ahead(0, 30, 20), -10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_difference_as_small_as_drift_is_taken_back_without_a_jump() {
        let clock = SystemClock::starting_at(plus(1_000));
        let store = SystemClock::starting_at(AT);
        let mut last = clock.now();
        for _ in 0..20 {
            tokio::time::advance(Duration::from_secs(1)).await;
            // More questions within the second change nothing.
            for _ in 0..3 {
                let now = clock.now();
                let reading = StoreReading {
                    asked: now,
                    told: store.now(),
                    heard: now,
                };
                clock.compare(reading);
            }
            let step = clock.now().unix_micros() - last.unix_micros() - 1_000_000;
            assert!(
                step.abs() <= LEAN_MICROS,
                "it jumped by {step} microseconds"
            );
            last = clock.now();
        }
        assert_eq!(clock.now(), store.now());
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_wrong_by_a_day_moves_nothing() {
        let clock = SystemClock::starting_at(AT);
        tokio::time::advance(Duration::from_secs(10)).await;
        let now = clock.now();
        let day = 86_400_000_000;
        let reading = StoreReading {
            asked: now,
            told: Timestamp::from_unix_micros(now.unix_micros() + day),
            heard: now,
        };
        assert_eq!(clock.compare(reading), -day);
        assert_eq!(clock.now(), now);
    }
}
