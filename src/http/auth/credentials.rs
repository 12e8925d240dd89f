//! What lets a device in, as an answer with its cookie.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use seating::timestamp::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::user::UserView;
use crate::accounts::Credentials;
use crate::http::BASE;
use crate::http::extract::{COOKIE, COOKIE_ROUTE};
use crate::http::problem::Problem;
use crate::wire::{Envelope, rfc3339};

/// What lets a device in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credentials)]
pub(super) struct CredentialsView<'a> {
    /// Who you are.
    user: UserView<'a>,
    /// Send it with every request: `Authorization: Bearer …`.
    access_token: &'a str,
    /// Exchange it for new tokens when the access token expires; it is used up by that. Browsers have it as a
    /// cookie as well, which no script can read.
    refresh_token: &'a str,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u32,
    /// The session of this device.
    session_id: Uuid,
    /// Wrong passwords since you last signed in; left out when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_attempts: Option<FailedAttempts>,
}

/// Wrong passwords before the right one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedAttempts {
    /// How many.
    count: u32,
    /// When the last of them was.
    last_at: String,
}

impl FailedAttempts {
    pub(crate) fn of((count, last_at): (u32, Timestamp)) -> Self {
        Self {
            count,
            last_at: rfc3339(last_at),
        }
    }
}

/// Something was done that has nothing to show.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Done)]
pub struct DoneView {
    /// What was done.
    pub message: &'static str,
}

impl DoneView {
    /// The answer that says so.
    pub fn answer(status: StatusCode, message: &'static str) -> Response {
        let mut response = Envelope::of(Self { message }).into_response();
        *response.status_mut() = status;
        response
    }
}

/// The answer that lets a device in and sends it on: the refresh token goes with it as a cookie alone.
pub(super) fn send_on(to: &str, credentials: &Credentials) -> Result<Response, Problem> {
    let mut response = Redirect::to(to).into_response();
    let headers = response.headers_mut();
    set_cookie(
        headers,
        &credentials.refresh_token,
        credentials.refresh_seconds,
    )?;
    Ok(response)
}

/// The answer that lets a device in.
pub(super) fn answer(status: StatusCode, credentials: &Credentials) -> Result<Response, Problem> {
    let failures = credentials.failures;
    let view = CredentialsView {
        user: UserView::of(&credentials.account, credentials.role),
        access_token: &credentials.access_token,
        refresh_token: &credentials.refresh_token,
        token_type: "Bearer",
        expires_in: credentials.access_seconds,
        session_id: credentials.session,
        failed_attempts: failures.map(FailedAttempts::of),
    };
    let mut response = Envelope::of(view).into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let seconds = credentials.refresh_seconds;
    set_cookie(headers, &credentials.refresh_token, seconds)?;
    Ok(response)
}

/// Takes the refresh token out of a browser.
pub(crate) fn take_cookie(headers: &mut HeaderMap) -> Result<(), Problem> {
    set_cookie(headers, "", 0)
}

/// A cookie that browsers send to the one route that wants it, over TLS, from pages of this site.
fn set_cookie(headers: &mut HeaderMap, token: &str, seconds: u32) -> Result<(), Problem> {
    let path = format!("{BASE}{COOKIE_ROUTE}");
    let cookie = format!(
        "{COOKIE}={token}; Path={path}; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict"
    );
    let cookie = HeaderValue::try_from(cookie).map_err(Problem::internal)?;
    headers.append(header::SET_COOKIE, cookie);
    Ok(())
}
