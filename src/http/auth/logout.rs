//! Signing out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::body::RefreshRequest;
use super::credentials::{DoneView, take_cookie};
use super::of_refusal;
use crate::accounts;
use crate::http::extract::{OptionalFields, TokenBearer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Sign out
///
/// Ends the session of the access token, and that of the refresh token if one is sent; within seconds their
/// access tokens are refused, too.
#[utoipa::path(
    post, path = "/auth/logout",
    operation_id = "logOut", tag = "auth",
    request_body = Option<RefreshRequest>,
    responses(
        (status = 200, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn logout(
    State(app): State<App>,
    TokenBearer(bearer): TokenBearer,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, Problem> {
    let token = fields.optional_text("refresh_token", accounts::token);
    fields.finish()?;
    let token = token.text();
    let signed_out = app.desk().sign_out(bearer, token.as_deref()).await;
    signed_out.map_err(of_refusal)?;
    let mut response = DoneView::answer(StatusCode::OK, "signed out");
    take_cookie(response.headers_mut())?;
    Ok(response)
}
