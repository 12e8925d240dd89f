//! Proving the phone of an account.

use axum::extract::State;
use axum::response::Response;

use crate::accounts;
use crate::http::auth::body::ProvePhoneRequest;
use crate::http::auth::{UserView, of_refusal};
use crate::http::extract::{AskedFrom, Asking, Fields, TokenBearer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Prove your phone
///
/// With a code that it was sent. The number becomes that of your account, and opens it from then on; so whoever
/// asks has signed in within ten minutes, or gives the password.
#[utoipa::path(
    post, path = "/auth/phone/verify",
    operation_id = "provePhone", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ProvePhoneRequest,
    responses(
        (status = 200, body = Envelope<UserView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn prove(
    State(app): State<App>,
    TokenBearer(bearer): TokenBearer,
    AskedFrom(device): AskedFrom,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let phone = fields.text("phone", accounts::phone);
    let code = fields.text("code", accounts::code).into();
    let password = fields.optional_text("password", accounts::old_password);
    fields.finish()?;
    let password = password.text().map(Into::into);
    let given = (phone.as_str(), &code, password);
    let desk = app.desk();
    let proved = desk.prove_phone(bearer, given, &asker, &device).await;
    Ok(UserView::answer(&proved.map_err(of_refusal)?))
}
