//! Our clock beside the store's, which every process on it shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use metrics::gauge;
use seating::timestamp::Timestamp;

use crate::clock::{Clock, StoreReading};
use crate::metrics::CLOCK_OFFSET;

/// Compares the two clocks whenever the store has answered.
#[derive(Debug)]
pub(crate) struct Timekeeper {
    clock: Arc<dyn Clock>,
    offset_max_micros: i64,
    ahead_micros: AtomicI64,
}

impl Timekeeper {
    pub(crate) fn new(clock: Arc<dyn Clock>, offset_max: Duration) -> Self {
        Self {
            clock,
            offset_max_micros: i64::try_from(offset_max.as_micros()).unwrap_or(i64::MAX),
            ahead_micros: AtomicI64::new(0),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The store was asked at `asked` and showed `told`, if it has a clock.
    #[expect(clippy::cast_precision_loss, reason = "a gauge need not be exact")]
    pub(crate) fn compare(&self, asked: Timestamp, told: Option<Timestamp>) {
        let Some(told) = told else { return };
        let ahead = self.clock.compare(StoreReading {
            asked,
            told,
            heard: self.clock.now(),
        });
        self.ahead_micros.store(ahead, Ordering::Relaxed);
        gauge!(CLOCK_OFFSET).set(ahead as f64 / 1e6);
    }

    /// By how many microseconds ours was ahead when they were last compared.
    pub(crate) fn ahead_micros(&self) -> i64 {
        self.ahead_micros.load(Ordering::Relaxed)
    }

    /// Whether the two were near enough to sell by.
    pub(crate) fn agrees(&self) -> bool {
        self.ahead_micros().abs() <= self.offset_max_micros
    }
}
