//! Signing in with a code.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::accounts;
use crate::http::BASE;
use crate::http::auth::body::CodeRequest;
use crate::http::auth::credentials::{self, CredentialsView};
use crate::http::auth::of_refusal;
use crate::http::extract::{Asking, Fields, Newcomer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::Envelope;

/// Sign in with a code
///
/// Opens a session of the account that has proved this number, or of a new one (201). Five guesses of a code are
/// looked at. Whatever is not right with it, the answer is the same.
#[utoipa::path(
    post, path = "/auth/otp/verify",
    operation_id = "signInByCode", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = CodeRequest,
    responses(
        (status = 200, body = Envelope<CredentialsView<'static>>),
        (status = 201, body = Envelope<CredentialsView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn verify(
    State(app): State<App>,
    Newcomer(device): Newcomer,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let phone = fields.text("phone", accounts::phone);
    let code = fields.text("code", accounts::code).into();
    let name = fields.optional_text("name", accounts::name);
    fields.finish()?;
    let (name, given) = (name.text(), (phone.as_str(), &code));
    let desk = app.desk();
    let entered = desk.sign_in_by_code(given, name.as_deref(), &asker, &device);
    let entered = entered.await.map_err(of_refusal)?;
    let is_new = entered.answer.is_new;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut response = credentials::answer(status, &entered.answer.credentials)?;
    if is_new {
        let location = HeaderValue::try_from(format!("{BASE}/users/me"));
        let location = location.map_err(Problem::internal)?;
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(marked(response, entered.replayed))
}
