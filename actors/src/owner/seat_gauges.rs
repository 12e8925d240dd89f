//! One owner's share of the gauges over all showtimes, given back when the owner ends in any way.

use metrics::{Gauge, gauge};
use seating::counts::Counts;

use crate::metrics::{OVERSOLD, SEATS};

#[derive(Debug)]
pub(crate) struct SeatGauges {
    available: Gauge,
    reserved: Gauge,
    booked: Gauge,
    blocked: Gauge,
    oversold: Gauge,
    reported: Counts,
}

impl SeatGauges {
    pub(crate) fn new() -> Self {
        let state = |state: &'static str| gauge!(SEATS, "state" => state);
        Self {
            available: state("available"),
            reserved: state("reserved"),
            booked: state("booked"),
            blocked: state("blocked"),
            oversold: gauge!(OVERSOLD),
            reported: Counts::default(),
        }
    }

    /// Replaces this owner's share.
    pub(crate) fn report(&mut self, counts: Counts) {
        let change = counts - self.reported;
        add(&self.available, change.available);
        add(&self.reserved, change.reserved);
        add(&self.booked, change.booked);
        add(&self.blocked, change.blocked);
        add(
            &self.oversold,
            i64::from(counts.oversold()) - i64::from(self.reported.oversold()),
        );
        self.reported = counts;
    }
}

impl Drop for SeatGauges {
    fn drop(&mut self) {
        self.report(Counts::default());
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of places are far below 2^52"
)]
fn add(gauge: &Gauge, change: i64) {
    if change != 0 {
        gauge.increment(change as f64);
    }
}
