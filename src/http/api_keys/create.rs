//! Making a key.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use utoipa::ToSchema;

use super::view::{ApiKeyView, NewApiKeyView};
use crate::accounts::{self, ApiKeyWish, Role};
use crate::http::BASE;
use crate::http::auth::of_refusal;
use crate::http::extract::{Asking, Fields, SuperAdmin};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::users::still_manages;
use crate::http::write::marked;
use crate::wire::{Envelope, timestamp};

/// What a key is to be.
#[expect(
    dead_code,
    reason = "it is read member by member; this is its description"
)]
#[derive(Debug, ToSchema)]
pub(super) struct ApiKeyRequest {
    /// What people call it.
    #[schema(example = "Till at the north gate")]
    name: String,
    /// `USER`, `EDITOR` or `SUPER_ADMIN`.
    #[schema(example = "EDITOR")]
    role: String,
    /// When it ends by itself; never when it is left out.
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<String>,
}

/// Make a key for a program
///
/// It is shown in this answer and never again; kept is a digest of it. Whoever has lost the answer revokes it and makes
/// another: sent again under its `Idempotency-Key` the request is answered with the same one, and `key` is null. The program sends it as
/// `Authorization: Bearer fh_…`. It belongs to the installation, not to whoever made it: it goes on when
/// they leave.
#[utoipa::path(
    post, path = "/api-keys",
    operation_id = "createApiKey", tag = "users",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ApiKeyRequest,
    responses(
        (status = 201, body = Envelope<NewApiKeyView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn create(
    State(app): State<App>,
    SuperAdmin(bearer): SuperAdmin,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let name = fields.text("name", accounts::name);
    let role = fields.text("role", |text| text.parse::<Role>().map(drop));
    let expires_at = fields.optional_text("expires_at", |text| point_in_time(text).map(drop));
    fields.finish()?;
    still_manages(&app, bearer).await?;
    let expires_at = expires_at.text().map(|text| point_in_time(&text));
    let wish = ApiKeyWish {
        name: &name,
        role: role.parse().map_err(Problem::internal)?,
        expires_at: expires_at
            .transpose()
            .map_err(Problem::internal)?
            .map(timestamp),
    };
    let made = app.desk().create_api_key(wish, &asker).await;
    let made = made.map_err(of_refusal)?;
    let shown = &made.answer;
    let view = NewApiKeyView {
        key: shown.key.as_deref(),
        about: ApiKeyView::of(&shown.api_key),
    };
    let mut response = Envelope::of(view).into_response();
    *response.status_mut() = StatusCode::CREATED;
    let location = format!("{BASE}/api-keys/{}", shown.api_key.id);
    let location = HeaderValue::try_from(location).map_err(Problem::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(marked(response, made.replayed))
}

fn point_in_time(text: &str) -> Result<DateTime<Utc>, String> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed
        .map(|at| at.to_utc())
        .map_err(|_not_a_time| "must be a point in time such as 2027-01-31T18:00:00Z".to_owned())
}
