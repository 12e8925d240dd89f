//! Why the desk refuses, as problems: one exhaustive match.

use std::time::Duration;

use crate::accounts::Refusal;
use crate::http::problem::{self, Code, Problem};

/// When a mail may be asked for again: as postage grows.
const MAILS_AGAIN: Duration = Duration::from_mins(5);

/// The problem for a refusal of the desk.
pub(crate) fn of_refusal(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::WrongCredentials => Problem::new(
            Code::InvalidCredentials,
            "there is no account with this email and this password",
        ),
        Refusal::Blocked => Problem::new(
            Code::AccountBlocked,
            "the account is blocked; ask whoever runs this server",
        ),
        Refusal::EmailTaken => Problem::new(
            Code::EmailTaken,
            "this address has an account already; nothing was changed: sign in, or ask for a new password",
        ),
        Refusal::NotLinked => Problem::new(
            Code::EmailTaken,
            "this address has an account that has not confirmed it; nothing was changed: confirm it by the link that was mailed, or ask for a new password, and then sign in here again",
        ),
        Refusal::NoVerifiedEmail => Problem::new(
            Code::EmailNotVerified,
            "the provider vouches for no email address of yours that can be used here; nothing was changed: confirm your address there, or register with a password",
        ),
        Refusal::FlowUsed => Problem::new(
            Code::SignInFailed,
            "this sign-in has been used already; nothing was changed: begin again",
        ),
        Refusal::SessionEnded => Problem::new(
            Code::SessionEnded,
            "the refresh token is good no longer: it was used before, is too old, or its session has ended; sign in again",
        ),
        Refusal::NoAccount => Problem::new(
            Code::NotFound,
            "there is no account: it was erased, or the token is one that the operator made for nobody's account",
        ),
        Refusal::NoSession(id) => Problem::not_found("session", id),
        Refusal::KeyReused => Problem::new(
            Code::IdempotencyKeyReused,
            "this Idempotency-Key was used for another request; nothing was done: send a new key with a new request",
        ),
        Refusal::Invalid(faults) => problem::of_faults(faults),
        Refusal::Slowed { retry_after } => Problem::new(
            Code::RateLimited,
            "there were too many wrong passwords of late; nothing was looked at: try again when Retry-After says",
        )
        .with_retry_after(retry_after),
        Refusal::TooManyMails => Problem::new(
            Code::RateLimited,
            "as many mails as may be were sent of late; look for those, or try again when Retry-After says",
        )
        .with_retry_after(MAILS_AGAIN),
        Refusal::Busy(busy) => Problem::new(
            Code::Overloaded,
            "too many passwords wait to be looked at; nothing was done: send it again when Retry-After says",
        )
        .with_retry_after(busy.retry_after),
        Refusal::Store(error) => problem::of_store(&error),
        Refusal::Broken(cause) => Problem::internal(cause),
    }
}
