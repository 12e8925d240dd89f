//! One limit: a bucket for each of those whom it is for.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use axum::http::HeaderValue;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::config::{Rate, RateSetting};
use crate::http::problem::{Code, Problem, RateStanding};

/// Buckets of one limit beyond which those who come share some: some 10 MB.
const BUCKETS_MAX: usize = 262_144;

/// Buckets that are shared then.
const SHARED: u64 = 65_536;

/// After so many requests it is looked how many buckets there are, which takes longer than a request.
const LOOK_EVERY: u32 = 16_384;

/// Whoever is refused for asking too often is not told to come back within moments.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// What a limit is called, whom it is for, and what is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) name: &'static str,
    pub(super) whose: &'static str,
    pub(super) what: &'static str,
}

/// What may still be asked; nothing when there is no limit.
pub type Standing = Option<RateStanding>;

type Buckets = RateLimiter<u64, DashMapStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// A limit, or none.
pub(super) struct Limiter(Option<Limit>);

struct Limit {
    policy: Policy,
    rate: Rate,
    header: HeaderValue,
    /// By a keyed hash of whom they are for, so that nobody can choose whose bucket they share.
    buckets: Buckets,
    hashes: RandomState,
    clock: DefaultClock,
    charges: AtomicU32,
    is_crowded: AtomicBool,
}

impl Limiter {
    pub(super) fn new(policy: Policy, setting: RateSetting) -> Self {
        Self(setting.0.and_then(|rate| Limit::new(policy, rate)))
    }

    /// Takes one out of somebody's bucket.
    pub(super) fn charge(&self, whose: &impl Hash) -> Result<Standing, Problem> {
        match &self.0 {
            Some(limit) => limit.charge(whose).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn upkeep(&self) {
        if let Some(limit) = &self.0 {
            limit.buckets.retain_recent();
            limit.look();
        }
    }

    pub(super) fn buckets(&self) -> usize {
        self.0.as_ref().map_or(0, |limit| limit.buckets.len())
    }
}

impl Limit {
    fn new(policy: Policy, rate: Rate) -> Option<Self> {
        let quota = Quota::with_period(rate.interval())?.allow_burst(rate.burst);
        let seconds = rate.seconds_for(rate.burst.get());
        let header = format!("\"{}\";q={};w={seconds}", policy.name, rate.burst);
        Some(Self {
            policy,
            rate,
            header: HeaderValue::try_from(header).ok()?,
            buckets: RateLimiter::dashmap(quota).with_middleware(),
            hashes: RandomState::new(),
            clock: DefaultClock::default(),
            charges: AtomicU32::new(0),
            is_crowded: AtomicBool::new(false),
        })
    }

    fn charge(&self, whose: &impl Hash) -> Result<RateStanding, Problem> {
        // Wraps around without harm: it is looked a little earlier or later.
        if self.charges.fetch_add(1, Ordering::Relaxed) % LOOK_EVERY == LOOK_EVERY - 1 {
            self.look();
        }
        match self.buckets.check_key(&self.bucket(whose)) {
            Ok(state) => Ok(self.standing(state.remaining_burst_capacity())),
            Err(not_until) => Err(self.refusal(not_until.wait_time_from(self.clock.now()))),
        }
    }

    fn bucket(&self, whose: &impl Hash) -> u64 {
        let hash = self.hashes.hash_one(whose);
        if self.is_crowded.load(Ordering::Relaxed) {
            hash % SHARED
        } else {
            hash
        }
    }

    fn look(&self) {
        let is_crowded = self.buckets.len() > BUCKETS_MAX;
        if self.is_crowded.swap(is_crowded, Ordering::Relaxed) != is_crowded {
            tracing::warn!(
                rate.policy = self.policy.name,
                is_crowded,
                "more ask than are counted one by one, or no longer"
            );
        }
    }

    fn standing(&self, remaining: u32) -> RateStanding {
        let missing = self.rate.burst.get().saturating_sub(remaining);
        RateStanding {
            name: self.policy.name,
            policy: self.header.clone(),
            remaining,
            reset_seconds: self.rate.seconds_for(missing),
        }
    }

    fn refusal(&self, wait: Duration) -> Problem {
        let Policy { whose, what, .. } = self.policy;
        let Rate { count, per, burst } = self.rate;
        let per = per.word();
        let detail = format!(
            "{what} of {whose}: {count} {per} in the long run and {burst} at once are let in; nothing was done: send it again when Retry-After says"
        );
        Problem::new(Code::RateLimited, detail)
            .with_retry_after(wait.max(RETRY_AFTER_MIN))
            .with_standing(self.standing(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(rate: &str) -> Limit {
        let policy = Policy {
            name: "test",
            whose: "one number",
            what: "requests",
        };
        let setting: RateSetting = rate.parse().unwrap();
        Limit::new(policy, setting.0.unwrap()).unwrap()
    }

    #[test]
    fn a_burst_is_let_in_and_no_more() {
        let limit = limit("1/h:3");
        for remaining in [2, 1, 0] {
            assert_eq!(limit.charge(&1).unwrap().remaining, remaining);
        }
        let refused = limit.charge(&1).unwrap_err();
        assert_eq!(refused.code(), Code::RateLimited);
        assert!(refused.retry_after().unwrap() >= RETRY_AFTER_MIN);
        assert!(refused.detail().contains("3 at once"), "{refused:?}");
        assert!(limit.charge(&2).is_ok());
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let limiter = Limiter(Some(limit("1000000/s:1")));
        for number in 0..200 {
            assert!(limiter.charge(&number).is_ok());
        }
        // A millionth of a second fills each.
        while limiter.buckets() > 0 {
            limiter.upkeep();
        }
    }

    /// A million who ask once, none of whose buckets is full again for an hour.
    #[test]
    fn a_million_share_buckets_when_there_are_too_many() {
        let limit = limit("1/h:1000");
        for number in 0..1_000_000_u64 {
            assert!(limit.charge(&number).is_ok());
        }
        let most = BUCKETS_MAX + LOOK_EVERY as usize + usize::try_from(SHARED).unwrap();
        let buckets = limit.buckets.len();
        assert!((BUCKETS_MAX..=most).contains(&buckets), "{buckets}");
        // Whoever asks on and on is still refused.
        let granted = (0..5_000).take_while(|_| limit.charge(&7).is_ok()).count();
        assert!(granted < 1_000, "{granted}");
    }
}
