//! Codes that are sent to phones, and what they open.
//!
//! ```text
//!   ask for a code ──► may the number be sent one now?  may the address ask for one more?
//!                  ──► it is sent ──► from then on it is good, for five minutes
//!
//!   give a code ──► a guess is counted, at most five ──► is it the code?
//!                      with no token:  the account whose proved number it is, or a new one; a session of it
//!                      with a token:   the number is proved, and opens the account from now on
//! ```
//!
//! Nothing here looks for an account before the code was right.

mod allowance;
mod prove;
mod request;
mod sign_in;

use std::time::Duration;

use persistence::accounts::{Attempt, GivenCode};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Desk, Refusal};
use crate::accounts::seals::{Purpose, Seals};
use crate::phone::{Codes, PhoneError};

pub use allowance::Allowance;
pub use sign_in::Entered;

/// Seconds for which a code is good.
const CODE_SECONDS: u32 = 300;

/// Codes that a number and an address are sent within a day, when nothing is said.
pub const CODES_PER_DAY: u32 = 10;
pub const CODES_PER_ADDRESS: u32 = 100;

/// What sends codes, and how many.
#[derive(Debug)]
pub struct CodeDesk {
    pub codes: Codes,
    /// For one number.
    pub per_day: u32,
    /// For one address.
    pub allowance: Allowance,
    /// What numbers begin with to which codes are sent; none for all.
    pub countries: Vec<String>,
}

/// Why a code is not sent, or opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// It is not the one that the number was sent last, or is good no longer; which, is not said.
    #[error("the code is not right")]
    Wrong,
    #[error("another account has proved the number")]
    PhoneTaken,
    /// As many were sent as may be.
    #[error("too many codes were sent")]
    TooMany {
        limit: CodeLimit,
        retry_after: Duration,
    },
    /// Who sends and checks them did not do what was asked.
    #[error("whoever sends and checks codes failed: {0}")]
    Unavailable(String),
    /// As many are on their way as may be.
    #[error("too many codes are on their way")]
    Busy,
}

/// Which limit of codes was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeLimit {
    /// A number is sent one a minute.
    Minute,
    /// A number is sent so many a day.
    Day,
    /// An address asks for so many a day.
    Address,
    /// Whoever sends them sends this number no more for now.
    Provider,
}

impl Desk {
    /// Whether this is the code that the number was sent last, after the guess was counted. Whatever is not right
    /// with it, the answer is the same.
    ///
    /// # Errors
    ///
    /// [`CodeRefusal::Wrong`]; [`CodeRefusal::Unavailable`] and [`CodeRefusal::Busy`], when nobody could
    /// say whether it is right, and the guess is not counted.
    async fn compare_code<'a>(
        &self,
        phone: &'a str,
        code: &SecretString,
        attempt: &Attempt,
    ) -> Result<GivenCode<'a>, Refusal> {
        let given = GivenCode {
            phone,
            id: attempt.code_id,
        };
        let is_right = match (&self.0.code_desk.codes, &attempt.digest) {
            (_, Some(digest)) => {
                let code = code.expose_secret().as_bytes();
                let parts: [&[u8]; 3] = [given.id.as_bytes(), phone.as_bytes(), code];
                let seals = &self.0.seals;
                seals.is_digest(digest, Purpose::PhoneCodeDigest, &parts)
            }
            // A code of somebody else's, who is not asked about one that was used.
            (Codes::Theirs(verifier), None) if !attempt.is_used => {
                let checked = verifier.check(phone, code).await;
                match checked {
                    Ok(is_right) => is_right,
                    Err(error) => {
                        self.0.accounts.take_attempt_back(given).await?;
                        return Err(of_phone(error));
                    }
                }
            }
            (Codes::Ours(_) | Codes::Theirs(_), None) => false,
        };
        if is_right && !attempt.is_used {
            Ok(given)
        } else {
            Err(CodeRefusal::Wrong.into())
        }
    }

    /// Counts a guess, before anything is compared.
    async fn attempt(&self, phone: &str) -> Result<Attempt, Refusal> {
        let attempt = self.0.accounts.attempt_code(phone, self.now()).await?;
        Ok(attempt.ok_or(CodeRefusal::Wrong)?)
    }
}

/// What is kept of a code of ours.
fn digest(seals: &Seals, (id, phone): (Uuid, &str), code: &SecretString) -> [u8; 16] {
    let code = code.expose_secret().as_bytes();
    let parts: [&[u8]; 3] = [id.as_bytes(), phone.as_bytes(), code];
    seals.digest(Purpose::PhoneCodeDigest, &parts)
}

fn of_phone(error: PhoneError) -> Refusal {
    match error {
        PhoneError::Unavailable(why) => CodeRefusal::Unavailable(why).into(),
        PhoneError::Busy => CodeRefusal::Busy.into(),
        PhoneError::Unreachable => Refusal::field(
            "phone",
            "is no number to which a code can be sent; give that of a mobile phone",
        ),
        PhoneError::TooMany { retry_after } => too_many(CodeLimit::Provider, retry_after),
    }
}

fn too_many(limit: CodeLimit, retry_after: Duration) -> Refusal {
    CodeRefusal::TooMany { limit, retry_after }.into()
}
