//! Why the desk refuses, as problems: one exhaustive match.

use std::time::Duration;

use persistence::accounts::API_KEYS_MAX;

use crate::accounts::{CodeLimit, CodeRefusal, Refusal};
use crate::http::problem::{self, Code, Problem};

/// When a mail may be asked for again: as postage grows.
const MAILS_AGAIN: Duration = Duration::from_mins(5);

const WRONG_CREDENTIALS: &str = "there is no account with this email and this password";
const BLOCKED: &str = "the account is blocked; ask whoever runs this server";
const EMAIL_TAKEN: &str =
    "this address has an account already; nothing was changed: sign in, or ask for a new password";
const NOT_LINKED: &str = "this address has an account that has not confirmed it; nothing was changed: ask for a new password, which ends whatever somebody else began in your name, and then sign in here again";
const NO_VERIFIED_EMAIL: &str = "the provider vouches for no email address of yours that can be used here; nothing was changed: confirm your address there, or register with a password";
const FLOW_USED: &str = "this sign-in has been used already; nothing was changed: begin again";
const SIGN_IN_AGAIN: &str = "this needs somebody who has signed in within the last ten minutes; nothing was changed: sign in again, and send it then";
const SESSION_ENDED: &str = "the refresh token is good no longer: it was used before, is too old, or its session has ended; sign in again";
const NO_ACCOUNT: &str = "there is no account: it was erased, or the token is one that the operator made for nobody's account";
const KEY_REUSED: &str = "this Idempotency-Key was used for another request; nothing was done: send a new key with a new request";
const SLOWED: &str = "there were too many wrong passwords of late; nothing was looked at: try again when Retry-After says";
const TOO_MANY_MAILS: &str =
    "as many mails as may be were sent of late; look for those, or try again when Retry-After says";
const TOO_MANY_CHANGES: &str = "the profile was changed five times of late, and may be once more in five minutes; nothing was changed";
const BUSY: &str = "too many passwords wait to be looked at; nothing was done: send it again when Retry-After says";
/// When whoever sends codes may be asked again.
const PROVIDER_AGAIN: Duration = Duration::from_secs(5);

/// The problem for a refusal of the desk.
pub(crate) fn of_refusal(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::WrongCredentials => Problem::new(Code::InvalidCredentials, WRONG_CREDENTIALS),
        Refusal::Blocked => Problem::new(Code::AccountBlocked, BLOCKED),
        Refusal::EmailTaken => Problem::new(Code::EmailTaken, EMAIL_TAKEN),
        Refusal::NotLinked => Problem::new(Code::EmailTaken, NOT_LINKED),
        Refusal::NoVerifiedEmail => Problem::new(Code::EmailNotVerified, NO_VERIFIED_EMAIL),
        Refusal::FlowUsed => Problem::new(Code::SignInFailed, FLOW_USED),
        Refusal::SessionEnded => Problem::new(Code::SessionEnded, SESSION_ENDED),
        Refusal::NoAccount => Problem::new(Code::NotFound, NO_ACCOUNT),
        Refusal::SignInAgain => Problem::new(Code::SignInAgain, SIGN_IN_AGAIN),
        Refusal::NoSession(id) => Problem::not_found("session", id),
        Refusal::NoApiKey(id) => Problem::not_found("API key", id),
        Refusal::TooManyApiKeys => Problem::new(
            Code::ApiKeyLimitReached,
            format!(
                "there are {API_KEYS_MAX} API keys that are not revoked, which is as many as may be; nothing was done: revoke some"
            ),
        ),
        Refusal::KeyReused => Problem::new(Code::IdempotencyKeyReused, KEY_REUSED),
        Refusal::Invalid(faults) => problem::of_faults(faults),
        Refusal::Slowed { retry_after } => {
            Problem::new(Code::RateLimited, SLOWED).with_retry_after(retry_after)
        }
        Refusal::TooManyMails => {
            Problem::new(Code::RateLimited, TOO_MANY_MAILS).with_retry_after(MAILS_AGAIN)
        }
        Refusal::TooManyChanges => {
            Problem::new(Code::RateLimited, TOO_MANY_CHANGES).with_retry_after(MAILS_AGAIN)
        }
        Refusal::Busy(busy) => {
            Problem::new(Code::Overloaded, BUSY).with_retry_after(busy.retry_after)
        }
        Refusal::Code(refusal) => of_code(refusal),
        Refusal::Store(error) => problem::of_store(&error),
        Refusal::Broken(cause) => Problem::internal(cause),
    }
}

fn of_code(refusal: CodeRefusal) -> Problem {
    match refusal {
        CodeRefusal::Wrong => Problem::new(
            Code::PhoneCodeRefused,
            "the code is not the newest one of this number, was used, guessed at too often, or is older than five minutes; ask for another",
        ),
        CodeRefusal::PhoneTaken => Problem::new(
            Code::PhoneTaken,
            "another account has proved this number; nothing was changed: sign in to that one with a code, or prove another number",
        ),
        CodeRefusal::TooMany { limit, retry_after } => {
            Problem::new(Code::RateLimited, too_many_codes(limit)).with_retry_in(retry_after)
        }
        CodeRefusal::Unavailable(why) => Problem::new(
            Code::ProviderUnavailable,
            "whoever sends and checks the codes did not answer as they should; nothing was changed: send it again in a moment",
        )
        .with_cause(why)
        .with_retry_after(PROVIDER_AGAIN),
        CodeRefusal::Busy => Problem::new(
            Code::Overloaded,
            "too many codes are on their way; nothing was done: send it again when Retry-After says",
        )
        .with_retry_after(PROVIDER_AGAIN),
    }
}

const fn too_many_codes(limit: CodeLimit) -> &'static str {
    match limit {
        CodeLimit::Minute => {
            "this number was sent a code within the minute; nothing was sent: use that one, or try again when Retry-After says"
        }
        CodeLimit::Day => {
            "this number was sent as many codes as may be within a day; nothing was sent: use the newest one, or try again when Retry-After says"
        }
        CodeLimit::Address => {
            "as many codes as may be within a day were asked for from your address; nothing was sent: try again when Retry-After says"
        }
        CodeLimit::Provider => {
            "this number was sent too many codes of late; nothing was sent: use the newest one, or try again when Retry-After says"
        }
    }
}
