//! How many mails an address is sent because others ask for it, and what else may be done now and then.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Mails of a matter at once to one address, and the time after which there may be one more.
const MAILS_AT_ONCE: NonZeroU32 = NonZeroU32::new(5).unwrap();
const MAIL_EVERY: Duration = Duration::from_mins(5);

/// What mails are about that others can ask for. Each has a postage of its own, so that whoever asks for
/// one kind takes nothing from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::accounts) enum Matter {
    Verification,
    Reset,
    NewAddress,
    Taken,
    /// No mail: what somebody changes of their profile, which is written down for good each time.
    Profile,
}

/// Counts mails by whom they go to, or by who asks for them. Accounts come and go, and somebody's address
/// stays: so it is the address that is spared, whichever accounts it had.
#[derive(Debug)]
pub struct Postage {
    sent: DefaultKeyedRateLimiter<(u64, Matter)>,
    hasher: RandomState,
}

impl Default for Postage {
    fn default() -> Self {
        // A period that is not zero is a quota.
        let quota = Quota::with_period(MAIL_EVERY).unwrap_or(Quota::per_hour(MAILS_AT_ONCE));
        Self {
            sent: RateLimiter::keyed(quota.allow_burst(MAILS_AT_ONCE)),
            hasher: RandomState::new(),
        }
    }
}

impl Postage {
    /// Takes the postage of one mail, if there is some left for this address or this account.
    pub(super) fn is_there_for(&self, whom: impl Hash, matter: Matter) -> bool {
        let whom = self.hasher.hash_one(whom);
        self.sent.check_key(&(whom, matter)).is_ok()
    }

    /// Forgets those that may be sent all again.
    pub(super) fn upkeep(&self) {
        self.sent.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_a_postage_for_each_matter() {
        let postage = Postage::default();
        let sent = |whom: &str, matter| {
            let all = (0..10).map(|_| postage.is_there_for(whom, matter));
            all.filter(|sent| *sent).count()
        };
        assert_eq!(sent("ann@example.com", Matter::Reset), 5);
        assert_eq!(sent("ann@example.com", Matter::Taken), 5);
        assert_eq!(sent("bob@example.com", Matter::Reset), 5);
        assert_eq!(sent("ann@example.com", Matter::Reset), 0);
    }
}
