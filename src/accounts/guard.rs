//! Slows whoever guesses passwords: the one place that counts failures.
//!
//! An attempt is counted before it is looked at, so that a thousand at once are a thousand, and taken
//! back when it was right or was not looked at. Counts live in this process's memory, at most a hundred
//! thousand of them. They fade: half of one is forgotten every ten minutes.

use std::net::IpAddr;
use std::time::Duration;

use metrics::counter;
use moka::Entry;
use moka::ops::compute::Op;
use moka::sync::Cache;
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::rules::{OF_ACCOUNT, OF_ADDRESS, OF_EMAIL, Slowing, faded};
use crate::telemetry::names;

/// Counts in memory, some hundred bytes each.
const COUNTS_MAX: u64 = 100_000;

/// After this every count has faded.
const FORGET_AFTER: Duration = Duration::from_hours(6);

/// Owners in memory who have shown who they are, and for how long: to sign in they have that time.
const VOUCHED_MAX: u64 = 10_000;
const VOUCHED_FOR: Duration = Duration::from_hours(1);

/// Counts failures.
#[derive(Clone, Debug)]
pub struct Guard {
    counts: Cache<Counted, Count>,
    /// From where somebody has shown by a mailed link that an address of mail is theirs.
    vouched: Cache<(String, IpAddr), ()>,
}

/// Whose failures are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Whoever asks from an address.
    Address(IpAddr),
    /// Whoever tries one address of mail from one address, whether or not it has an account.
    EmailFrom(String, IpAddr),
    /// Whoever tries one address of mail, from wherever.
    Email(String),
    /// An account whose password is asked for again.
    Account(Uuid),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    failures: u32,
    /// When the last of them was.
    last: Timestamp,
}

/// An attempt that was counted, with what was counted before it.
#[derive(Debug)]
#[must_use = "an attempt that was right is taken back"]
pub struct Attempt(Vec<(Counted, Option<Count>)>);

impl Counted {
    const fn slowing(&self) -> Slowing {
        match self {
            Self::Address(_) => OF_ADDRESS,
            Self::EmailFrom(..) | Self::Account(_) => OF_ACCOUNT,
            Self::Email(_) => OF_EMAIL,
        }
    }

    const fn label(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::EmailFrom(..) | Self::Email(_) | Self::Account(_) => "account",
        }
    }
}

impl Default for Guard {
    fn default() -> Self {
        let counts = Cache::builder()
            .max_capacity(COUNTS_MAX)
            .time_to_idle(FORGET_AFTER)
            .build();
        let vouched = Cache::builder()
            .max_capacity(VOUCHED_MAX)
            .time_to_live(VOUCHED_FOR)
            .build();
        Self { counts, vouched }
    }
}

impl Guard {
    /// Counts an attempt, or says how long to wait before the next is looked at; then nothing is counted.
    ///
    /// # Errors
    ///
    /// The time to wait, when there were too many failures of late.
    pub fn attempt(&self, all: Vec<Counted>, now: Timestamp) -> Result<Attempt, Duration> {
        let waits = all.iter().map(|counted| {
            let count = self.counts.get(counted);
            (wait(counted, count, now), counted)
        });
        if let Some((micros, counted)) = waits
            .filter(|(micros, _)| *micros > 0)
            .max_by_key(|it| it.0)
        {
            return Err(slowed(counted, micros));
        }
        let mut attempt = Attempt(Vec::with_capacity(all.len()));
        for counted in all {
            match self.count(&counted, now) {
                Ok(before) => attempt.0.push((counted, before)),
                // Somebody else's came between.
                Err(micros) => {
                    self.take_back(&attempt);
                    return Err(slowed(&counted, micros));
                }
            }
        }
        Ok(attempt)
    }

    /// Takes an attempt back that was right, and forgets the failures before it: of whoever tries this
    /// account from there, not of others who were tried from there, nor of others who try it.
    pub fn was_right(&self, attempt: &Attempt) {
        self.take_back(attempt);
        for (counted, _) in &attempt.0 {
            match counted {
                Counted::Address(_) | Counted::Email(_) => {}
                Counted::EmailFrom(..) | Counted::Account(_) => self.counts.invalidate(counted),
            }
        }
    }

    /// Forgets what failed from where the owner of an address of mail has shown that it is theirs; for an hour
    /// others who try it do not slow them there.
    pub fn vouch(&self, email_key: String, address: IpAddr) {
        let from = Counted::EmailFrom(email_key.clone(), address);
        self.counts.invalidate(&from);
        self.vouched.insert((email_key, address), ());
    }

    /// Whether the owner of an address of mail has shown from there that it is theirs.
    pub fn is_vouched(&self, email_key: &str, address: IpAddr) -> bool {
        self.vouched.contains_key(&(email_key.to_owned(), address))
    }

    /// Takes an attempt back that was never looked at.
    pub fn was_not_looked_at(&self, attempt: &Attempt) {
        self.take_back(attempt);
    }

