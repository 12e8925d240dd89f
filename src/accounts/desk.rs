//! The desk: where people register, sign in and look after their accounts.
//!
//! ```text
//!   register, sign in ──► session, generation 0 ──► access token, 15 min
//!                            │                      refresh token 0, 7 days
//!            refresh ────────┤
//!        token 0 is used, token 1 is the newest:  the family of a session's tokens
//!            refresh ────────┤
//!        token 1 is used, token 2 is the newest
//!                            │
//!        token 0 comes again ┴──► somebody else has had it: the session ends, its owner is told
//! ```

mod api_keys;
mod by_provider;
mod email;
mod keyed;
mod password;
mod phone;
mod postage;
mod profile;
mod proof;
mod refresh;
mod register;
mod sessions;
mod sign_in;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actors::clock::Clock;
use persistence::accounts::{Account, Accounts, LinkPurpose, NewLink, Session};
use persistence::error::StoreError;
use persistence::outbox::{Job, Mail, News};
use seating::timestamp::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::guard::Guard;
use super::passwords::{Busy, Passwords};
use super::role::{Caller, Role};
use super::seals::{Purpose, RefreshToken, Seals};
use super::tokens::{Access, Tokens};
use crate::fresh_ids;
use crate::jobs::Bell;
use crate::wire::Fault;

pub use api_keys::{ApiKeyWish, ShownApiKey};
pub use by_provider::{FLOW_SECONDS, Flow, FlowSecrets, Welcome};
pub use keyed::{Answered, Turns};
pub use phone::{
    Allowance, CODES_PER_ADDRESS, CODES_PER_DAY, CodeDesk, CodeLimit, CodeRefusal, Entered,
};
pub(super) use postage::Matter;
pub use postage::Postage;
pub use profile::Profile;
pub use register::Registration;

/// How long tokens and links are good, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    pub access_seconds: u32,
    pub refresh_seconds: u32,
}

/// A link that proves an address is good for a day.
const VERIFY_SECONDS: u32 = 24 * 60 * 60;
/// A link instead of a password, for half an hour.
const RESET_SECONDS: u32 = 30 * 60;

/// Everything that people ask about their accounts.
#[derive(Clone, Debug)]
pub struct Desk(Arc<DeskParts>);

/// What a desk works with.
#[derive(Debug)]
pub struct DeskParts {
    pub accounts: Accounts,
    pub tokens: Arc<Tokens>,
    pub seals: Arc<Seals>,
    pub passwords: Passwords,
    pub lifetimes: Lifetimes,
    pub clock: Arc<dyn Clock>,
    /// Tells whoever works jobs off that there are some.
    pub bell: Bell,
    pub guard: Guard,
    pub postage: Postage,
    pub turns: Turns,
    pub code_desk: CodeDesk,
}

/// From where somebody asks, and with what.
#[derive(Clone, Debug)]
pub struct Device {
    pub address: IpAddr,
    /// What it says that it is.
    pub user_agent: String,
}

/// What lets a device in.
#[derive(Debug)]
pub struct Credentials {
    pub account: Account,
    pub role: Role,
    pub session: Uuid,
    pub access_token: String,
    /// Seconds until the access token expires.
    pub access_seconds: u32,
    pub refresh_token: String,
    pub refresh_seconds: u32,
    /// Wrong passwords since the last right one, and when the last of them was.
    pub failures: Option<(u32, Timestamp)>,
}

/// Why the desk does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The address, the password or both are not right; which, is not said.
    #[error("the email or the password is not right")]
    WrongCredentials,
    #[error("the account is blocked")]
    Blocked,
    #[error("the address has an account already")]
    EmailTaken,
    /// The address has an account that has not confirmed it, so it may be another's.
    #[error("the address has an account that has not confirmed it")]
    NotLinked,
    /// The provider vouches for no address, or for one that cannot be used here.
    #[error("the provider vouches for no address")]
    NoVerifiedEmail,
    #[error("the flow has signed somebody in")]
    FlowUsed,
    /// The refresh token is worth nothing: unknown, used, too old, or of a session that has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The account has no password, and the session that stands for one is too old.
    #[error("the session is too old for this")]
    SignInAgain,
    /// The token's subject has no account, or none any more.
    #[error("there is no account")]
    NoAccount,
    /// The account has no such session, or none any more.
    #[error("there is no session {0}")]
    NoSession(Uuid),
    /// There is no such key of a program.
    #[error("there is no API key {0}")]
    NoApiKey(Uuid),
    /// Programs have as many keys as may be.
    #[error("there are too many API keys")]
    TooManyApiKeys,
    #[error("the key was used for another request")]
    KeyReused,
    /// Fields that are not what they must be.
    #[error("fields are wrong")]
    Invalid(Vec<Fault>),
    /// Too many failures of late.
    #[error("there were too many failures of late")]
    Slowed { retry_after: Duration },
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    /// As many mails were sent as may be at once.
    #[error("too many mails were sent")]
    TooManyMails,
    /// As much was changed as may be at once.
    #[error("too much was changed")]
    TooManyChanges,
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something of ours is broken.
    #[error("{0}")]
    Broken(String),
}

