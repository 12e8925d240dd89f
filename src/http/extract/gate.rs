//! What a request passes before a handler reads it.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use metrics::counter;

use crate::accounts::{Bearer, KEY_PREFIX, KeyRing, TokenRefusal, Tokens};
use crate::config::{EmailVerification, HttpConfig};
use crate::http::door::rates::{Rates, Standing};
use crate::http::door::{Class, ClientAddress};
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

/// What the edge has found out of a request.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub identity: Identity,
    /// By which it is found in logs.
    pub request_id: Arc<str>,
}

/// Who a request says that it is from.
#[derive(Clone, Copy, Debug)]
pub enum Identity {
    /// It does not say.
    Nobody,
    /// What it says is not what a token is sent as.
    Unreadable,
    /// Its token or key lets nobody in.
    Refused(TokenRefusal),
    Known(Bearer),
}

impl Gate {
    /// Who sent a request, by the token or key among its headers.
    pub fn identify(&self, headers: &HeaderMap) -> Identity {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Identity::Nobody;
        };
        let text = value.to_str().unwrap_or_default();
        let (scheme, token) = text.split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Identity::Unreadable;
        }
        match self.verify(token.trim()) {
            Ok(bearer) => Identity::Known(bearer),
            Err(refusal) => {
                let reason = refusal.label();
                counter!(names::TOKENS_REFUSED, "reason" => reason).increment(1);
                Identity::Refused(refusal)
            }
        }
    }

    fn verify(&self, text: &str) -> Result<Bearer, TokenRefusal> {
        if text.starts_with(KEY_PREFIX) {
            self.keys.verify(text)
        } else {
            self.tokens.verify(text)
        }
    }

    /// Charges a request to whoever signed it, beside their address. Without a token reading costs its address
    /// alone, because whole towns share one.
    ///
    /// # Errors
    ///
    /// 429 when there were too many of its class.
    pub fn charge(&self, identity: Identity, class: Class) -> Result<Standing, Problem> {
        match (&self.rates, identity) {
            (Some(rates), Identity::Known(bearer)) => rates.caller(bearer.caller, class),
            (Some(_), Identity::Nobody | Identity::Unreadable | Identity::Refused(_))
            | (None, _) => Ok(None),
        }
    }

    /// Charges an address for asking to be let in, or to be written to; a problem when it asks too much.
    pub(super) fn charge_for_auth(&self, address: ClientAddress) -> Result<(), Problem> {
        match &self.rates {
            Some(rates) => rates.auth(address).map(drop),
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
