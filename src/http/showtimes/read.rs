//! Showtimes as clients read them.

use actors::view::View;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use persistence::showtimes::Showtime;
use seating::counts::Counts;
use seating::ids::Seq;
use seating::settings::Settings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::gap_rule_name;
use crate::http::budget::Shared;
use crate::http::conditional::{self, REVALIDATE};
use crate::http::counts::{CountsView, SectionCounts, TierCounts, by_section, by_tier};
use crate::http::extract::{Onlooker, ShowtimePath};
use crate::http::params::{Params, number};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::showtimes::catalog::{LISTED_MAX, tag_of};
use crate::http::state::App;
use crate::http::wire::{Envelope, PageMeta, json_bytes, json_response, rfc3339};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Which page, from 1.
    page: Option<String>,
    /// Showtimes of a page, at most 100.
    limit: Option<String>,
}

/// A showtime in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShowtimeSummary)]
pub(super) struct SummaryView<'a> {
    showtime_id: Uuid,
    event_id: Option<Uuid>,
    title: &'a str,
    starts_at: String,
    created_at: String,
    #[serde(flatten)]
    terms: TermsView,
    currency: &'a str,
    layout_version: u32,
    #[serde(flatten)]
    counts: CountsView,
}

/// A showtime with its sections and price tiers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Showtime)]
pub(super) struct ShowtimeView<'a> {
    #[serde(flatten)]
    summary: SummaryView<'a>,
    /// The last event counted in.
    seq: u64,
    sections: Vec<SectionCounts<'a>>,
    price_tiers: Vec<TierCounts<'a>>,
}

/// The sale's terms.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaleTerms)]
struct TermsView {
    /// `draft`, `open`, `paused` or `cancelled`.
    status: &'static str,
    /// Start of sale; nothing means at once.
    on_sale_from: Option<String>,
    /// End of sale; nothing means never.
    on_sale_until: Option<String>,
    /// How long a hold lives when its buyer does not say.
    hold_ttl_seconds: u32,
    /// How long a buyer keeps a place without buying it.
    hold_ttl_max_seconds: u32,
    /// Places one buyer may have.
    max_per_buyer: u32,
    /// `off`, `lenient` or `strict`.
    gap_rule: &'static str,
}

impl From<&Settings> for TermsView {
    fn from(settings: &Settings) -> Self {
        Self {
            status: settings.status.as_str(),
            on_sale_from: settings.on_sale_from.map(rfc3339),
            on_sale_until: settings.on_sale_until.map(rfc3339),
            hold_ttl_seconds: settings.hold_ttl_seconds,
            hold_ttl_max_seconds: settings.hold_ttl_max_seconds,
            max_per_buyer: settings.max_per_buyer,
            gap_rule: gap_rule_name(settings.gap_rule),
        }
    }
}

impl<'a> SummaryView<'a> {
    /// A showtime under these terms and with these counts, which are newer than its row's.
    fn of(showtime: &'a Showtime, settings: &Settings, counts: Counts) -> Self {
        Self {
            showtime_id: showtime.id.uuid(),
            event_id: showtime.event,
            title: &showtime.title,
            starts_at: rfc3339(showtime.starts_at),
            created_at: rfc3339(showtime.created_at),
            terms: TermsView::from(settings),
            currency: &showtime.currency,
            layout_version: showtime.layout_version,
            counts: CountsView::from(counts),
        }
    }
}

impl<'a> ShowtimeView<'a> {
    /// A showtime under these terms, with the places of a picture.
    pub(super) fn of(
        showtime: &'a Showtime,
        settings: &Settings,
        view: &'a View,
        seq: Seq,
    ) -> Self {
        Self {
            summary: SummaryView::of(showtime, settings, view.house_counts()),
            seq: seq.0,
            sections: by_section(view.layout(), view.cell_counts()),
            price_tiers: by_tier(view.layout(), view.cell_counts()),
        }
    }
}

/// Showtimes of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most showtimes of a page.
const LIMIT_MAX: u64 = 100;

/// List showtimes
///
/// The newest sale first, and of more than ten thousand the newest ten thousand.
#[utoipa::path(
    get, path = "/showtimes", tag = "showtimes",
    params(ListParams),
    responses(
        (status = 200, body = Envelope<Vec<SummaryView<'static>>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    Params(params): Params<ListParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    // One for each showtime, which a client that changes the limit need not reckon anew; a page beyond
    // the last is read from no table.
    let page = number("page", params.page.as_deref(), 1..=LISTED_MAX.into(), 1)?;
    let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let (page, limit) = (narrow(page), narrow(limit));
    let listed = app.catalog().page(page, limit, |showtimes, total| {
        let views = showtimes.iter();
        let views = views
            .map(|it| SummaryView::of(it, &it.settings, it.counts))
            .collect();
        let meta = PageMeta {
            page,
            limit,
            total,
            total_pages: total.div_ceil(u64::from(limit)),
        };
        json_bytes(&Envelope::<Vec<SummaryView<'_>>>::page(views, meta))
    });
    let listed = listed.await?;
    let mut response = tagged(&headers, listed.body.clone(), &listed.tag);
    response.extensions_mut().insert(Shared);
    Ok(response)
}

/// The answer, or that its reader has it already.
fn tagged(headers: &HeaderMap, body: Bytes, tag: &str) -> Response {
    if conditional::matches(headers, tag) {
        return conditional::not_modified(tag, REVALIDATE);
    }
    let mut response = json_response(body);
    conditional::set(&mut response, header::ETAG, tag);
    conditional::set(&mut response, header::CACHE_CONTROL, REVALIDATE);
    response
}

/// Read a showtime
#[utoipa::path(
    get, path = "/showtimes/{id}", tag = "showtimes",
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
    Onlooker(caller): Onlooker,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let showtime = app.catalog().showtime(id).await?;
    let view = app.shown(id, caller).await?;
    let body = ShowtimeView::of(&showtime, view.settings(), &view, view.seq());
    let body = json_bytes(&Envelope::of(body));
    let tag = tag_of(&body);
    Ok(tagged(&headers, body, &tag))
}
