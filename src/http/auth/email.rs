//! Proving an address, and changing to another.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::body::{NewEmailRequest, TokenRequest};
use super::credentials::DoneView;
use super::of_refusal;
use crate::accounts;
use crate::http::extract::{AskedFrom, Asking, Fields, Newcomer, SignedIn, TokenBearer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::Envelope;

/// Confirm an address
///
/// With the token of a mailed link, which is good once, for 24 hours. Access tokens know of it from the next
/// refresh on.
#[utoipa::path(
    post, path = "/auth/email/verify",
    operation_id = "verifyEmail", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = TokenRequest,
    responses(
        (status = 200, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn verify(
    State(app): State<App>,
    _newcomer: Newcomer,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let token = fields.text("token", accounts::token);
    fields.finish()?;
    let verified = app.desk().verify_email(&token, &asker).await;
    let verified = verified.map_err(of_refusal)?;
    let response = DoneView::answer(StatusCode::OK, "the address is confirmed");
    Ok(marked(response, verified.replayed))
}

/// Have the link mailed again
///
/// To your own address, unless it is confirmed already.
#[utoipa::path(
    post, path = "/auth/email/send",
    operation_id = "sendVerification", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 202, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn send(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Asking(asker): Asking,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let sent = desk.send_verification(caller.subject, &asker).await;
    let sent = sent.map_err(of_refusal)?;
    let response = DoneView::answer(
        StatusCode::ACCEPTED,
        "unless the address is confirmed, a mail is on its way",
    );
    Ok(marked(response, sent.replayed))
}

/// Change to another address
///
/// Mails a link to the new one; the account changes when that is opened, and the old address is told.
#[utoipa::path(
    post, path = "/auth/email/change",
    operation_id = "changeEmail", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = NewEmailRequest,
    responses(
        (status = 202, body = Envelope<DoneView>),
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
    let email = fields.text("email", accounts::email);
    let password = fields.optional_text("password", accounts::old_password);
    fields.finish()?;
    let wish = (email.as_str(), password.text().map(Into::into));
    let sent = app
        .desk()
        .ask_for_email(bearer, wish, &asker, &device)
        .await;
    let sent = sent.map_err(of_refusal)?;
    let response = DoneView::answer(
        StatusCode::ACCEPTED,
        "a mail to the new address is on its way; open the link in it",
    );
    Ok(marked(response, sent.replayed))
}
