//! How many codes are sent because one address asks.
//!
//! Somebody who is paid for messages to a number of their own asks for many. Each number has its bound in the
//! database; this one is for whoever has many numbers.

use std::net::IpAddr;
use std::time::Duration;

use moka::Entry;
use moka::ops::compute::Op;
use moka::sync::Cache;
use seating::timestamp::Timestamp;

/// Addresses in memory, some hundred bytes each; beyond it those are forgotten that ask least.
const ADDRESSES_MAX: u64 = 100_000;

const DAY_SECONDS: u32 = 24 * 60 * 60;

/// Counts codes by the address that asks, for a day from the first. Each process counts for itself.
#[derive(Clone, Debug)]
pub struct Allowance {
    per_day: u32,
    sent: Cache<IpAddr, Day>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    began_at: Timestamp,
    sent: u32,
}

impl Allowance {
    /// For so many a day.
    pub fn new(per_day: u32) -> Self {
        let sent = Cache::builder()
            .max_capacity(ADDRESSES_MAX)
            .time_to_idle(Duration::from_secs(u64::from(DAY_SECONDS)))
            .build();
        Self { per_day, sent }
    }

    /// Counts one more, or says how long to wait for it; then nothing is counted.
    ///
    /// # Errors
    ///
    /// The time to the end of the day.
    pub(super) fn take(&self, address: IpAddr, now: Timestamp) -> Result<(), Duration> {
        let mut outcome = Ok(());
        self.sent.entry(address).and_compute_with(|entry| {
            let fresh = Day {
                began_at: now,
                sent: 0,
            };
            let day = entry.map_or(fresh, Entry::into_value);
            let left = day.began_at.plus_seconds(DAY_SECONDS).micros_after(now);
            let day = if left == 0 { fresh } else { day };
            if day.sent >= self.per_day {
                outcome = Err(Duration::from_micros(left));
                return Op::Nop;
            }
            Op::Put(Day {
                sent: day.sent + 1,
                ..day
            })
        });
        outcome
    }

    /// Takes one back that was not sent.
    pub(super) fn give_back(&self, address: IpAddr) {
        self.sent.entry(address).and_compute_with(|entry| {
            let Some(day) = entry.map(Entry::into_value) else {
                return Op::Nop;
            };
            Op::Put(Day {
                sent: day.sent.saturating_sub(1),
                ..day
            })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_a_day() {
        let allowance = Allowance::new(3);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let at = |seconds| Timestamp::from_unix_seconds(i64::from(seconds));
        for seconds in [0, 10, 20] {
            assert_eq!(allowance.take(one, at(seconds)), Ok(()));
        }
        let left = Duration::from_secs(u64::from(DAY_SECONDS) - 30);
        assert_eq!(allowance.take(one, at(30)), Err(left));
        assert_eq!(allowance.take(other, at(30)), Ok(()));
        allowance.give_back(one);
        assert_eq!(allowance.take(one, at(30)), Ok(()));
        assert!(allowance.take(one, at(DAY_SECONDS - 1)).is_err());
        for _ in 0..3 {
            assert_eq!(allowance.take(one, at(DAY_SECONDS)), Ok(()));
        }
        assert!(allowance.take(one, at(DAY_SECONDS)).is_err());
    }
}
