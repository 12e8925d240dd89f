//! New tokens for old.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::body::RefreshRequest;
use super::credentials::{self, CredentialsView};
use super::of_refusal;
use crate::accounts;
use crate::http::extract::{AskedFrom, COOKIE_ROUTE, OptionalFields, is_shown_to_be_ours};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Refresh the tokens
///
/// Uses up the refresh token of the body or, in a browser, of the cookie, which needs the header
/// `X-CSRF-Protection: 1`. The same token within ten seconds gets the same successor; later it ends the
/// session.
#[utoipa::path(
    post, path = COOKIE_ROUTE,
    operation_id = "refreshTokens", tag = "auth",
    params(("X-CSRF-Protection" = Option<String>, Header, description = "`1` beside a cookie")),
    request_body = Option<RefreshRequest>,
    responses(
        (status = 200, body = Envelope<CredentialsView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn refresh(
    State(app): State<App>,
    AskedFrom(device): AskedFrom,
    headers: HeaderMap,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, Problem> {
    let given = fields.optional_text("refresh_token", accounts::token);
    fields.finish()?;
    let is_shown = is_shown_to_be_ours(&headers)?;
    let token = match given.text() {
        Some(token) => Some(token),
        None => app.own_pages().refresh_token(&headers, is_shown)?,
    };
    let missing = "is missing, here and as a cookie";
    let token = token.ok_or_else(|| Problem::invalid("refresh_token", missing))?;
    let refreshed = app.desk().refresh(&token, &device).await;
    credentials::answer(StatusCode::OK, &refreshed.map_err(of_refusal)?)
}
