//! A forgotten password, and another one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::body::{ChangePasswordRequest, EmailRequest, ResetRequest};
use super::credentials::DoneView;
use super::of_refusal;
use crate::accounts;
use crate::http::extract::{AskedFrom, Asking, Fields, Newcomer, TokenBearer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::Envelope;

/// Have a link mailed instead of a forgotten password
///
/// Whether the address has an account is not said, nor to be told from the time that this takes.
#[utoipa::path(
    post, path = "/auth/password/forgot",
    operation_id = "forgotPassword", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = EmailRequest,
    responses(
        (status = 202, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn forgot(
    State(app): State<App>,
    _newcomer: Newcomer,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let email = fields.text("email", accounts::email);
    fields.finish()?;
    app.desk()
        .forgot_password(&email, &asker)
        .await
        .map_err(of_refusal)?;
    Ok(DoneView::answer(
        StatusCode::ACCEPTED,
        "if the address has an account, a mail is on its way",
    ))
}

/// Choose a new password
///
/// With the token of a mailed link, which is good once, for 30 minutes. Signs out everywhere.
#[utoipa::path(
    post, path = "/auth/password/reset",
    operation_id = "resetPassword", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ResetRequest,
    responses(
        (status = 200, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn reset(
    State(app): State<App>,
    Newcomer(device): Newcomer,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let token = fields.text("token", accounts::token);
    let password = fields.text("password", accounts::new_password).into();
    fields.finish()?;
    let desk = app.desk();
    let reset = desk.reset_password((&token, password), &asker, &device);
    let reset = reset.await.map_err(of_refusal)?;
    let response = DoneView::answer(
        StatusCode::OK,
        "the password is changed, and every device is signed out",
    );
    Ok(marked(response, reset.replayed))
}

/// Change the password
///
/// Signs every other device out. An account without a password leaves the old one out, and gets its first:
/// whoever asks has signed in within ten minutes.
#[utoipa::path(
    post, path = "/auth/password/change",
    operation_id = "changePassword", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ChangePasswordRequest,
    responses(
        (status = 200, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn change(
    State(app): State<App>,
    TokenBearer(bearer): TokenBearer,
    AskedFrom(device): AskedFrom,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let old = fields.optional_text("old_password", accounts::old_password);
    let new = fields.text("new_password", accounts::new_password).into();
    fields.finish()?;
    let both = (old.text().map(Into::into), new);
    let changed = app
        .desk()
        .change_password(bearer, both, &asker, &device)
        .await;
    let changed = changed.map_err(of_refusal)?;
    let response = DoneView::answer(
        StatusCode::OK,
        "the password is changed, and every other device is signed out",
    );
    Ok(marked(response, changed.replayed))
}
