//! Who sent a request.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::accounts::Caller;
use crate::http::front::Front;
use crate::http::problem::{Code, Problem};

/// Somebody with a valid token, whatever their role.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn(pub Caller);

/// Somebody of the house.
#[derive(Clone, Copy, Debug)]
pub struct House(pub Caller);

/// Anybody. A token that is not good makes nobody of its bearer, as none does.
#[derive(Clone, Copy, Debug)]
pub struct Onlooker(pub Option<Caller>);

impl<S: Front> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &S) -> Result<Self, Problem> {
        caller(parts, front).map(Self)
    }
}

impl<S: Front> FromRequestParts<S> for House {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &S) -> Result<Self, Problem> {
        let caller = caller(parts, front)?;
        if caller.role.is_house() {
            return Ok(Self(caller));
        }
        let detail = "this needs the role EDITOR or SUPER_ADMIN";
        Err(Problem::new(Code::Forbidden, detail))
    }
}

impl<S: Front> FromRequestParts<S> for Onlooker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &S) -> Result<Self, Problem> {
        match caller(parts, front) {
            Ok(caller) => Ok(Self(Some(caller))),
            // Whoever asks too much does not become somebody else.
            Err(problem) if problem.code() == Code::RateLimited => Err(problem),
            Err(_no_token) => Ok(Self(None)),
        }
    }
}

fn caller(parts: &Parts, front: &impl Front) -> Result<Caller, Problem> {
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
    let verified = front.tokens().verify(token.trim());
    let caller = verified.map_err(|refusal| refuse(refusal.to_string()))?;
    front.charge(caller)?;
    Ok(caller)
}
