//! Asking for a code.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::accounts;
use crate::http::auth::body::PhoneRequest;
use crate::http::auth::credentials::DoneView;
use crate::http::auth::of_refusal;
use crate::http::extract::{Asking, Fields, Newcomer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::Envelope;

/// Have a code sent to a phone
///
/// Six digits, good once, for five minutes; the code before is good no longer. One a minute for each number, and
/// a few a day. Whether the number has an account is not said.
#[utoipa::path(
    post, path = "/auth/otp/request",
    operation_id = "requestCode", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = PhoneRequest,
    responses(
        (status = 202, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn request(
    State(app): State<App>,
    Newcomer(device): Newcomer,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let phone = fields.text("phone", accounts::phone);
    fields.finish()?;
    let sent = app.desk().request_code(&phone, &asker, &device).await;
    let sent = sent.map_err(of_refusal)?;
    let response = DoneView::answer(StatusCode::ACCEPTED, "a code is on its way to the phone");
    Ok(marked(response, sent.replayed))
}
