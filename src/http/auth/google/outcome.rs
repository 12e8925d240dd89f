//! How sign-ins by a provider end: counted, and told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::counter;

use crate::accounts::{Refusal, Welcome};
use crate::http::auth::of_refusal;
use crate::http::problem::{Code, Problem};
use crate::openid::{Failure, TokenFault};
use crate::telemetry::names;

/// Why somebody is not signed in by the provider.
#[derive(Debug)]
pub(super) enum Refused {
    /// There is no flow, or none that is good.
    NoFlow,
    /// The answer belongs to another flow.
    OtherFlow,
    /// It is another provider's answer (RFC 9207).
    OtherIssuer,
    /// The person said no.
    Declined,
    /// The provider did not like what it was asked, and says why.
    ByProvider(String),
    /// There is neither a code nor an error.
    NoCode,
    Provider(Failure),
    Desk(Refusal),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Provider(failure)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Desk(refusal)
    }
}

/// When whoever vouches for people may be asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// Counts a sign-in by how it went on.
pub(super) fn count(outcome: &'static str) {
    counter!(names::PROVIDER_SIGN_INS, "outcome" => outcome).increment(1);
}

/// The name of an end that is good.
pub(super) const fn label_of(welcome: Welcome) -> &'static str {
    match welcome {
        Welcome::Known => "signed_in",
        Welcome::Linked => "linked",
        Welcome::Registered => "registered",
    }
}

impl Refused {
    /// Counts it, tells the operator what is not a stranger's doing alone, and puts it into words.
    pub(super) fn told(self) -> Problem {
        count(self.label());
        match &self {
            Self::Provider(Failure::Unavailable(cause)) => log_unavailable(cause),
            Self::ByProvider(error) => log_error(error),
            Self::Provider(Failure::Token(fault)) => log_fault(*fault),
            Self::NoFlow
            | Self::OtherFlow
            | Self::OtherIssuer
            | Self::Declined
            | Self::NoCode
            | Self::Provider(Failure::Busy | Failure::CodeRefused)
            | Self::Desk(_) => {}
        }
        self.problem()
    }

    const fn label(&self) -> &'static str {
        match self {
            Self::NoFlow => "no_flow",
            Self::OtherFlow => "other_flow",
            Self::OtherIssuer => "other_issuer",
            Self::Declined => "declined",
            Self::ByProvider(_) => "provider_error",
            Self::NoCode => "no_code",
            Self::Provider(failure) => match failure {
                Failure::Unavailable(_) => "provider_unavailable",
                Failure::Busy => "busy",
                Failure::CodeRefused => "code_refused",
                Failure::Token(fault) => fault.label(),
            },
            Self::Desk(refusal) => label_of_refusal(refusal),
        }
    }

    fn problem(self) -> Problem {
        let failed = |detail: &'static str| Problem::new(Code::SignInFailed, detail);
        match self {
            Self::NoFlow => failed(
                "this browser has begun no sign-in, or more than ten minutes ago; nothing was changed: begin again",
            ),
            Self::OtherFlow => failed(
                "the answer of the provider belongs to another sign-in than the one that this browser has begun; nothing was changed: begin again",
            ),
            Self::OtherIssuer => failed(
                "the answer is of another provider than the one that was asked; nothing was changed: begin again",
            ),
            Self::Declined => failed(
                "you declined at the provider; nothing was changed: begin again, or sign in with your password",
            ),
            Self::ByProvider(_) => failed(
                "the provider did not take the sign-in; nothing was changed: begin again, or sign in with your password",
            ),
            Self::NoCode => failed(
                "the answer of the provider has neither a code nor an error; nothing was changed: begin again",
            ),
            Self::Provider(failure) => problem_of(failure),
            Self::Desk(refusal) => of_refusal(refusal),
        }
    }
}

fn problem_of(failure: Failure) -> Problem {
    match failure {
        Failure::Unavailable(cause) => Problem::new(
            Code::ProviderUnavailable,
            "the provider cannot be reached, or answers what cannot be used; nothing was changed: begin again when Retry-After says, or sign in with your password",
        )
        .with_retry_after(AGAIN)
        .with_cause(cause),
        Failure::Busy => Problem::new(
            Code::Overloaded,
            "too many sign in by the provider at this moment; nothing was changed: begin again when Retry-After says",
        )
        .with_retry_after(AGAIN),
        Failure::CodeRefused => Problem::new(
            Code::SignInFailed,
            "the provider does not take the code that came from it: it was used, or is too old; nothing was changed: begin again",
        ),
        Failure::Token(fault) => {
            let detail = format!("{fault}; nothing was changed: begin again");
            Problem::new(Code::SignInFailed, detail)
        }
    }
}

const fn label_of_refusal(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotLinked => "not_linked",
        Refusal::NoVerifiedEmail => "email_not_verified",
        Refusal::FlowUsed => "flow_used",
        Refusal::Blocked => "blocked",
        Refusal::WrongCredentials
        | Refusal::EmailTaken
        | Refusal::SessionEnded
        | Refusal::SignInAgain
        | Refusal::Code(_)
        | Refusal::NoAccount
        | Refusal::NoSession(_)
        | Refusal::NoApiKey(_)
        | Refusal::TooManyApiKeys
        | Refusal::KeyReused
        | Refusal::Invalid(_)
        | Refusal::Slowed { .. }
        | Refusal::TooManyMails
        | Refusal::TooManyChanges
        | Refusal::Busy(_)
        | Refusal::Store(_)
        | Refusal::Broken(_) => "failed",
    }
}

/// Strangers can repeat these as often as they like.
fn is_told(failures: &AtomicU64) -> Option<u64> {
    let failures = failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
    failures.is_power_of_two().then_some(failures)
}

fn log_unavailable(cause: &str) {
    static FAILURES: AtomicU64 = AtomicU64::new(0);
    if let Some(failures) = is_told(&FAILURES) {
        tracing::warn!(
            error = cause,
            failures,
            "nobody can sign in by the provider of identities: it cannot be used"
        );
    }
}

fn log_error(error: &str) {
    static FAILURES: AtomicU64 = AtomicU64::new(0);
    if let Some(failures) = is_told(&FAILURES) {
        tracing::warn!(
            error,
            failures,
            "the provider of identities sent somebody back with an error"
        );
    }
}

fn log_fault(fault: TokenFault) {
    static FAILURES: AtomicU64 = AtomicU64::new(0);
    if let Some(failures) = is_told(&FAILURES) {
        tracing::warn!(
            error = %fault,
            failures,
            "an ID token of the provider was not believed"
        );
    }
}
