//! Looking through the accounts.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use persistence::accounts::AccountFilter;
use serde::Deserialize;
use uuid::Uuid;

use crate::accounts::{self, EMAIL_BYTES_MAX, Role};
use crate::http::auth::{UserView, of_refusal};
use crate::http::extract::SuperAdmin;
use crate::http::extract::params::{Params, number};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::CursorPage;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UserListParams {
    /// The last user of the page before.
    cursor: Option<String>,
    /// Users of a page, at most 100.
    limit: Option<String>,
    /// Only those of this role: `USER`, `EDITOR` or `SUPER_ADMIN`.
    role: Option<String>,
    /// Only whoever has this address.
    email: Option<String>,
}

/// Users of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most users of a page.
const LIMIT_MAX: u64 = 100;

/// List the users
///
/// The newest first. Erased ones are not among them.
#[utoipa::path(
    get, path = "/users",
    operation_id = "listUsers", tag = "users",
    params(UserListParams),
    responses(
        (status = 200, body = CursorPage<UserView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn list(
    State(app): State<App>,
    SuperAdmin(bearer): SuperAdmin,
    Params(params): Params<UserListParams>,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let after = params.cursor.as_deref().map(str::parse::<Uuid>);
    let after = after.transpose().map_err(|_not_a_uuid| {
        Problem::invalid_parameter("cursor", "must be the next_cursor of the page before")
    })?;
    let role = params.role.as_deref().map(str::parse::<Role>);
    let role = role
        .transpose()
        .map_err(|wrong| Problem::invalid_parameter("role", wrong))?;
    let email = params.email.as_deref();
    if email.is_some_and(|email| email.len() > EMAIL_BYTES_MAX) {
        let message = format!("must have at most {EMAIL_BYTES_MAX} bytes");
        return Err(Problem::invalid_parameter("email", message));
    }
    let email_key = email.map(accounts::email_key);
    let filter = AccountFilter {
        role: role.map(Role::as_str),
        email_key: email_key.as_deref(),
        after,
    };
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    super::still_manages(&app, bearer).await?;
    // One more than asked for tells whether there is another page.
    let found = app.desk().list(filter, limit + 1).await;
    let mut found = found.map_err(of_refusal)?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|profile| profile.account.id.to_string());
    let views = found.iter().map(|it| UserView::of(&it.account, it.role));
    Ok(CursorPage::of(views.collect(), limit, next_cursor).into_response())
}