    /// What was counted before, if there is still room for one more; else the microseconds to wait.
    fn count(&self, counted: &Counted, now: Timestamp) -> Result<Option<Count>, u64> {
        let mut outcome = Ok(None);
        self.counts.entry_by_ref(counted).and_compute_with(|entry| {
            let before = entry.map(Entry::into_value);
            let left = wait(counted, before, now);
            if left > 0 {
                outcome = Err(left);
                return Op::Nop;
            }
            outcome = Ok(before);
            Op::Put(Count {
                failures: failures(before, now).saturating_add(1),
                last: now,
            })
        });
        outcome
    }

    fn take_back(&self, attempt: &Attempt) {
        for (counted, before) in &attempt.0 {
            self.counts.entry_by_ref(counted).and_compute_with(|entry| {
                match (entry.map(Entry::into_value), before) {
                    (None, _) => Op::Nop,
                    // Nobody else's came between: it is as it was.
                    (Some(count), Some(before)) if count.failures == before.failures + 1 => {
                        Op::Put(*before)
                    }
                    (
                        Some(Count {
                            failures: 0 | 1, ..
                        }),
                        _,
                    ) => Op::Remove,
                    (Some(count), _) => Op::Put(Count {
                        failures: count.failures - 1,
                        ..count
                    }),
                }
            });
        }
    }
}

fn failures(count: Option<Count>, now: Timestamp) -> u32 {
    count.map_or(0, |it| faded(it.failures, now.seconds_after(it.last)))
}

/// Microseconds until an attempt is looked at.
fn wait(counted: &Counted, count: Option<Count>, now: Timestamp) -> u64 {
    let seconds = counted.slowing().seconds_after(failures(count, now));
    count.map_or(0, |it| it.last.plus_seconds(seconds).micros_after(now))
}

fn slowed(counted: &Counted, micros: u64) -> Duration {
    counter!(names::GUESSES_SLOWED, "by" => counted.label()).increment(1);
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn from(last: u8, email: &str) -> Vec<Counted> {
        let address: IpAddr = [192, 0, 2, last].into();
        vec![
            Counted::Address(address),
            Counted::EmailFrom(email.to_owned(), address),
            Counted::Email(email.to_owned()),
        ]
    }

    fn fail(guard: &Guard, all: &[Counted], times: u32, now: Timestamp) {
        for _ in 0..times {
            drop(guard.attempt(all.to_vec(), now).unwrap());
        }
    }

    #[test]
    fn failures_are_slowed_and_a_success_forgets_them() {
        let guard = Guard::default();
        let ann = from(1, "ann");
        fail(&guard, &ann, 5, at(0));
        assert_eq!(
            guard.attempt(ann.clone(), at(0)).unwrap_err(),
            Duration::from_secs(1)
        );
        let right = guard.attempt(ann.clone(), at(1)).unwrap();
        guard.was_right(&right);
        fail(&guard, &ann, 5, at(1));
        assert!(guard.attempt(ann, at(1)).is_err());
        // Nobody else has to wait for it, nor the owner elsewhere.
        assert!(guard.attempt(from(1, "bob"), at(1)).is_ok());
        assert!(guard.attempt(from(2, "ann"), at(1)).is_ok());
    }

    #[test]
    fn one_account_tried_from_everywhere_is_slowed_everywhere() {
        let guard = Guard::default();
        for last in 0..20 {
            fail(&guard, &from(last, "ann"), 5, at(0));
        }
        assert!(guard.attempt(from(99, "ann"), at(0)).is_err());
        assert!(guard.attempt(from(99, "bob"), at(0)).is_ok());
        // Whoever is signed in from there is not counted with the rest.
        let familiar = from(98, "ann")[..2].to_vec();
        assert!(guard.attempt(familiar, at(0)).is_ok());
    }

    #[test]
    fn whoever_tries_everybodys_is_slowed_by_address_and_their_count_fades() {
        let guard = Guard::default();
        for number in 0..26 {
            let now = at(i64::from(number) * 60);
            fail(&guard, &from(1, &number.to_string()), 1, now);
        }
        let last = 25 * 60;
        assert!(guard.attempt(from(1, "one more"), at(last + 1)).is_err());
        // What is right from there moves nothing, and ten minutes later half of it is forgotten.
        let right = guard.attempt(from(1, "right"), at(last + 60)).unwrap();
        guard.was_right(&right);
        assert!(guard.attempt(from(1, "one more"), at(last + 600)).is_ok());
        assert!(guard.attempt(from(1, "one more"), at(last + 600)).is_ok());
    }

    #[test]
    fn an_attempt_that_was_not_looked_at_leaves_everything_as_it_was() {
        let guard = Guard::default();
        let ann = from(1, "ann");
        fail(&guard, &ann, 5, at(0));
        let before: Vec<Option<Count>> = ann.iter().map(|it| guard.counts.get(it)).collect();
        for _ in 0..100 {
            let attempt = guard.attempt(ann.clone(), at(100)).unwrap();
            guard.was_not_looked_at(&attempt);
        }
        let after: Vec<Option<Count>> = ann.iter().map(|it| guard.counts.get(it)).collect();
        assert_eq!(before, after);
        // Nor does one that is refused by another count.
        fail(&guard, &from(1, "bob"), 5, at(100));
        let bob = guard.counts.get(&Counted::Email("bob".to_owned()));
        assert!(guard.attempt(from(1, "bob"), at(100)).is_err());
        assert_eq!(guard.counts.get(&Counted::Email("bob".to_owned())), bob);
    }
}
