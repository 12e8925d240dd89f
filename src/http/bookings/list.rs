//! The bookings of a showtime, and one's own.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use persistence::bookings::Booking;
use seating::ids::BookingId;
use serde::Deserialize;

use super::view::BookingView;
use crate::http::extract::params::{Params, number};
use crate::http::extract::{ShowtimePath, SignedIn, Staff};
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
    let (limit, after) = params.read()?;
    // One more than asked for tells whether there is another page.
    let found = app.bookings().of_showtime(id, after, limit + 1).await;
    let found = found.map_err(|error| problem::of_store(&error))?;
    if found.is_empty() {
        let known = app.showtimes().get(id).await;
        let known = known.map_err(|error| problem::of_store(&error))?;
        known.ok_or_else(|| Problem::not_found("showtime", id))?;
    }
    Ok(page(found, limit))
}

/// List what you bought
///
/// With tickets, the newest first.
#[utoipa::path(
    get, path = "/users/me/bookings",
    operation_id = "listMyBookings", tag = "bookings",
    params(BookingListParams),
    responses(
        (status = 200, body = CursorPage<BookingView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn mine(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Params(params): Params<BookingListParams>,
) -> Result<Response, Problem> {
    let (limit, after) = params.read()?;
    let (bookings, of_store) = (app.bookings(), |error| problem::of_store(&error));
    let last = match after {
        None => None,
        Some(id) => {
            let found = bookings.get(id).await.map_err(of_store)?;
            let Some(mine) = found.filter(|booking| booking.buyer == caller.subject) else {
                // Behind what is not one's own comes nothing.
                return Ok(page(Vec::new(), limit));
            };
            Some(mine)
        }
    };
    let found = bookings.of_buyer(caller.subject, last.as_ref(), limit + 1);
    Ok(page(found.await.map_err(of_store)?, limit))
}

impl BookingListParams {
    /// The limit, and the last booking of the page before.
    fn read(&self) -> Result<(u32, Option<BookingId>), Problem> {
        let limit = number("limit", self.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
        let after = self.cursor.as_deref().map(str::parse::<BookingId>);
        let after = after.transpose().map_err(|_not_a_uuid| {
            Problem::invalid_parameter("cursor", "must be the next_cursor of the page before")
        })?;
        Ok((u32::try_from(limit).unwrap_or(u32::MAX), after))
    }
}

/// A page, of bookings of which there may be one too many.
fn page(mut found: Vec<Booking>, limit: u32) -> Response {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|booking| booking.id.to_string());
    let views: Vec<_> = found.iter().map(BookingView::of_stored).collect();
    CursorPage::of(views, limit, next_cursor).into_response()
}
