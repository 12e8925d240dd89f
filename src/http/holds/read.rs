//! One hold, as it is now.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use seating::snapshot::HoldImage;

use super::answer::HoldView;
use crate::http::extract::{HoldPath, SignedIn};
use crate::http::problem::{self, Code, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Read a hold
#[utoipa::path(
    get, path = "/showtimes/{id}/holds/{hold_id}",
    operation_id = "readHold", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<HoldView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn read(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
) -> Result<Response, Problem> {
    let view = app.shown(id, Some(caller)).await?;
    let image = app.office().hold(id, hold).await;
    let (image, seq) =
        image.map_err(|error| problem::of_call_error(&error, Some(view.layout())))?;
    let mine = image.filter(|hold| caller.may_see_what_is_of(hold.buyer.uuid()));
    let image = mine.ok_or_else(|| Problem::new(Code::HoldNotFound, problem::NO_SUCH_HOLD))?;
    let image = HoldImage {
        expires_at: view.on_the_wall(image.expires_at),
        ..image
    };
    let shown = HoldView::of_image(id, view.layout(), &image, app.now(), seq);
    Ok(Envelope::of(shown).into_response())
}
