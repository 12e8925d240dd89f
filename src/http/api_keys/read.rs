//! Looking at one key.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::view::ApiKeyView;
use crate::http::auth::of_refusal;
use crate::http::extract::{ApiKeyPath, SuperAdmin};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::users::still_manages;
use crate::wire::Envelope;

/// Read what is known of a key
#[utoipa::path(
    get, path = "/api-keys/{api_key_id}",
    operation_id = "readApiKey", tag = "users",
    params(("api_key_id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<ApiKeyView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn read(
    State(app): State<App>,
    SuperAdmin(bearer): SuperAdmin,
    ApiKeyPath(id): ApiKeyPath,
) -> Result<Response, Problem> {
    still_manages(&app, bearer).await?;
    let found = app.desk().api_key(id).await.map_err(of_refusal)?;
    Ok(Envelope::of(ApiKeyView::of(&found)).into_response())
}
