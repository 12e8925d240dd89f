//! What handlers ask of a request: who sent it, which showtime it names, its idempotency key.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header;
use axum::http::request::Parts;
use seating::ids::{BookingId, HoldId, ShowtimeId};

use crate::auth::Caller;
use crate::http::front::Front;
use crate::http::problem::{self, Code, Problem};
use crate::idempotency::IdempotencyKey;

/// Somebody with a valid token, whatever their role.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn(pub Caller);

/// Somebody of the house.
#[derive(Clone, Copy, Debug)]
pub struct House(pub Caller);

/// Anybody. A token that is not good makes nobody of its bearer, as none does.
#[derive(Clone, Copy, Debug)]
pub struct Onlooker(pub Option<Caller>);

/// The showtime that the path names.
#[derive(Clone, Copy, Debug)]
pub struct ShowtimePath(pub ShowtimeId);

/// The showtime and hold that the path names.
#[derive(Clone, Copy, Debug)]
pub struct HoldPath(pub ShowtimeId, pub HoldId);

/// The booking that the path names.
#[derive(Clone, Copy, Debug)]
pub struct BookingPath(pub BookingId);

/// The request's key, if it has one.
#[derive(Clone, Debug)]
pub struct KeyHeader(pub Option<IdempotencyKey>);

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

impl<S: Front> FromRequestParts<S> for ShowtimePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &S) -> Result<Self, Problem> {
        let params = path_params(parts, front).await?;
        showtime(&params).map(Self)
    }
}

impl<S: Front> FromRequestParts<S> for HoldPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &S) -> Result<Self, Problem> {
        let params = path_params(parts, front).await?;
        let text = param(&params, "hold_id");
        let hold = text.parse().map_err(|_not_a_uuid| {
            let detail = "there is no such hold in this showtime";
            Problem::new(Code::HoldNotFound, detail)
        })?;
        Ok(Self(showtime(&params)?, hold))
    }
}

impl<S: Front> FromRequestParts<S> for BookingPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &S) -> Result<Self, Problem> {
        let params = path_params(parts, front).await?;
        let booking = param(&params, "booking_id").parse();
        booking
            .map(Self)
            .map_err(|_not_a_uuid| Problem::new(Code::BookingNotFound, problem::NO_SUCH_BOOKING))
    }
}

impl<S: Front> FromRequestParts<S> for KeyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _front: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = IdempotencyKey::parse(value.as_bytes());
        let key =
            key.map_err(|wrong| Problem::invalid_header("Idempotency-Key", wrong.to_string()))?;
        Ok(Self(Some(key)))
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

async fn path_params(parts: &mut Parts, front: &impl Front) -> Result<RawPathParams, Problem> {
    let params = RawPathParams::from_request_parts(parts, front).await;
    params.map_err(|_not_utf8| Problem::new(Code::NotFound, "there is nothing at this address"))
}

/// An id that is not a UUID names nothing, which is all that the caller has to know.
fn showtime(params: &RawPathParams) -> Result<ShowtimeId, Problem> {
    let text = param(params, "id");
    text.parse()
        .map_err(|_not_a_uuid| Problem::not_found("showtime", text))
}

fn param<'a>(params: &'a RawPathParams, name: &str) -> &'a str {
    let found = params.iter().find(|(key, _)| *key == name);
    found.map_or("", |(_, value)| value)
}
