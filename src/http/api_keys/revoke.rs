//! Taking a key away.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::view::ApiKeyView;
use crate::http::auth::of_refusal;
use crate::http::extract::{ApiKeyPath, Asking, SuperAdmin};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::users::still_manages;
use crate::http::write::marked;
use crate::wire::Envelope;

/// Take a key away
///
/// Within a second every server refuses it. One that was taken away before stays so, and is answered the same.
#[utoipa::path(
    delete, path = "/api-keys/{api_key_id}",
    operation_id = "revokeApiKey", tag = "users",
    params(("api_key_id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = Envelope<ApiKeyView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn revoke(
    State(app): State<App>,
    SuperAdmin(bearer): SuperAdmin,
    ApiKeyPath(id): ApiKeyPath,
    Asking(asker): Asking,
) -> Result<Response, Problem> {
    still_manages(&app, bearer).await?;
    let revoked = app.desk().revoke_api_key(id, &asker).await;
    let revoked = revoked.map_err(of_refusal)?;
    let response = Envelope::of(ApiKeyView::of(&revoked.answer)).into_response();
    Ok(marked(response, revoked.replayed))
}
