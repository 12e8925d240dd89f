//! Who sent a request.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;

use super::gate::Gate;
use crate::accounts::Caller;
use crate::http::problem::{Code, Problem};

/// Somebody with a valid token, whatever their role.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn(pub Caller);

/// Somebody of the staff.
#[derive(Clone, Copy, Debug)]
pub struct Staff(pub Caller);

/// Anybody. A request with a token that is not good is treated as one without a token.
#[derive(Clone, Copy, Debug)]
pub struct MaybeSignedIn(pub Option<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        caller(parts, &Arc::from_ref(state)).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Staff
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = caller(parts, &Arc::from_ref(state))?;
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
        match caller(parts, &Arc::from_ref(state)) {
            Ok(caller) => Ok(Self(Some(caller))),
            // A caller who asks too much stays refused, and is not treated as one without a token.
            Err(problem) if problem.code() == Code::RateLimited => Err(problem),
            Err(_no_token) => Ok(Self(None)),
        }
    }
}

fn caller(parts: &Parts, gate: &Gate) -> Result<Caller, Problem> {
    let refuse = |detail: String| Problem::new(Code::Unauthenticated, detail);
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
        return Err(refuse("send a token: Authorization: Bearer …".to_owned()));
    };
    let text = value.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refuse(
            "the Authorization header must be: Bearer TOKEN".to_owned(),
        ));
    }
    let verified = gate.tokens.verify(token.trim());
    let caller = verified.map_err(|refusal| refuse(refusal.to_string()))?;
    gate.charge(caller)?;
    Ok(caller)
}
