//! How much one address and one subject may ask: buckets, filled at a steady rate.
//!
//! A bucket is kept only until it is full again, so memory follows those who have asked of late (two minutes
//! as set by default), never those who have ever asked. When more have asked than there is room for, which only
//! somebody with very many addresses brings about, they share buckets until it is quiet again.

mod limiter;

use std::fmt;
use std::sync::Arc;

use crate::accounts::Caller;
use crate::config::{RateLimits, RatesConfig};
use crate::http::door::{Class, ClientAddress};
use crate::http::problem::{Problem, RateStanding};
pub use limiter::Standing;
use limiter::{Limiter, Policy};

/// The limits in force.
pub struct Rates {
    addresses: Limiter,
    auth: Limiter,
    holds: Limiter,
    writes: Limiter,
    reads: Limiter,
    staff: Limiter,
}

impl Rates {
    /// As set; nothing when they are off.
    pub fn of(config: &RatesConfig) -> Option<Arc<Self>> {
        match config.rate_limits {
            RateLimits::Off => None,
            RateLimits::On => Some(Arc::new(Self::new(config))),
        }
    }

    fn new(config: &RatesConfig) -> Self {
        let policy = |name, whose, what| Policy { name, whose, what };
        Self {
            addresses: Limiter::new(
                policy("address", "one address", "requests"),
                config.rate_per_address,
            ),
            auth: Limiter::new(
                policy("auth", "one address", "requests to be let in or written to"),
                config.rate_of_auth,
            ),
            holds: Limiter::new(
                policy("holds", "one buyer", "holds and bookings"),
                config.rate_of_holds,
            ),
            writes: Limiter::new(
                policy("writes", "one buyer", "changes"),
                config.rate_of_writes,
            ),
            reads: Limiter::new(policy("reads", "one buyer", "reads"), config.rate_of_reads),
            // `RateLimit` headers name the policy `house`, because programs read it.
            staff: Limiter::new(
                policy("house", "one of the staff", "requests"),
                config.rate_per_staff,
            ),
        }
    }

    /// Charges a request to its address.
    ///
    /// # Errors
    ///
    /// 429 when it asks too often, with the time to wait.
    pub fn address(&self, address: ClientAddress) -> Result<Option<RateStanding>, Problem> {
        self.addresses.charge(&address)
    }

    /// Charges a request to whoever signed it.
    ///
    /// # Errors
    ///
    /// 429 when they ask too often, with the time to wait.
    pub fn caller(&self, caller: Caller, class: Class) -> Result<Option<RateStanding>, Problem> {
        self.of_caller(caller, class).charge(&caller.subject)
    }

    /// Charges an address for asking to be let in, beside the request itself.
    ///
    /// # Errors
    ///
    /// 429 when it asks too often, with the time to wait.
    pub fn auth(&self, address: ClientAddress) -> Result<Option<RateStanding>, Problem> {
        self.auth.charge(&address)
    }

    const fn of_caller(&self, caller: Caller, class: Class) -> &Limiter {
        if caller.role.is_staff() {
            return &self.staff;
        }
        match class {
            Class::Holds => &self.holds,
            Class::Writes => &self.writes,
            Class::Reads => &self.reads,
        }
    }

    /// Forgets the buckets that are full again; called every few seconds.
    pub fn upkeep(&self) {
        for limiter in self.all() {
            limiter.upkeep();
        }
    }

    /// Buckets in memory.
    pub fn buckets(&self) -> usize {
        self.all().iter().map(|limiter| limiter.buckets()).sum()
    }

    const fn all(&self) -> [&Limiter; 6] {
        [
            &self.addresses,
            &self.auth,
            &self.holds,
            &self.writes,
            &self.reads,
            &self.staff,
        ]
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rates({} buckets)", self.buckets())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use uuid::Uuid;

    use super::*;
    use crate::accounts::Role;
    use crate::http::problem::Code;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        rates: RatesConfig,
    }

    fn rates(flags: &[&str]) -> Rates {
        let line = ["serve"].into_iter().chain(flags.iter().copied());
        Rates::new(&Line::parse_from(line).rates)
    }

    fn address(text: &str) -> ClientAddress {
        ClientAddress::of(text.parse().unwrap())
    }

    fn caller(role: Role) -> Caller {
        Caller {
            subject: Uuid::from_u128(1),
            role,
        }
    }

    #[test]
    fn one_customers_addresses_share_a_bucket() {
        let rates = rates(&["--rate-per-address", "1/h"]);
        assert!(rates.address(address("2001:db8::1")).is_ok());
        assert!(rates.address(address("2001:db8::ffff:1")).is_err());
        assert!(rates.address(address("2001:db8:0:1::1")).is_ok());
        assert!(rates.address(address("::ffff:192.0.2.1")).is_ok());
        assert!(rates.address(address("192.0.2.1")).is_err());
    }

    /// What the rates are when nobody has set any.
    #[test]
    fn each_class_is_counted_apart_and_limited_by_default() {
        let rates = rates(&[]);
        let ann = caller(Role::User);
        for (class, burst) in [
            (Class::Holds, 20),
            (Class::Writes, 100),
            (Class::Reads, 300),
        ] {
            let granted = (0..1_000).take_while(|_| rates.caller(ann, class).is_ok());
            // A few more come while these are counted.
            let granted = granted.count();
            assert!(
                (burst..burst + 50).contains(&granted),
                "{class:?}: {granted}"
            );
        }
        let here = address("192.0.2.1");
        let granted = (0..1_000).take_while(|_| rates.auth(here).is_ok()).count();
        assert!((20..25).contains(&granted), "{granted}");
        assert!(rates.address(here).is_ok());
    }

    #[test]
    fn staff_have_a_bucket_of_their_own_for_everything() {
        let rates = rates(&["--rate-per-staff", "1/h:2", "--rate-of-reads", "1/h"]);
        let clerk = caller(Role::Editor);
        assert!(rates.caller(clerk, Class::Holds).is_ok());
        assert!(rates.caller(clerk, Class::Reads).is_ok());
        let refused = rates.caller(clerk, Class::Writes).unwrap_err();
        assert_eq!(refused.code(), Code::RateLimited);
        assert!(rates.caller(caller(Role::User), Class::Reads).is_ok());
    }

    #[test]
    fn whatever_is_set_to_0_is_not_limited() {
        let rates = rates(&["--rate-of-reads", "0"]);
        for _ in 0..1_000 {
            let standing = rates.caller(caller(Role::User), Class::Reads);
            assert!(standing.unwrap().is_none());
        }
        assert_eq!(rates.buckets(), 0);
    }
}
