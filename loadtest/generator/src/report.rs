//! What a run found, as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::plan::{Pace, Plan};
use crate::tally::Tally;
use crate::workload::Workload;

/// A run's figures. Counts and latencies are of the time after the warm-up, but for what says
/// otherwise, `broken`, `unserved` and `double_sold`, which are of the whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// What buyers wanted.
    pub workload: Workload,
    /// How many connections there were.
    pub connections: usize,
    /// Purchases due per second in the open loop.
    pub rate: Option<f64>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What counts as sold: bookings confirmed by a checkout, holds granted otherwise.
    pub sales: u64,
    /// The same by second.
    pub sales_per_second: f64,
    /// Holds granted.
    pub granted: u64,
    /// Holds granted from the first request on, the warm-up's too.
    pub granted_ever: u64,
    /// Holds given back.
    pub released: u64,
    /// Bookings confirmed.
    pub confirmed: u64,
    /// Bookings confirmed from the first request on, the warm-up's too.
    pub confirmed_ever: u64,
    /// Holds that were never paid.
    pub abandoned: u64,
    /// Answers 409 to anything, by code.
    pub refused: BTreeMap<String, u64>,
    /// Answers that are no success and no 409, by status and code.
    pub failed: BTreeMap<String, u64>,
    /// Of the failed, those that did not say when to come again.
    pub failed_without_retry_after: u64,
    /// Requests without an answer, by why.
    pub broken: BTreeMap<String, u64>,
    /// Purchases that were due and could not begin before the run was over.
    pub unserved: u64,
    /// Seats that a buyer was given while another had them; must be 0.
    pub double_sold: u64,
    /// Latency of the answer that makes a sale.
    pub sale: Latency,
    /// Latency of holds granted.
    pub grant: Latency,
    /// Latency of holds refused with 409.
    pub refusal: Latency,
    /// Latency of holds that failed.
    pub failure: Latency,
}

/// A distribution in microseconds, exact to 1 %.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Latency {
    /// How many.
    pub count: u64,
    /// Half took at most this long.
    pub p50_us: u64,
    /// 99 of 100.
    pub p99_us: u64,
    /// 999 of 1,000.
    pub p999_us: u64,
    /// All.
    pub max_us: u64,
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            count: histogram.len(),
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
            p999_us: histogram.value_at_quantile(0.999),
            max_us: histogram.max(),
        }
    }
}

impl Report {
    pub(crate) fn of(plan: &Plan, measured: Duration, tally: &Tally) -> Self {
        let (sales, sale) = match plan.workload {
            Workload::Checkout => (tally.confirmed, &tally.confirmed_us),
            Workload::SameSeat
            | Workload::HotHundred
            | Workload::WholeHouse
            | Workload::Zipf
            | Workload::BestAvailable => (tally.granted, &tally.granted_us),
        };
        let seconds = measured.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a run has fewer sales than 2^52"
        )]
        let sales_per_second = sales as f64 / seconds.max(f64::MIN_POSITIVE);
        Self {
            workload: plan.workload,
            connections: plan.connections,
            rate: match plan.pace {
                Pace::Closed => None,
                Pace::Open(rate) => Some(rate),
            },
            seconds,
            sales,
            sales_per_second,
            granted: tally.granted,
            granted_ever: tally.granted_ever,
            released: tally.released,
            confirmed: tally.confirmed,
            confirmed_ever: tally.confirmed_ever,
            abandoned: tally.abandoned,
            refused: tally.refused.clone(),
            failed: tally.failed.clone(),
            failed_without_retry_after: tally.without_retry_after,
            broken: tally.broken.clone(),
            unserved: tally.unserved,
            double_sold: tally.double_sold,
            sale: Latency::of(sale),
            grant: Latency::of(&tally.granted_us),
            refusal: Latency::of(&tally.refused_us),
            failure: Latency::of(&tally.failed_us),
        }
    }

    /// Answers 409 in all.
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Failures, requests without an answer and purchases that could not begin, in all.
    pub fn errors(&self) -> u64 {
        self.unknown() + self.unserved
    }

    /// Requests whose outcome the generator does not know.
    pub fn unknown(&self) -> u64 {
        self.failed.values().sum::<u64>() + self.broken.values().sum::<u64>()
    }
}
