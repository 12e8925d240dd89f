//! Becoming somebody.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::body::RegisterRequest;
use super::credentials::{self, CredentialsView};
use super::of_refusal;
use crate::accounts::{self, Registration};
use crate::http::BASE;
use crate::http::extract::{Asking, Fields, Newcomer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::Envelope;

/// Register
///
/// Signs this device in at once, and mails a link that proves the address.
#[utoipa::path(
    post, path = "/auth/register",
    operation_id = "registerUser", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = RegisterRequest,
    responses(
        (status = 201, body = Envelope<CredentialsView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn register(
    State(app): State<App>,
    Newcomer(device): Newcomer,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let registration = Registration {
        name: fields.text("name", accounts::name),
        email: fields.text("email", accounts::email),
        password: fields.text("password", accounts::new_password).into(),
        phone: fields.optional_text("phone", accounts::phone).text(),
    };
    fields.finish()?;
    let registered = app.desk().register(&registration, &asker, &device).await;
    let registered = registered.map_err(of_refusal)?;
    let mut response = credentials::answer(StatusCode::CREATED, &registered.answer)?;
    let location = HeaderValue::try_from(format!("{BASE}/users/me"));
    let location = location.map_err(Problem::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(marked(response, registered.replayed))
}
