//! What a request passes before a handler reads it.

use std::sync::Arc;

use metrics::counter;

use crate::accounts::{Bearer, Caller, KEY_PREFIX, KeyRing, TokenRefusal, Tokens};
use crate::config::{EmailVerification, HttpConfig};
use crate::http::door::ClientAddress;
use crate::http::door::rates::Rates;
use crate::http::problem::Problem;
use crate::telemetry::names;

/// Who may ask, how much, and in how many bytes. A router's state that gives one (`FromRef`) can read
/// requests with the extractors here.
#[derive(Debug)]
pub struct Gate {
    /// Verifies tokens.
    pub tokens: Arc<Tokens>,
    /// Knows the keys of programs.
    pub keys: KeyRing,
    /// Whether buyers must have proved their address.
    pub email_verification: EmailVerification,
    pub limits: Limits,
    /// How much one caller may ask; nothing when the limits are off.
    pub rates: Option<Arc<Rates>>,
}

impl Gate {
    /// Whose token or key this is.
    pub(super) fn verify(&self, text: &str) -> Result<Bearer, TokenRefusal> {
        let verified = if text.starts_with(KEY_PREFIX) {
            self.keys.verify(text)
        } else {
            self.tokens.verify(text)
        };
        verified.inspect_err(|refusal| {
            counter!(names::TOKENS_REFUSED, "reason" => refusal.label()).increment(1);
        })
    }

    /// Charges a request to whoever signed it; a problem when they ask too much.
    pub(super) fn charge(&self, caller: Caller) -> Result<(), Problem> {
        match &self.rates {
            Some(rates) => rates.subject(caller),
            None => Ok(()),
        }
    }

    /// Charges an address for asking to be let in, or to be written to; a problem when it asks too much.
    pub(super) fn charge_for_identity(&self, address: ClientAddress) -> Result<(), Problem> {
        match &self.rates {
            Some(rates) => rates.identity(address),
            None => Ok(()),
        }
    }
}

/// Bounds of requests.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "they are named as their settings are"
)]
pub struct Limits {
    /// Largest body that describes no layout.
    pub small_body_bytes_max: usize,
    /// Largest body that describes a layout or lists its places.
    pub body_bytes_max: usize,
    pub plan_bytes_max: usize,
}

impl From<&HttpConfig> for Limits {
    fn from(config: &HttpConfig) -> Self {
        Self {
            small_body_bytes_max: config.small_body_bytes_max as usize,
            body_bytes_max: config.body_bytes_max as usize,
            plan_bytes_max: config.plan_bytes_max as usize,
        }
    }
}
