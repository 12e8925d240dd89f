//! The seat map.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use bytes::Bytes;
use seating::ids::Seq;
use seating::rejection::PlaceStatus;
use seating::seat_layout::SeatLayout;
use serde::Deserialize;

use crate::http::answer::json_response;
use crate::http::caching::etag::{REVALIDATE, matches, set, tagged, unchanged};
use crate::http::extract::params::{Params, SEQ_MAX, number};
use crate::http::extract::{MaybeSignedIn, ShowtimePath};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::seat_map_cache::{CHANGES_MAX, Filter, MapBody, MapReading, etag};
use crate::http::state::App;
use crate::wire::Envelope;
use crate::wire::composed::composed;
use crate::wire::names;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SeatParams {
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
    get, path = "/showtimes/{id}/seats",
    operation_id = "readSeats", tag = "seats",
    params(("id" = uuid::Uuid, Path), SeatParams),
    responses(
        (status = 200, body = Envelope<MapBody<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn seats(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    Params(params): Params<SeatParams>,
    asker: (MaybeSignedIn, Method),
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (MaybeSignedIn(caller), method) = asker;
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
    let reading = MapReading { id, view, now };
    let rendered = match changed {
        Some((since, changed)) => {
            maps.changes(reading, filter.section, since, changed)
                .await?
        }
        None => maps.map(reading, filter).await?,
    };
    tagged(&headers, &rendered.body, &rendered.etag(), REVALIDATE).await
}

/// The answer to a HEAD request: the headers without a rendered map. The map's length is not known
/// without rendering, so the body is of unknown length: an empty one would claim a length of 0.
fn head(tag: &str) -> Response {
    let mut response = json_response(Bytes::new());
    let unknown = futures::stream::empty::<Result<Bytes, Infallible>>();
    *response.body_mut() = Body::from_stream(unknown);
    set(&mut response, header::VARY, "accept-encoding");
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::CACHE_CONTROL, REVALIDATE);
    response
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
    let found = all
        .into_iter()
        .find(|status| names::place_status(*status) == text);
    found.ok_or_else(|| {
        let message = "must be AVAILABLE, RESERVED, BOOKED or BLOCKED, in capitals";
        Problem::invalid_parameter("status", message)
    })
}
