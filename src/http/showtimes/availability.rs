//! How many places of a showtime are in which state.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::http::caching::etag::{REVALIDATE, matches, not_modified, set};
use crate::http::extract::{MaybeSignedIn, ShowtimePath};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::seat_map_cache::etag;
use crate::http::state::App;
use crate::wire::Envelope;
use crate::wire::counts::AvailabilityView;

/// How many places are left
#[utoipa::path(
    get, path = "/showtimes/{id}/availability",
    operation_id = "readAvailability", tag = "seats",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<AvailabilityView<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn availability(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    MaybeSignedIn(caller): MaybeSignedIn,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = app.shown(id, caller).await?;
    let tag = etag(view.epoch(), view.seq());
    if matches(&headers, &tag) {
        return Ok(not_modified(&tag, REVALIDATE));
    }
    let body = AvailabilityView::of(id, &view);
    let mut response = Envelope::of(body).into_response();
    set(&mut response, header::ETAG, &tag);
    set(&mut response, header::CACHE_CONTROL, REVALIDATE);
    Ok(response)
}
