//! Somebody's own account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use persistence::accounts::{PhoneChange, ProfileChange};

use super::body::{PasswordRequest, ProfileRequest};
use crate::accounts;
use crate::http::auth::{DoneView, UserView, of_refusal, take_cookie};
use crate::http::extract::{
    AskedFrom, Asking, Fields, Given, OptionalFields, SignedIn, TokenBearer,
};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::Envelope;
use crate::wire::composed::composed;

/// Read your account
#[utoipa::path(
    get, path = "/users/me",
    operation_id = "readMe", tag = "users",
    responses(
        (status = 200, body = Envelope<UserView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn read(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    let profile = app.desk().profile(caller.subject).await;
    let profile = profile.map_err(of_refusal)?;
    Ok(Envelope::of(UserView::of(&profile.account, profile.role)).into_response())
}

/// Change your account
#[utoipa::path(
    patch, path = "/users/me",
    operation_id = "changeMe", tag = "users",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ProfileRequest,
    responses(
        (status = 200, body = Envelope<UserView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn change(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let name = fields.optional_text("name", accounts::name);
    let phone = fields.optional_text("phone", accounts::phone);
    if name == Given::Null {
        fields.faults().add("name", "must be text, not null");
    }
    fields.finish()?;
    let name = name.text();
    let name = name.as_deref().map(composed);
    let change = ProfileChange {
        name: name.as_deref(),
        phone: match &phone {
            Given::Absent => PhoneChange::Kept,
            Given::Null => PhoneChange::Removed,
            Given::Text(phone) => PhoneChange::Replaced(phone),
        },
    };
    let changed = app
        .desk()
        .change_profile(caller.subject, change, &asker)
        .await;
    Ok(UserView::answer(&changed.map_err(of_refusal)?))
}

/// Change your account
///
/// The same as PATCH.
#[utoipa::path(
    put, path = "/users/me",
    operation_id = "putMe", tag = "users",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ProfileRequest,
    responses(
        (status = 200, body = Envelope<UserView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn put(
    app: State<App>,
    caller: SignedIn,
    asker: Asking,
    fields: Fields,
) -> Result<Response, Problem> {
    change(app, caller, asker, fields).await
}

/// Erase your account
///
/// Your name, addresses and password are gone and you are signed out everywhere. What you bought stays
/// valid, under an id that names nobody. An account without a password needs none: whoever asks has signed in
/// within ten minutes.
#[utoipa::path(
    delete, path = "/users/me",
    operation_id = "eraseMe", tag = "users",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<PasswordRequest>,
    responses(
        (status = 200, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn erase(
    State(app): State<App>,
    TokenBearer(bearer): TokenBearer,
    AskedFrom(device): AskedFrom,
    Asking(asker): Asking,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, Problem> {
    let password = fields.optional_text("password", accounts::old_password);
    fields.finish()?;
    let password = password.text().map(Into::into);
    let erased = app.desk().erase(bearer, password, &asker, &device).await;
    let erased = erased.map_err(of_refusal)?;
    let mut response = DoneView::answer(StatusCode::OK, "the account is erased");
    take_cookie(response.headers_mut())?;
    Ok(marked(response, erased.replayed))
}
