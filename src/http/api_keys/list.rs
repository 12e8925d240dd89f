//! Looking through the keys.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::view::ApiKeyView;
use crate::http::auth::of_refusal;
use crate::http::extract::SuperAdmin;
use crate::http::extract::params::{Params, number};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::users::still_manages;
use crate::wire::CursorPage;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ApiKeyListParams {
    /// The last key of the page before.
    cursor: Option<String>,
    /// Keys of a page, at most 100.
    limit: Option<String>,
}

/// Keys of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most keys of a page.
const LIMIT_MAX: u64 = 100;

/// List the keys of programs
///
/// The newest first, with those that were revoked.
#[utoipa::path(
    get, path = "/api-keys",
    operation_id = "listApiKeys", tag = "users",
    params(ApiKeyListParams),
    responses(
        (status = 200, body = CursorPage<ApiKeyView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn list(
    State(app): State<App>,
    SuperAdmin(bearer): SuperAdmin,
    Params(params): Params<ApiKeyListParams>,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let after = params.cursor.as_deref().map(str::parse::<Uuid>);
    let after = after.transpose().map_err(|_not_a_uuid| {
        Problem::invalid_parameter("cursor", "must be the next_cursor of the page before")
    })?;
    still_manages(&app, bearer).await?;
    // One more than asked for tells whether there is another page.
    let found = app.desk().api_keys(after, limit + 1).await;
    let mut found = found.map_err(of_refusal)?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|key| key.id.to_string());
    let views = found.iter().map(ApiKeyView::of).collect();
    Ok(CursorPage::of(views, limit, next_cursor).into_response())
}
