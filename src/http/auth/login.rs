//! Signing in.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::body::LoginRequest;
use super::credentials::{self, CredentialsView};
use super::of_refusal;
use crate::accounts;
use crate::http::extract::{Asking, Fields, Newcomer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::Envelope;

/// Sign in
///
/// Opens a session for this device. An address without an account and a wrong password get the same answer.
#[utoipa::path(
    post, path = "/auth/login",
    operation_id = "logIn", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = LoginRequest,
    responses(
        (status = 200, body = Envelope<CredentialsView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn login(
    State(app): State<App>,
    Newcomer(device): Newcomer,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let email = fields.text("email", accounts::email);
    let password = fields.text("password", accounts::old_password).into();
    fields.finish()?;
    let signed_in = app
        .desk()
        .sign_in((&email, password), &asker, &device)
        .await;
    let signed_in = signed_in.map_err(of_refusal)?;
    let response = credentials::answer(StatusCode::OK, &signed_in.answer)?;
    Ok(marked(response, signed_in.replayed))
}
