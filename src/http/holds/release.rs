//! Giving places back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seating::command::Command;
use seating::entry::Decision;

use super::answer::ReleasedView;
use crate::http::extract::{Asking, HoldPath, SignedIn};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::{execute, reply, stamp, wrong_kind};
use crate::wire::Envelope;

/// Where a hold is released.
const ROUTE: &str = "/showtimes/{id}/holds/{hold_id}";

/// The same as the fingerprints of keys have always covered it, with a slash at the end: another
/// path would make another request of one that is sent again.
const FINGERPRINTED: &str = "/showtimes/{id}/holds/{hold_id}/";

/// Release a hold
#[utoipa::path(
    delete, path = ROUTE,
    operation_id = "releaseHold", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = Envelope<ReleasedView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn release(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
    Asking(asker): Asking,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = stamp(
        &asker,
        caller,
        ("DELETE", FINGERPRINTED, &[&id, &hold]),
        &(),
    )?;
    let by = caller.party();
    let answer = execute(
        &owner,
        (caller, &asker),
        Command::Release { hold, by },
        stamp,
    )
    .await?;
    let Decision::Released { hold, .. } = answer.entry.decision else {
        return Err(wrong_kind(&answer));
    };
    let view = ReleasedView::of(hold, &answer);
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}
