//! One showtime.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::view::ShowtimeView;
use crate::http::answer::json_bytes;
use crate::http::caching::catalog::tag_of;
use crate::http::caching::etag::revalidated;
use crate::http::extract::{MaybeSignedIn, ShowtimePath};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Read a showtime
#[utoipa::path(
    get, path = "/showtimes/{id}",
    operation_id = "readShowtime", tag = "showtimes",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Envelope<ShowtimeView<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    MaybeSignedIn(caller): MaybeSignedIn,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let showtime = app.catalog().showtime(id).await?;
    let view = app.shown(id, caller).await?;
    let body = ShowtimeView::of(&showtime, view.terms(), &view, view.seq());
    let body = json_bytes(&Envelope::of(body));
    let tag = tag_of(&body);
    Ok(revalidated(&headers, body, &tag))
}
