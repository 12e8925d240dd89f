//! The list of showtimes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::view::SummaryView;
use crate::http::answer::json_bytes;
use crate::http::budget::Shared;
use crate::http::caching::catalog::LISTED_MAX;
use crate::http::caching::etag::revalidated;
use crate::http::extract::params::{Params, number};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::{Page, PageMeta};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowtimeListParams {
    /// Which page, from 1.
    page: Option<String>,
    /// Showtimes of a page, at most 100.
    limit: Option<String>,
}

/// Showtimes of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most showtimes of a page.
const LIMIT_MAX: u64 = 100;

/// List showtimes
///
/// The newest sale first, and of more than ten thousand the newest ten thousand.
#[utoipa::path(
    get, path = "/showtimes",
    operation_id = "listShowtimes", tag = "showtimes",
    params(ShowtimeListParams),
    responses(
        (status = 200, body = Page<SummaryView<'static>>),
        (status = 304, description = "Nothing has changed"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    Params(params): Params<ShowtimeListParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    // One for each showtime, which a client that changes the limit need not reckon again; a page beyond
    // the last is read from no table.
    let page = number("page", params.page.as_deref(), 1..=LISTED_MAX.into(), 1)?;
    let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let (page, limit) = (narrow(page), narrow(limit));
    let listed = app.catalog().page(page, limit, |showtimes, total| {
        let views = showtimes.iter();
        let views = views
            .map(|it| SummaryView::of(it, &it.terms, it.counts))
            .collect();
        let meta = PageMeta {
            page,
            limit,
            total,
            total_pages: total.div_ceil(u64::from(limit)),
        };
        json_bytes(&Page::of(views, meta))
    });
    let listed = listed.await?;
    let mut response = revalidated(&headers, listed.body.clone(), &listed.tag);
    response.extensions_mut().insert(Shared);
    Ok(response)
}
