//! The layout of a showtime: its sections, rows and seats.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use seating::ids::ShowtimeId;
use seating::sale_terms::SaleStatus;
use seating::seat_layout::SeatLayout;

use crate::http::caching::compression::accepts_gzip;
use crate::http::caching::etag::{matches, set, tagged, unchanged};
use crate::http::extract::{MaybeSignedIn, ShowtimePath};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::seat_map_cache::{LAYOUT_MAX_AGE, LayoutBody, SeatMaps};
use crate::http::state::App;
use crate::wire::Envelope;

/// The layout
///
/// Sections, rows and seats with their positions. It never changes.
#[utoipa::path(
    get, path = "/showtimes/{id}/layout",
    operation_id = "readLayout", tag = "seats",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<LayoutBody<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn layout(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    MaybeSignedIn(caller): MaybeSignedIn,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = app.shown(id, caller).await?;
    let layout = Arc::clone(view.layout());
    let mut response = answer_layout(app.seat_maps(), id, layout, &headers).await?;
    if view.terms().status == SaleStatus::Draft {
        // Whoever fetched a draft as staff must not keep it for others.
        set(&mut response, header::CACHE_CONTROL, "private, no-store");
    }
    Ok(response)
}

/// The rendered layout, or that the client has it already.
///
/// # Errors
///
/// 503 when there is no room to render or compress it.
pub async fn answer_layout(
    seat_maps: &SeatMaps,
    id: ShowtimeId,
    layout: Arc<SeatLayout>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let rendered = seat_maps.layout(id, layout).await?;
    // Strong tags name bytes, and compressed bytes are others.
    let (plain, gzip) = (
        format!("\"{}\"", rendered.digest),
        format!("\"{}-gzip\"", rendered.digest),
    );
    let tag = if accepts_gzip(headers) { &gzip } else { &plain };
    let age = format!("public, max-age={}", LAYOUT_MAX_AGE.as_secs());
    if matches(headers, &plain) || matches(headers, &gzip) {
        return Ok(unchanged(tag, &age));
    }
    tagged(headers, &rendered.body, tag, &age).await
}
