//! The key under which a request may be sent again.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::http::problem::Problem;
use crate::idempotency::IdempotencyKey;

/// The request's key, if it has one.
#[derive(Clone, Debug)]
pub struct KeyHeader(pub Option<IdempotencyKey>);

impl<S: Send + Sync> FromRequestParts<S> for KeyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = IdempotencyKey::parse(value.as_bytes());
        let key =
            key.map_err(|wrong| Problem::invalid_header("Idempotency-Key", wrong.to_string()))?;
        Ok(Self(Some(key)))
    }
}
