//! What a request's path names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use seating::ids::{BookingId, HoldId, ShowtimeId};
use uuid::Uuid;

use crate::http::problem::{self, Code, Problem};

/// The showtime that the path names.
#[derive(Clone, Copy, Debug)]
pub struct ShowtimePath(pub ShowtimeId);

/// The showtime and hold that the path names.
#[derive(Clone, Copy, Debug)]
pub struct HoldPath(pub ShowtimeId, pub HoldId);

/// The booking that the path names.
#[derive(Clone, Copy, Debug)]
pub struct BookingPath(pub BookingId);

impl<S: Send + Sync> FromRequestParts<S> for ShowtimePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        showtime(&params).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for HoldPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        let text = param(&params, "hold_id");
        let hold = text.parse().map_err(|_not_a_uuid| {
            let detail = "there is no such hold in this showtime";
            Problem::new(Code::HoldNotFound, detail)
        })?;
        Ok(Self(showtime(&params)?, hold))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for BookingPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        let booking = param(&params, "booking_id").parse();
        booking
            .map(Self)
            .map_err(|_not_a_uuid| Problem::new(Code::BookingNotFound, problem::NO_SUCH_BOOKING))
    }
}

/// The session that the path names.
#[derive(Clone, Copy, Debug)]
pub struct SessionPath(pub Uuid);

/// The user that the path names.
#[derive(Clone, Copy, Debug)]
pub struct UserPath(pub Uuid);

/// The key of a program that the path names.
#[derive(Clone, Copy, Debug)]
pub struct ApiKeyPath(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ApiKeyPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        let text = param(&params, "api_key_id");
        let id = text.parse().map(Self);
        id.map_err(|_not_a_uuid| Problem::not_found("API key", text))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SessionPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        let text = param(&params, "session_id");
        let id = text.parse().map(Self);
        id.map_err(|_not_a_uuid| Problem::not_found("session", text))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UserPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = path_params(parts, state).await?;
        let text = param(&params, "user_id");
        let id = text.parse().map(Self);
        id.map_err(|_not_a_uuid| Problem::not_found("user", text))
    }
}

async fn path_params(
    parts: &mut Parts,
    state: &(impl Send + Sync),
) -> Result<RawPathParams, Problem> {
    let params = RawPathParams::from_request_parts(parts, state).await;
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
