//! The bookings of a showtime.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use seating::ids::BookingId;
use serde::Deserialize;

use super::view::BookingView;
use crate::http::extract::params::{Params, number};
use crate::http::extract::{ShowtimePath, Staff};
use crate::http::problem::{self, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::CursorPage;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BookingListParams {
    /// The last booking of the page before.
    cursor: Option<String>,
    /// Bookings of a page, at most 100.
    limit: Option<String>,
}

/// Bookings of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most bookings of a page.
const LIMIT_MAX: u64 = 100;

/// List the bookings of a showtime
///
/// With their tickets, in the order in which they were made.
#[utoipa::path(
    get, path = "/showtimes/{id}/bookings",
    operation_id = "listBookings", tag = "bookings",
    params(("id" = uuid::Uuid, Path), BookingListParams),
    responses(
        (status = 200, body = CursorPage<BookingView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn of_showtime(
    State(app): State<App>,
    _staff: Staff,
    ShowtimePath(id): ShowtimePath,
    Params(params): Params<BookingListParams>,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let cursor = params.cursor.as_deref().map(str::parse::<BookingId>);
    let after = cursor.transpose().map_err(|_not_a_uuid| {
        Problem::invalid_parameter("cursor", "must be the next_cursor of the page before")
    })?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    // One more than asked for tells whether there is another page.
    let found = app.bookings().of_showtime(id, after, limit + 1).await;
    let mut found = found.map_err(|error| problem::of_store(&error))?;
    if found.is_empty() {
        let known = app.showtimes().get(id).await;
        let known = known.map_err(|error| problem::of_store(&error))?;
        known.ok_or_else(|| Problem::not_found("showtime", id))?;
    }
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|booking| booking.id.to_string());
    let views: Vec<_> = found.iter().map(BookingView::of_stored).collect();
    Ok(CursorPage::of(views, limit, next_cursor).into_response())
}
