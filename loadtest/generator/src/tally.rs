//! What one buyer saw, added up over all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Longest latency that is told apart, in microseconds; the generator gives up before.
const LATENCY_US_MAX: u64 = 60_000_000;

/// Two digits, an error of 1 %, keep the histograms of a connection in the processor's cache.
const DIGITS: u8 = 2;

#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) granted: u64,
    /// The same with the warm-up's.
    pub(crate) granted_ever: u64,
    pub(crate) released: u64,
    pub(crate) confirmed: u64,
    /// The same with the warm-up's.
    pub(crate) confirmed_ever: u64,
    /// Holds whose buyer never paid.
    pub(crate) abandoned: u64,
    /// Answers 409 by their code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Other answers by status and code.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Failures that came without `Retry-After`.
    pub(crate) without_retry_after: u64,
    /// Purchases that were due and never begun.
    pub(crate) unserved: u64,
    /// Seats that a buyer was given while another had them.
    pub(crate) double_sold: u64,
    /// Requests without an answer, by why.
    pub(crate) broken: BTreeMap<String, u64>,
    pub(crate) granted_us: Histogram<u64>,
    pub(crate) refused_us: Histogram<u64>,
    pub(crate) failed_us: Histogram<u64>,
    pub(crate) confirmed_us: Histogram<u64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            granted: 0,
            granted_ever: 0,
            released: 0,
            confirmed: 0,
            confirmed_ever: 0,
            abandoned: 0,
            refused: BTreeMap::new(),
            failed: BTreeMap::new(),
            without_retry_after: 0,
            unserved: 0,
            double_sold: 0,
            broken: BTreeMap::new(),
            granted_us: histogram(),
            refused_us: histogram(),
            failed_us: histogram(),
            confirmed_us: histogram(),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.granted += other.granted;
        self.granted_ever += other.granted_ever;
        self.released += other.released;
        self.confirmed += other.confirmed;
        self.confirmed_ever += other.confirmed_ever;
        self.abandoned += other.abandoned;
        self.without_retry_after += other.without_retry_after;
        self.unserved += other.unserved;
        self.double_sold += other.double_sold;
        add_counts(&mut self.refused, &other.refused);
        add_counts(&mut self.failed, &other.failed);
        add_counts(&mut self.broken, &other.broken);
        let pairs = [
            (&mut self.granted_us, &other.granted_us),
            (&mut self.refused_us, &other.refused_us),
            (&mut self.failed_us, &other.failed_us),
            (&mut self.confirmed_us, &other.confirmed_us),
        ];
        for (mine, theirs) in pairs {
            let added = mine.add(theirs);
            debug_assert!(added.is_ok(), "histograms of the same bounds can be added");
        }
    }
}

pub(crate) fn count(counts: &mut BTreeMap<String, u64>, key: &str) {
    if let Some(count) = counts.get_mut(key) {
        *count += 1;
    } else {
        counts.insert(key.to_owned(), 1);
    }
}

pub(crate) fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(LATENCY_US_MAX);
    histogram.saturating_record(micros);
}

fn add_counts(mine: &mut BTreeMap<String, u64>, theirs: &BTreeMap<String, u64>) {
    for (key, more) in theirs {
        *mine.entry(key.clone()).or_default() += more;
    }
}

#[expect(
    clippy::expect_used,
    reason = "the bounds are constants that the library accepts"
)]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_US_MAX, DIGITS).expect("the bounds are in order")
}
