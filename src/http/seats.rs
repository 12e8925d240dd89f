//! What the public sees of a showtime's seats: the map, the layout, the counts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seating::counts::Counts;
use seating::ids::Seq;
use seating::rejection::PlaceStatus;
use seating::seat_layout::SeatLayout;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::http::extract::ShowtimePath;
use crate::http::params::{Params, number};
use crate::http::places::kind_name;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::seat_maps::{Body, Filter, LAYOUT_MAX_AGE, LayoutBody, MapBody, changes, etag};
use crate::http::state::App;
use crate::http::wire::{Envelope, MoneyBody, MoneyView, json_response};

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
    params(("id" = Uuid, Path), SeatParams),
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
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = app.owner(id).await?.view();
    let filter = params.filter(view.layout())?;
    let since = params.since_seq.as_deref();
    let since = since
        .map(|text| number("since_seq", Some(text), 0..=u64::MAX, 0))
        .transpose()?;
    let tag = etag(view.epoch(), view.seq());
    if matches(&headers, &tag) {
        return Ok(not_modified(&tag));
    }
    let now = app.now();
    if let Some(changed) = since.and_then(|seq| view.changed_since(Seq(seq))) {
        let bytes = changes(id, filter, view, changed, now).await?;
        return tagged(&headers, &Body::new(bytes), &tag, REVALIDATE).await;
    }
    let rendered = app.seat_maps().map(id, filter, view, now).await?;
    tagged(&headers, &rendered.body, &rendered.etag(), REVALIDATE).await
}

/// The house
///
/// Sections, rows and seats with their positions. It never changes.
#[utoipa::path(
    get, path = "/showtimes/{id}/layout", tag = "seats",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Envelope<LayoutBody<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
async fn layout(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let owner = app.owner(id).await?;
    let rendered = app
        .seat_maps()
        .layout(id, Arc::clone(owner.layout()))
        .await?;
    // Strong tags name bytes, and compressed bytes are others.
    let (plain, gzip) = (
        format!("\"{}\"", rendered.digest),
        format!("\"{}-gzip\"", rendered.digest),
    );
    let tag = if accepts_gzip(&headers) {
        &gzip
    } else {
        &plain
    };
    if matches(&headers, &plain) || matches(&headers, &gzip) {
        return Ok(not_modified(tag));
    }
    let age = format!("public, max-age={}", LAYOUT_MAX_AGE.as_secs());
    tagged(&headers, &rendered.body, tag, &age).await
}

/// How many places are left
#[utoipa::path(
    get, path = "/showtimes/{id}/availability", tag = "seats",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Envelope<AvailabilityView<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
async fn availability(
    State(app): State<App>,
    ShowtimePath(id): ShowtimePath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = app.owner(id).await?.view();
    let tag = etag(view.epoch(), view.seq());
    if matches(&headers, &tag) {
        return Ok(not_modified(&tag));
    }
    let body = AvailabilityView {
        showtime_id: id.uuid(),
        seq: view.seq().0,
        totals: CountsView::from(view.house_counts()),
        sections: by_section(view.layout(), view.cell_counts()),
        price_tiers: by_tier(view.layout(), view.cell_counts()),
    };
    let mut response = Envelope::of(body).into_response();
    set(&mut response, header::ETAG, &tag);
    set(&mut response, header::CACHE_CONTROL, REVALIDATE);
    Ok(response)
}

/// Keep it, but ask before each use whether it still holds.
const REVALIDATE: &str = "no-cache";

impl SeatParams {
    fn filter(&self, layout: &SeatLayout) -> Result<Filter, Problem> {
        let section = self.section.as_ref().map(|code| {
            let found = layout.find_section(code);
            found.ok_or_else(|| {
                let shown: String = code.chars().take(64).collect();
                let message = format!("there is no section {shown:?} in this showtime");
                Problem::invalid("section", message)
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
    found
        .ok_or_else(|| Problem::invalid("status", "must be AVAILABLE, RESERVED, BOOKED or BLOCKED"))
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING);
    let mut codings = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split(','));
    codings.any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Whether the client has this already. Weak comparison, as for every GET.
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH);
    let mut tags = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split(','));
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.any(|known| known.trim() == "*" || strong(known) == strong(tag))
}

fn not_modified(tag: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::CACHE_CONTROL, REVALIDATE);
    response
}

async fn tagged(
    headers: &HeaderMap,
    body: &Body,
    tag: &str,
    caching: &str,
) -> Result<Response, Problem> {
    let compressed = if accepts_gzip(headers) {
        body.gzip().await?
    } else {
        None
    };
    let is_compressed = compressed.is_some();
    let mut response = json_response(compressed.unwrap_or_else(|| body.plain()));
    if is_compressed {
        set(&mut response, header::CONTENT_ENCODING, "gzip");
    }
    set(&mut response, header::VARY, "accept-encoding");
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::CACHE_CONTROL, caching);
    Ok(response)
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// How many places of a showtime are in which state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Availability)]
struct AvailabilityView<'a> {
    showtime_id: Uuid,
    /// The last event counted in.
    seq: u64,
    #[serde(flatten)]
    totals: CountsView,
    sections: Vec<SectionCounts<'a>>,
    price_tiers: Vec<TierCounts<'a>>,
}

/// How many places of a section are in which state.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SectionCounts<'a> {
    section: &'a str,
    name: &'a str,
    /// `reserved` or `general_admission`.
    kind: &'static str,
    #[serde(flatten)]
    counts: CountsView,
}

/// How many places of a price tier are in which state.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TierCounts<'a> {
    price_tier: &'a str,
    name: &'a str,
    #[schema(value_type = MoneyBody)]
    price: MoneyView<'a>,
    #[serde(flatten)]
    counts: CountsView,
}

/// Places by state.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Counts)]
pub(super) struct CountsView {
    /// In all.
    pub(super) total: u32,
    /// For sale.
    pub(super) available: u32,
    /// Set aside while their buyers choose or pay.
    pub(super) reserved: u32,
    /// Sold.
    pub(super) booked: u32,
    /// Off sale.
    pub(super) blocked: u32,
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        Self {
            total: counts.capacity,
            available: counts.available(),
            reserved: counts.reserved(),
            booked: counts.booked,
            blocked: counts.blocked,
        }
    }
}

/// Counts by section, in the house's order.
pub(super) fn by_section<'a>(layout: &'a SeatLayout, cells: &[Counts]) -> Vec<SectionCounts<'a>> {
    let sections = layout.sections().iter().map(|section| {
        let mut sum = Counts::default();
        let range = usize::from(section.cells.start)..usize::from(section.cells.end);
        cells
            .get(range)
            .unwrap_or_default()
            .iter()
            .for_each(|cell| sum += *cell);
        SectionCounts {
            section: &section.code,
            name: &section.name,
            kind: kind_name(&section.kind),
            counts: CountsView::from(sum),
        }
    });
    sections.collect()
}

/// Counts by price tier.
pub(super) fn by_tier<'a>(layout: &'a SeatLayout, cells: &[Counts]) -> Vec<TierCounts<'a>> {
    let tiers = layout.tiers().iter().zip(0_u8..).map(|(tier, at)| {
        let mut sum = Counts::default();
        let pairs = layout.cells().iter().zip(cells);
        pairs
            .filter(|(cell, _)| cell.tier.0 == at)
            .for_each(|(_, counts)| sum += *counts);
        TierCounts {
            price_tier: &tier.code,
            name: &tier.name,
            price: MoneyView::from(&tier.price),
            counts: CountsView::from(sum),
        }
    });
    tiers.collect()
}
