//! Who asks for a write, in which request and under which key.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::gate::{Arrival, Identity};
use crate::accounts::Asker;
use crate::http::problem::Problem;
use crate::idempotency::IdempotencyKey;

/// Whoever asks for a write, with the `Idempotency-Key` if they sent one.
#[derive(Clone, Debug)]
pub struct Asking(pub Asker);

/// Whoever presses a button of a page. Pressed twice, or again because its answer was lost, it does the same once:
/// each link has one.
#[derive(Clone, Debug)]
pub struct Pressing(pub Asker);

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let asker = asker(parts);
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(asker));
        };
        let key = IdempotencyKey::parse(value.as_bytes());
        let key =
            key.map_err(|wrong| Problem::invalid_header("Idempotency-Key", wrong.to_string()))?;
        Ok(Self(Asker {
            key: Some(key),
            ..asker
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Pressing {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Asker {
            key: IdempotencyKey::parse(b"the button of the page").ok(),
            ..asker(parts)
        }))
    }
}

fn asker(parts: &Parts) -> Asker {
    let arrival = parts.extensions.get::<Arrival>();
    let subject = arrival.and_then(|arrival| match arrival.identity {
        Identity::Known(bearer) => Some(bearer.caller.subject),
        Identity::Nobody | Identity::Unreadable | Identity::Refused(_) => None,
    });
    let request_id = arrival.map_or_else(|| Arc::from(""), |it| Arc::clone(&it.request_id));
    Asker {
        subject,
        request_id,
        key: None,
    }
}
