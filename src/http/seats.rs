//! What the public sees of a showtime's seats: the map, the layout, the counts.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use seating::ids::{Seq, ShowtimeId};
use seating::rejection::PlaceStatus;
use seating::seat_layout::SeatLayout;
use seating::settings::SaleStatus;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::composed::composed;
use crate::http::conditional::{REVALIDATE, accepts_gzip, matches, not_modified, set, tagged};
use crate::http::counts::AvailabilityView;
use crate::http::extract::{Onlooker, ShowtimePath};
use crate::http::params::{Params, SEQ_MAX, number};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::seat_maps::{
    CHANGES_MAX, Filter, LAYOUT_MAX_AGE, LayoutBody, MapBody, Reading, SeatMaps, etag,
};
use crate::http::state::App;
use crate::http::wire::{Envelope, json_response};

/// The routes of what the public sees.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(seats))
        .routes(routes!(layout))
        .routes(routes!(availability))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SeatParams {
    /// Only what changed after this `seq`; everything when that is too long ago (`full: true`).
    since_seq: Option<String>,
    /// Only this section's seats.
    section: Option<String>,
    /// Only seats that are `AVAILABLE`, `RESERVED`, `BOOKED` or `BLOCKED`.
    status: Option<String>,
}

/// The seat map
///
/// Shared by all readers of the same state: send `If-None-Match`, or `since_seq` for less.
#[utoipa::path(
    get, path = "/showtimes/{id}/seats", tag = "seats",
    params(("id" = uuid::Uuid, Path), SeatParams),
    responses(
        (status = 200, body = Envelope<MapBody<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
async fn seats(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    Params(params): Params<SeatParams>,
    asker: (Onlooker, Method),
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (Onlooker(caller), method) = asker;
    let view = app.shown(id, caller).await?;
    let filter = params.filter(view.layout())?;
    let since = params.since_seq.as_deref();
    let since = since
        .map(|text| number("since_seq", Some(text), 0..=SEQ_MAX, 0))
        .transpose()?;
    let tag = etag(view.epoch(), view.seq());
    if matches(&headers, &tag) {
        return Ok(unchanged(&tag, REVALIDATE));
    }
    if method == Method::HEAD {
        return Ok(head(&tag));
    }
    let maps = app.seat_maps();
    let changed = since.and_then(|since| {
        let changed = view.changed_since(Seq(since), CHANGES_MAX)?;
        Some((Seq(since), changed))
    });
    let now = app.now();
    let reading = Reading { id, view, now };
    let rendered = match changed {
        Some((since, changed)) => {
            maps.changes(reading, filter.section, since, changed)
                .await?
        }
        None => maps.map(reading, filter).await?,
    };
    tagged(&headers, &rendered.body, &rendered.etag(), REVALIDATE).await
}

/// The answer to a client who has this map or layout already, compressed or not.
fn unchanged(tag: &str, caching: &str) -> Response {
    let mut response = not_modified(tag, caching);
    set(&mut response, header::VARY, "accept-encoding");
    response
}

/// What a map's answer says beside the map, which nobody has to make for that. Its length is not
/// among it, so the body is one whose length nobody knows: that of an empty one would be a lie.
fn head(tag: &str) -> Response {
    let mut response = json_response(Bytes::new());
    let unknown = futures::stream::empty::<Result<Bytes, Infallible>>();
    *response.body_mut() = Body::from_stream(unknown);
    set(&mut response, header::VARY, "accept-encoding");
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::CACHE_CONTROL, REVALIDATE);
    response
}

/// The house
///
/// Sections, rows and seats with their positions. It never changes.
#[utoipa::path(
    get, path = "/showtimes/{id}/layout", tag = "seats",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<LayoutBody<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
async fn layout(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    Onlooker(caller): Onlooker,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = app.shown(id, caller).await?;
    let layout = Arc::clone(view.layout());
    let mut response = answer_layout(app.seat_maps(), id, layout, &headers).await?;
    if view.settings().status == SaleStatus::Draft {
        // Whoever fetched a draft for the house must not keep it for others.
        set(&mut response, header::CACHE_CONTROL, "private, no-store");
    }
    Ok(response)
}

/// The rendered house, or that the client has it already.
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

/// How many places are left
#[utoipa::path(
    get, path = "/showtimes/{id}/availability", tag = "seats",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<AvailabilityView<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
async fn availability(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    Onlooker(caller): Onlooker,
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

impl SeatParams {
    fn filter(&self, layout: &SeatLayout) -> Result<Filter, Problem> {
        let section = self.section.as_ref().map(|code| {
            let found = layout.find_section(&composed(code));
            found.ok_or_else(|| {
                let shown: String = code.chars().take(64).collect();
                let message = format!("there is no section {shown:?} in this showtime");
                Problem::invalid_parameter("section", message)
            })
        });
        let status = self.status.as_deref().map(status);
        Ok(Filter {
            section: section.transpose()?,
            status: status.transpose()?,
        })
    }
}

fn status(text: &str) -> Result<PlaceStatus, Problem> {
    let all = [
        PlaceStatus::Available,
        PlaceStatus::Reserved,
        PlaceStatus::Booked,
        PlaceStatus::Blocked,
    ];
    let found = all.into_iter().find(|status| status.as_str() == text);
    found.ok_or_else(|| {
        let message = "must be AVAILABLE, RESERVED, BOOKED or BLOCKED, in capitals";
        Problem::invalid_parameter("status", message)
    })
}
