//! Setting places aside.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use seating::command::Command;
use seating::entry::Decision;

use super::answer::HoldView;
use super::request::HoldRequest;
use crate::fresh_ids;
use crate::http::extract::body::Json;
use crate::http::extract::{Asking, MayHold, ShowtimePath};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::{execute, reply, stamp, wrong_kind};
use crate::wire::Envelope;

/// Where holds are created.
const ROUTE: &str = "/showtimes/{id}/holds";

/// Hold places
///
/// Exactly these seats, this much of these areas, or whatever is best now. All or nothing.
#[utoipa::path(
    post, path = ROUTE,
    operation_id = "holdPlaces", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = HoldRequest,
    responses(
        (status = 201, body = Envelope<HoldView<'static>>),
        (status = 409, description = "Lost the race, sold out, no such block, not on sale or too many",
         body = ProblemDocument<'static>, content_type = "application/problem+json"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn create(
    State(app): State<App>,
    MayHold(caller): MayHold,
    ShowtimePath(id): ShowtimePath,
    Asking(asker): Asking,
    Json(body): Json<HoldRequest>,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = stamp(&asker, caller, ("POST", ROUTE, &[&id]), &body)?;
    let hold = body.command(fresh_ids::hold(app.now()), caller.party(), owner.layout())?;
    let answer = execute(&owner, (caller, &asker), Command::Hold(hold), stamp).await?;
    let Decision::Held(granted) = &answer.entry.decision else {
        return Err(wrong_kind(&answer));
    };
    let view = HoldView::of_held(id, owner.layout(), granted, &answer, app.now());
    let location = format!("/api/v1/showtimes/{id}/holds/{}", granted.hold);
    let mut response = reply(StatusCode::CREATED, &answer, &Envelope::of(view));
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
