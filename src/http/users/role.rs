//! Giving somebody another role.

use axum::extract::State;
use axum::response::Response;

use super::body::RoleRequest;
use crate::accounts::{Refusal, Role};
use crate::http::auth::{UserView, of_refusal};
use crate::http::extract::{Asking, Fields, SuperAdmin, UserPath};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Give somebody another role
///
/// Their tokens have it from the next refresh on, which is within minutes.
#[utoipa::path(
    patch, path = "/users/{user_id}/role",
    operation_id = "setRole", tag = "users",
    params(("user_id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = RoleRequest,
    responses(
        (status = 200, body = Envelope<UserView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn set(
    State(app): State<App>,
    SuperAdmin(bearer): SuperAdmin,
    UserPath(user): UserPath,
    Asking(asker): Asking,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let role = fields.text("role", |text| text.parse::<Role>().map(drop));
    fields.finish()?;
    let caller = super::still_manages(&app, bearer).await?;
    let role: Role = role.parse().map_err(Problem::internal)?;
    let set = app.desk().set_role((user, role), &asker).await;
    let set = set.map_err(|refusal| {
        if matches!(refusal, Refusal::NoAccount) {
            Problem::not_found("user", user)
        } else {
            of_refusal(refusal)
        }
    })?;
    if !set.replayed {
        tracing::info!(
            caller.subject = %caller.subject,
            account.id = %user,
            account.role = role.as_str(),
            "somebody was given a role"
        );
    }
    Ok(UserView::answer(&set))
}
