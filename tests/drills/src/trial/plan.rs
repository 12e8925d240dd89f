//! What the buyers of a trial are to do.

use std::time::Duration;

use tokio::time::Instant;

/// How the buyers behave.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What their choices follow from.
    pub(crate) seed: u64,
    /// When the trial began.
    pub(crate) zero: Instant,
    /// How many there are.
    pub(crate) buyers: usize,
    /// The longest pause between two of a buyer's requests, in microseconds.
    pub(crate) think_us_max: u64,
    /// How long holds live.
    pub(crate) ttl_seconds: u32,
    /// Each buyer buys once in this time, so that the house lasts as long as the trial.
    pub(crate) sale_interval: Duration,
    /// The house.
    pub(crate) seats: Vec<String>,
}

/// Seats of one sale, on average.
const SEATS_PER_SALE: u32 = 2;

impl Plan {
    /// For a house whose seats last about `expected`.
    pub(crate) fn new(seed: u64, seats: Vec<String>, buyers: usize, expected: Duration) -> Self {
        // Two thirds of the house are sold by then, so there is always something to fight for.
        let sales = u32::try_from(seats.len()).unwrap_or(u32::MAX) * 2 / 3 / SEATS_PER_SALE;
        let buyers_32 = u32::try_from(buyers).unwrap_or(u32::MAX);
        Self {
            seed,
            zero: Instant::now(),
            buyers,
            think_us_max: 4_000,
            ttl_seconds: 60,
            sale_interval: expected * buyers_32 / sales.max(1),
            seats,
        }
    }

    /// Microseconds since the trial began.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.zero.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
