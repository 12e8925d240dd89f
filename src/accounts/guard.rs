//! Slows whoever guesses passwords: the one place that counts failures.
//!
//! An attempt is counted before it is looked at, so that a thousand at once are a thousand, and taken
//! back when it was right. Counts live in this process's memory, at most a hundred thousand of them;
//! who has not failed for an hour is forgotten.

use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use metrics::counter;
use moka::Entry;
use moka::ops::compute::Op;
use moka::sync::Cache;
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::rules::{OF_ACCOUNT, OF_ADDRESS, Slowing};
use crate::telemetry::names;

/// Counts in memory, some hundred bytes each.
const COUNTS_MAX: u64 = 100_000;

const FORGET_AFTER: Duration = Duration::from_hours(1);

/// Counts failures.
#[derive(Clone, Debug)]
pub struct Guard {
    counts: Cache<Counted, Count>,
}

/// Whose failures are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    Address(IpAddr),
    /// An address of mail, whether or not it has an account, for those who are no strangers to it
    /// and for those who are.
    Email {
        key: String,
        from: Option<IpAddr>,
    },
    /// An account whose password is asked for again.
    Account(Uuid),
}

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    last: Timestamp,
}

/// An attempt that was counted.
#[derive(Debug)]
#[must_use = "an attempt that was right is taken back"]
pub struct Attempt(Vec<Counted>);

impl Counted {
    const fn slowing(&self) -> Slowing {
        match self {
            Self::Address(_) => OF_ADDRESS,
            Self::Email { .. } | Self::Account(_) => OF_ACCOUNT,
        }
    }

    const fn label(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Email { .. } | Self::Account(_) => "account",
        }
    }
}

impl Default for Guard {
    fn default() -> Self {
        let counts = Cache::builder()
            .max_capacity(COUNTS_MAX)
            .time_to_idle(FORGET_AFTER)
            .build();
        Self { counts }
    }
}

impl Guard {
    /// Counts an attempt, or says how long to wait before the next is looked at.
    ///
    /// # Errors
    ///
    /// The time to wait, when there were too many failures of late.
    pub fn attempt(&self, all: Vec<Counted>, now: Timestamp) -> Result<Attempt, Duration> {
        let mut wait = 0;
        for (at, counted) in all.iter().enumerate() {
            let refused = self.count(counted, now);
            if let Some(micros) = refused {
                counter!(names::GUESSES_SLOWED, "by" => counted.label()).increment(1);
                wait = wait.max(micros);
                self.take_back(&all[..at]);
                return Err(Duration::from_micros(wait));
            }
        }
        Ok(Attempt(all))
    }

    /// Takes an attempt back that was right, and forgets the failures before it. What was counted of
    /// its address stays, but for this one: it says nothing of others who were tried from there.
    pub fn was_right(&self, attempt: &Attempt) {
        for counted in &attempt.0 {
            match counted {
                Counted::Address(_) => self.take_back(std::slice::from_ref(counted)),
                Counted::Email { .. } | Counted::Account(_) => self.counts.invalidate(counted),
            }
        }
    }

    /// Takes an attempt back that was never looked at.
    pub fn was_not_looked_at(&self, attempt: &Attempt) {
        self.take_back(&attempt.0);
    }

    /// Counts in memory, as far as is known.
    pub fn counts(&self) -> u64 {
        self.counts.entry_count()
    }

    fn count(&self, counted: &Counted, now: Timestamp) -> Option<u64> {
        let slowing = counted.slowing();
        let mut refused = None;
        self.counts.entry_by_ref(counted).and_compute_with(|entry| {
            let before = entry.map(Entry::into_value);
            let failures = before.map_or(0, |count| count.failures);
            if let Some(count) = before {
                let due = count.last.plus_seconds(slowing.seconds_after(failures));
                let left = due.micros_after(now);
                if left > 0 {
                    refused = Some(left);
                    return Op::Nop;
                }
            }
            Op::Put(Count {
                failures: failures.saturating_add(1),
                last: now,
            })
        });
        refused
    }

    fn take_back(&self, all: &[Counted]) {
        for counted in all {
            self.counts.entry_by_ref(counted).and_compute_with(|entry| {
                match entry.map(Entry::into_value) {
                    None => Op::Nop,
                    Some(Count {
                        failures: 0 | 1, ..
                    }) => Op::Remove,
                    Some(count) => Op::Put(Count {
                        failures: count.failures - 1,
                        ..count
                    }),
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn of(email: &str) -> Vec<Counted> {
        let address = Counted::Address([192, 0, 2, 1].into());
        let email = Counted::Email {
            key: email.to_owned(),
            from: None,
        };
        vec![email, address]
    }

    #[test]
    fn failures_are_slowed_and_a_success_forgets_them() {
        let guard = Guard::default();
        for _ in 0..5 {
            drop(guard.attempt(of("a"), at(0)).unwrap());
        }
        assert_eq!(
            guard.attempt(of("a"), at(0)).unwrap_err(),
            Duration::from_secs(1)
        );
        let right = guard.attempt(of("a"), at(1)).unwrap();
        guard.was_right(&right);
        for _ in 0..5 {
            drop(guard.attempt(of("a"), at(1)).unwrap());
        }
        assert!(guard.attempt(of("a"), at(1)).is_err());
        // Nobody else has to wait for it.
        assert!(guard.attempt(of("b"), at(1)).is_ok());
    }

    #[test]
    fn whoever_tries_everybodys_is_slowed_by_address() {
        let guard = Guard::default();
        for number in 0..20 {
            drop(guard.attempt(of(&number.to_string()), at(0)).unwrap());
        }
        assert!(guard.attempt(of("one more"), at(0)).is_err());
        // What was refused was not counted.
        assert!(guard.attempt(of("one more"), at(2)).is_ok());
    }

    #[test]
    fn an_attempt_that_was_not_looked_at_is_none() {
        let guard = Guard::default();
        for _ in 0..100 {
            let attempt = guard.attempt(of("a"), at(0)).unwrap();
            guard.was_not_looked_at(&attempt);
        }
    }
}
