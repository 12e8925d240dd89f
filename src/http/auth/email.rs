//! Proving an address, and changing to another.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::body::{NewEmailRequest, TokenRequest};
use super::credentials::DoneView;
use super::of_refusal;
use super::user::UserView;
use crate::accounts;
use crate::http::extract::{AskedFrom, Fields, Newcomer, SignedIn};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Confirm an address
///
/// With the token of a mailed link, which is good once, for 24 hours. Access tokens know of it from the next
/// refresh on.
#[utoipa::path(
    post, path = "/auth/email/verify",
    operation_id = "verifyEmail", tag = "auth",
    request_body = TokenRequest,
    responses(
        (status = 200, body = Envelope<UserView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn verify(
    State(app): State<App>,
    _newcomer: Newcomer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let token = fields.text("token", accounts::token);
    fields.finish()?;
    let verified = app.desk().verify_email(&token).await;
    let profile = verified.map_err(of_refusal)?;
    Ok(Envelope::of(UserView::of(&profile.account, profile.role)).into_response())
}

/// Have the link mailed again
///
/// To your own address, unless it is confirmed already.
#[utoipa::path(
    post, path = "/auth/email/send",
    operation_id = "sendVerification", tag = "auth",
    responses(
        (status = 202, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn send(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    let sent = app.desk().send_verification(caller.subject).await;
    sent.map_err(of_refusal)?;
    Ok(DoneView::answer(
        StatusCode::ACCEPTED,
        "unless the address is confirmed, a mail is on its way",
    ))
}

/// Change to another address
///
/// Mails a link to the new one; the account changes when that is opened, and the old address is told.
#[utoipa::path(
    post, path = "/auth/email/change",
    operation_id = "changeEmail", tag = "auth",
    request_body = NewEmailRequest,
    responses(
        (status = 202, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn change(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    AskedFrom(device): AskedFrom,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let email = fields.text("email", accounts::email);
    let password = fields.text("password", accounts::old_password).into();
    fields.finish()?;
    let asked = (email.as_str(), password);
    let sent = app
        .desk()
        .ask_for_email(caller.subject, asked, &device)
        .await;
    sent.map_err(of_refusal)?;
    Ok(DoneView::answer(
        StatusCode::ACCEPTED,
        "a mail to the new address is on its way; open the link in it",
    ))
}
