//! Keeping places for longer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seating::command::Command;
use seating::entry::Decision;

use super::answer::ExtendedView;
use super::request::ExtendRequest;
use crate::http::extract::body::Json;
use crate::http::extract::{Asking, HoldPath, SignedIn};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::{execute, reply, stamp, wrong_kind};
use crate::wire::Envelope;

/// Where a hold is extended.
const ROUTE: &str = "/showtimes/{id}/holds/{hold_id}/extend";

/// Extend a hold
#[utoipa::path(
    post, path = ROUTE,
    operation_id = "extendHold", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    request_body = ExtendRequest,
    responses(
        (status = 200, body = Envelope<ExtendedView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn extend(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
    Asking(asker): Asking,
    Json(body): Json<ExtendRequest>,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = stamp(&asker, caller, ("POST", ROUTE, &[&id, &hold]), &body)?;
    let extend = Command::Extend {
        hold,
        by: caller.party(),
        seconds: body.seconds,
    };
    let answer = execute(&owner, (caller, &asker), extend, stamp).await?;
    let Decision::Extended { hold, expires_at } = answer.entry.decision else {
        return Err(wrong_kind(&answer));
    };
    let view = ExtendedView::of(hold, expires_at, &answer, app.now());
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}
