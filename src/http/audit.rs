//! Whether everything about a showtime adds up, for staff.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::extract::{ShowtimePath, Staff};
use crate::http::problem::{self, Code, Problem, ProblemDocument};
use crate::http::state::App;
use crate::showtimes::Report;
use crate::wire::Envelope;

/// The audit's route, which reads a lot.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(audit))
}

/// When an audit in progress may be over.
const TURN_RETRY_AFTER: Duration = Duration::from_secs(2);

/// Audit a showtime
///
/// Recomputes everything that must be true: places add up, memory, journal and tables agree.
#[utoipa::path(
    get, path = "/showtimes/{id}/audit",
    operation_id = "auditShowtime", tag = "staff",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Envelope<Report>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn audit(
    State(app): State<App>,
    _staff: Staff,
    ShowtimePath(id): ShowtimePath,
) -> Result<Response, Problem> {
    let turn = app.auditor().turn().ok_or_else(|| {
        let detail = "as many audits as may be are in progress";
        Problem::new(Code::Overloaded, detail).with_retry_after(TURN_RETRY_AFTER)
    })?;
    let owner = app.owner(id).await?;
    let live = owner.snapshot().await;
    let live = live.map_err(|error| problem::of_call_error(&error, Some(owner.layout())))?;
    let report = app.auditor().audit(id, Some(&live)).await;
    let report = report.map_err(|error| problem::of_store(&error))?;
    drop(turn);
    let report = report.ok_or_else(|| Problem::not_found("showtime", id))?;
    Ok(Envelope::of(report).into_response())
}