impl Refusal {
    fn field(path: &str, reason: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault {
            path: path.to_owned(),
            reason: reason.into(),
        }])
    }
}

impl Desk {
    /// A desk that works with these.
    pub fn new(parts: DeskParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Forgets what no longer matters, and counts what waits; called every few seconds.
    pub fn upkeep(&self) {
        self.0.postage.upkeep();
        #[expect(clippy::cast_precision_loss, reason = "a gauge need not be exact")]
        metrics::gauge!(crate::telemetry::names::PASSWORDS_WAITING)
            .set(self.0.passwords.waiting() as f64);
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The tokens of a session whose newest refresh token has this number.
    fn credentials(
        &self,
        account: Account,
        (session, generation): (Uuid, u32),
        now: Timestamp,
    ) -> Result<Credentials, Refusal> {
        let role = role_of(&account)?;
        let lifetimes = self.0.lifetimes;
        let access = Access {
            caller: Caller {
                subject: account.id,
                role,
            },
            session,
            // Whoever is reached by phone is reached.
            email_verified: account.email_verified_at.is_some()
                || account.phone_verified_at.is_some(),
        };
        let token = self.0.tokens.issue(access, now, lifetimes.access_seconds);
        let refresh = RefreshToken {
            session,
            generation,
        };
        Ok(Credentials {
            account,
            role,
            session,
            access_token: token.map_err(|error| Refusal::Broken(error.to_string()))?,
            access_seconds: lifetimes.access_seconds,
            refresh_token: self.0.seals.refresh_token(refresh),
            refresh_seconds: lifetimes.refresh_seconds,
            failures: None,
        })
    }

    /// Until when it must be known that a session has ended: then the last access token of it will have
    /// expired.
    fn forget_at(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(self.0.lifetimes.access_seconds.saturating_add(60))
    }

    /// Somebody's own account.
    async fn own(&self, account: Uuid) -> Result<Account, Refusal> {
        let found = self.0.accounts.get(account).await?;
        found.ok_or(Refusal::NoAccount)
    }
}

/// What each link is sealed for.
pub(super) const fn sealed_for(purpose: LinkPurpose) -> Purpose {
    match purpose {
        LinkPurpose::VerifyEmail => Purpose::VerifyEmail,
        LinkPurpose::ChangeEmail => Purpose::ChangeEmail,
        LinkPurpose::ResetPassword => Purpose::ResetPassword,
    }
}

/// The role of an account.
///
/// # Errors
///
/// When the row has one that no role is, which a constraint forbids.
pub(super) fn role_of(account: &Account) -> Result<Role, Refusal> {
    account.role.parse().map_err(Refusal::Broken)
}

/// A link, and the job that mails it.
fn link(
    account: Uuid,
    purpose: LinkPurpose,
    email: Option<&str>,
    now: Timestamp,
) -> (NewLink<'_>, Job) {
    let link_id = fresh_ids::uuid(now);
    let (seconds, news) = match purpose {
        LinkPurpose::VerifyEmail => (VERIFY_SECONDS, News::VerifyEmail { link_id }),
        LinkPurpose::ChangeEmail => {
            let to = email.unwrap_or_default().to_owned();
            (VERIFY_SECONDS, News::ChangeEmail { link_id, to })
        }
        LinkPurpose::ResetPassword => (RESET_SECONDS, News::ResetPassword { link_id }),
    };
    let link = NewLink {
        id: link_id,
        purpose,
        email,
        proved: None,
        expires_at: now.plus_seconds(seconds),
    };
    (link, mail(account, news))
}

fn mail(account_id: Uuid, news: News) -> Job {
    Job::Mail(Mail { account_id, news })
}

/// Whether a session is over.
fn is_over(session: &Session, now: Timestamp) -> bool {
    session.expires_at <= now
}

/// What is answered in steps of this, so that how long it took does not tell what was found. The slowest
/// hash that is imported fits in one.
const STEP: Duration = Duration::from_secs(1);

/// Waits until the time since the beginning is a whole number of steps.
async fn evenly<T>(began: Instant, outcome: T) -> T {
    let step = STEP.as_millis();
    let steps = began.elapsed().as_millis() / step + 1;
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    tokio::time::sleep_until(began + STEP.saturating_mul(steps)).await;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was found takes a moment, a hash some, and a hash of another system almost a step.
    #[tokio::test(start_paused = true)]
    async fn whatever_was_looked_at_is_answered_after_the_same_time() {
        for (took, answered) in [
            (0, 1_000),
            (3, 1_000),
            (60, 1_000),
            (990, 1_000),
            (1_010, 2_000),
        ] {
            let began = Instant::now();
            tokio::time::sleep(Duration::from_millis(took)).await;
            evenly(began, ()).await;
            // Timers go by milliseconds, of which the first has begun.
            let elapsed = began.elapsed().as_millis();
            assert!(
                (answered..=answered + 1).contains(&elapsed),
                "{took}: {elapsed}"
            );
        }
    }
}
