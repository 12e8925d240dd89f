//! Codes on their way to phones. Whoever asked for one waits for it, so that they are told when it could not be
//! sent.

mod log;
mod twilio;

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use secrecy::SecretString;

pub use log::LogCodes;
pub use twilio::{TwilioAccount, TwilioError, TwilioVerify};

/// Who makes codes, and what brings them to phones.
#[derive(Debug)]
pub enum Codes {
    /// We make them, and have them carried.
    Ours(Box<dyn Carrier>),
    /// Somebody else makes, carries and checks them.
    Theirs(Box<dyn Verifier>),
}

/// Why somebody else did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// They cannot be reached, failed, or said what nobody understands.
    #[error("{0}")]
    Unavailable(String),
    /// As many requests to them are in progress as may be.
    #[error("too many codes are on their way")]
    Busy,
    /// They send nothing to this number, now or ever.
    #[error("no code can be sent to this number")]
    Unreachable,
    /// They sent this number as many as they do for now.
    #[error("the number was sent too many codes")]
    TooMany { retry_after: Duration },
}

/// Something being asked of somebody else.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, PhoneError>> + Send + 'a>>;

/// What carries codes of ours.
pub trait Carrier: fmt::Debug + Send + Sync {
    /// Carries one.
    fn send<'a>(&'a self, phone: &'a str, code: &'a SecretString) -> Doing<'a, ()>;
}

/// Who makes codes and knows them again.
pub trait Verifier: fmt::Debug + Send + Sync {
    /// Has a code made and sent.
    fn start<'a>(&'a self, phone: &'a str) -> Doing<'a, ()>;

    /// Whether this is the code that the number was sent. A right one is used up by that.
    fn check<'a>(&'a self, phone: &'a str, code: &'a SecretString) -> Doing<'a, bool>;
}

/// A number as logs show it: its last two digits.
pub fn shown(phone: &str) -> String {
    let end = phone.len().saturating_sub(2);
    format!("…{}", phone.get(end..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #[test]
    fn logs_show_two_digits_of_a_number() {
        assert_eq!(super::shown("+919876543210"), "…10");
        assert_eq!(super::shown("7"), "…7");
    }
}
