//! Who sent a request.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::gate::{Arrival, Gate, Identity};
use crate::accounts::{Bearer, Caller, Role};
use crate::config::EmailVerification;
use crate::http::problem::{Code, Problem};

/// Somebody with a valid token, whatever their role.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn(pub Caller);

/// Somebody who may hold places: where that is asked for, their address is proved.
#[derive(Clone, Copy, Debug)]
pub struct MayHold(pub Caller);

/// Somebody with everything that their token says of them.
#[derive(Clone, Copy, Debug)]
pub struct TokenBearer(pub Bearer);

/// Somebody of the staff.
#[derive(Clone, Copy, Debug)]
pub struct Staff(pub Caller);

/// Somebody whose token says that they manage accounts.
#[derive(Clone, Copy, Debug)]
pub struct SuperAdmin(pub Bearer);

/// Anybody. A request with a token that is not good is treated as one without a token.
#[derive(Clone, Copy, Debug)]
pub struct MaybeSignedIn(pub Option<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(bearer(parts, &Arc::from_ref(state))?.caller))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TokenBearer
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        bearer(parts, &Arc::from_ref(state)).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MayHold
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let gate = Arc::<Gate>::from_ref(state);
        let bearer = bearer(parts, &gate)?;
        let asked_for = gate.email_verification == EmailVerification::Required;
        if asked_for && !bearer.email_verified && !bearer.caller.role.is_staff() {
            let detail = "confirm your email address first, by the link in the mail that came when you registered, and then refresh your tokens; nothing was done";
            return Err(Problem::new(Code::EmailNotVerified, detail));
        }
        Ok(Self(bearer.caller))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SuperAdmin
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let bearer = bearer(parts, &Arc::from_ref(state))?;
        if bearer.caller.role == Role::SuperAdmin {
            return Ok(Self(bearer));
        }
        Err(Problem::new(Code::Forbidden, NEEDS_SUPER_ADMIN))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Staff
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = bearer(parts, &Arc::from_ref(state))?.caller;
        if caller.role.is_staff() {
            return Ok(Self(caller));
        }
        let detail = "this needs the role EDITOR or SUPER_ADMIN";
        Err(Problem::new(Code::Forbidden, detail))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeSignedIn
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let bearer = bearer(parts, &Arc::from_ref(state)).ok();
        Ok(Self(bearer.map(|bearer| bearer.caller)))
    }
}

/// What is said to whoever does not manage accounts, or does so no longer.
pub const NEEDS_SUPER_ADMIN: &str = "this needs the role SUPER_ADMIN";

/// Whoever was found at the edge to have sent it.
fn bearer(parts: &Parts, gate: &Gate) -> Result<Bearer, Problem> {
    let arrival = parts.extensions.get::<Arrival>();
    let identity = arrival.map(|arrival| arrival.identity);
    let detail = match identity.unwrap_or_else(|| gate.identify(&parts.headers)) {
        Identity::Known(bearer) => return Ok(bearer),
        Identity::Nobody => "send a token: Authorization: Bearer …".to_owned(),
        Identity::Unreadable => "the Authorization header must be: Bearer TOKEN".to_owned(),
        Identity::Refused(refusal) => refusal.to_string(),
    };
    Err(Problem::new(Code::Unauthenticated, detail))
}
