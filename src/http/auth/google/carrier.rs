//! The cookie that carries a flow from its beginning to its end.

use axum::http::{HeaderMap, HeaderValue};

use crate::accounts::FLOW_SECONDS;
use crate::http::BASE;
use crate::http::extract::cookie;
use crate::http::problem::Problem;

/// Its name; browsers take one of this prefix over TLS and of their own machine only.
const COOKIE: &str = "__Secure-fullhouse_openid";

/// The routes to which browsers send it, below the API's base.
const ROUTES: &str = "/auth/google";

/// The carried flow of a request.
pub(super) fn carried(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    cookie(headers, COOKIE)
}

/// A cookie that has the flow until it is too old. Browsers send it also when the provider's page has led
/// them here (`Lax`).
pub(super) fn carry(flow: &str) -> Result<HeaderValue, Problem> {
    written(flow, FLOW_SECONDS)
}

/// A cookie that takes the flow away.
pub(super) fn drop_flow() -> Result<HeaderValue, Problem> {
    written("", 0)
}

fn written(value: &str, seconds: u32) -> Result<HeaderValue, Problem> {
    let cookie = format!(
        "{COOKIE}={value}; Path={BASE}{ROUTES}; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax"
    );
    HeaderValue::try_from(cookie).map_err(Problem::internal)
}
