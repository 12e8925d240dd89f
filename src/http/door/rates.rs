//! How much one address and one subject may ask: a bucket each, filled at a steady rate.
//!
//! A bucket is kept only until it is full again, so memory follows those who have asked within the
//! last seconds, never those who have ever asked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use crate::accounts::Caller;
use crate::config::{RateLimits, RateSetting, RatesConfig};
use crate::http::door::ClientAddress;
use crate::http::problem::{Code, Problem, RateStanding};

/// The limits in force.
pub struct Rates {
    addresses: Limiter<ClientAddress>,
    buyers: Limiter<Uuid>,
    staff: Limiter<Uuid>,
    identities: Limiter<ClientAddress>,
}

struct Limiter<K: std::hash::Hash + Eq + Clone> {
    name: &'static str,
    rate: RateSetting,
    buckets: RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    policy: HeaderValue,
}

impl Rates {
    /// As set; nothing when they are off.
    pub fn of(config: &RatesConfig) -> Option<Arc<Self>> {
        match config.rate_limits {
            RateLimits::Off => None,
            RateLimits::On => Some(Arc::new(Self::new(
                config.rate_per_address,
                config.rate_per_buyer,
                (config.rate_per_staff, config.rate_of_identity),
            ))),
        }
    }

    fn new(
        address: RateSetting,
        buyer: RateSetting,
        (staff, identity): (RateSetting, RateSetting),
    ) -> Self {
        Self {
            addresses: Limiter::new("address", address),
            buyers: Limiter::new("buyer", buyer),
            // `RateLimit` headers name the policy `house`, because programs read it.
            staff: Limiter::new("house", staff),
            identities: Limiter::new("identity", identity),
        }
    }

    /// Charges a request to its address.
    ///
    /// # Errors
    ///
    /// 429 when it asks too often, with the time to wait.
    pub fn address(&self, address: ClientAddress) -> Result<RateStanding, Problem> {
        self.addresses.charge(&address)
    }

    /// Charges a request to whoever signed it.
    ///
    /// # Errors
    ///
    /// 429 when they ask too often, with the time to wait.
    pub fn subject(&self, caller: Caller) -> Result<(), Problem> {
        let limiter = if caller.role.is_staff() {
            &self.staff
        } else {
            &self.buyers
        };
        limiter.charge(&caller.subject).map(drop)
    }

    /// Charges an address for registering, signing in and the like, beside the request itself.
    ///
    /// # Errors
    ///
    /// 429 when it asks too often, with the time to wait.
    pub fn identity(&self, address: ClientAddress) -> Result<(), Problem> {
        self.identities.charge(&address).map(drop)
    }

    /// Forgets the buckets that are full again; called every few seconds.
    pub fn upkeep(&self) {
        self.addresses.buckets.retain_recent();
        self.buyers.buckets.retain_recent();
        self.staff.buckets.retain_recent();
        self.identities.buckets.retain_recent();
    }

    /// Buckets in memory.
    pub fn buckets(&self) -> usize {
        let subjects = self.buyers.buckets.len() + self.staff.buckets.len();
        self.addresses.buckets.len() + self.identities.buckets.len() + subjects
    }
}

impl<K: std::hash::Hash + Eq + Clone> Limiter<K> {
    fn new(name: &'static str, rate: RateSetting) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        let policy = format!("\"{name}\";q={};w={}", rate.burst, window_seconds(rate));
        Self {
            name,
            rate,
            buckets: RateLimiter::dashmap(quota).with_middleware(),
            clock: DefaultClock::default(),
            policy: HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("")),
        }
    }

    fn charge(&self, key: &K) -> Result<RateStanding, Problem> {
        match self.buckets.check_key(key) {
            Ok(state) => Ok(self.standing(state.remaining_burst_capacity())),
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now());
                Err(self.refusal(wait))
            }
        }
    }

    fn standing(&self, remaining: u32) -> RateStanding {
        let missing = self.rate.burst.get().saturating_sub(remaining);
        RateStanding {
            name: self.name,
            policy: self.policy.clone(),
            remaining,
            reset_seconds: u64::from(missing.div_ceil(self.rate.per_second.get())),
        }
    }

    fn refusal(&self, wait: Duration) -> Problem {
        let RateSetting { per_second, burst } = self.rate;
        let detail = format!(
            "one {} may ask {per_second} times a second in the long run and {burst} times at once; nothing was done: send it again when Retry-After says",
            self.name
        );
        Problem::new(Code::RateLimited, detail)
            .with_retry_after(wait.max(RETRY_AFTER_MIN))
            .with_standing(self.standing(0))
    }
}

/// Whoever is refused for asking too often is not told to come back within moments.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// Seconds in which an empty bucket fills.
const fn window_seconds(rate: RateSetting) -> u32 {
    rate.burst.get().div_ceil(rate.per_second.get())
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rates({} buckets)", self.buckets())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::accounts::Role;

    fn rates(per_second: u32, burst: u32) -> Rates {
        let rate = RateSetting {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        };
        Rates::new(rate, rate, (rate, rate))
    }

    fn address(text: &str) -> ClientAddress {
        ClientAddress::of(text.parse().unwrap())
    }

    #[test]
    fn a_burst_is_let_in_and_no_more() {
        let rates = rates(1, 3);
        let one = address("192.0.2.1");
        for remaining in [2, 1, 0] {
            assert_eq!(rates.address(one).unwrap().remaining, remaining);
        }
        let refused = rates.address(one).unwrap_err();
        assert_eq!(refused.code(), Code::RateLimited);
        assert!(refused.retry_after().unwrap() >= RETRY_AFTER_MIN);
        assert!(refused.detail().contains("3 times at once"), "{refused:?}");
        assert!(rates.address(address("192.0.2.2")).is_ok());
    }

    #[test]
    fn one_customers_addresses_share_a_bucket() {
        let rates = rates(1, 1);
        assert!(rates.address(address("2001:db8::1")).is_ok());
        assert!(rates.address(address("2001:db8::ffff:1")).is_err());
        assert!(rates.address(address("2001:db8:0:1::1")).is_ok());
        assert!(rates.address(address("::ffff:192.0.2.1")).is_ok());
        assert!(rates.address(address("192.0.2.1")).is_err());
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let rates = rates(1_000_000, 1);
        for last in 0..200 {
            assert!(rates.address(address(&format!("192.0.2.{last}"))).is_ok());
        }
        // A millionth of a second fills each.
        while rates.buckets() > 0 {
            rates.upkeep();
        }
    }

    #[test]
    fn staff_have_a_bucket_of_their_own() {
        let rates = rates(1, 1);
        let subject = Uuid::from_u128(1);
        for role in [Role::User, Role::Editor] {
            assert!(rates.subject(Caller { subject, role }).is_ok());
            assert!(rates.subject(Caller { subject, role }).is_err());
        }
    }
}
