//! Mail: a letter, and what carries it. Nobody waits for it: letters are jobs.

mod log;
mod smtp;

use std::fmt;
use std::pin::Pin;

pub use log::LogMailer;
pub use smtp::{SmtpError, SmtpMailer};

/// One mail to one person, in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Names it for ever, so that a letter sent twice is known as one.
    pub id: String,
    /// The address.
    pub to: String,
    pub name: Option<String>,
    pub subject: String,
    pub text: String,
}

/// Why a letter was not carried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It may be carried later.
    #[error("{0}")]
    Later(String),
    /// It never will be: nobody has that address, or it is no letter.
    #[error("{0}")]
    Never(String),
}

/// The result of sending a letter, on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;

/// What carries letters.
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Carries one.
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a>;
}
