//! What somebody bought.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use seating::ids::BookingId;
use serde::Deserialize;

use crate::http::bookings::BookingView;
use crate::http::extract::SignedIn;
use crate::http::extract::params::{Params, number};
use crate::http::problem::{self, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::CursorPage;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MyBookingsParams {
    /// The last booking of the page before.
    cursor: Option<String>,
    /// Bookings of a page, at most 100.
    limit: Option<String>,
}

/// Bookings of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most bookings of a page.
const LIMIT_MAX: u64 = 100;

/// List what you bought
///
/// With tickets, the newest first.
#[utoipa::path(
    get, path = "/users/me/bookings",
    operation_id = "listMyBookings", tag = "users",
    params(MyBookingsParams),
    responses(
        (status = 200, body = CursorPage<BookingView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Params(params): Params<MyBookingsParams>,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let wrong = || {
        let message = "must be the next_cursor of the page before";
        Problem::invalid_parameter("cursor", message)
    };
    let (bookings, of_store) = (app.bookings(), |error| problem::of_store(&error));
    let after = match params.cursor.as_deref() {
        None => None,
        Some(cursor) => {
            let id: BookingId = cursor.parse().map_err(|_not_a_uuid| wrong())?;
            let found = bookings.get(id).await.map_err(of_store)?;
            let mine = found.filter(|booking| booking.buyer == caller.subject);
            Some(mine.ok_or_else(wrong)?)
        }
    };
    // One more than asked for tells whether there is another page.
    let found = bookings.of_buyer(caller.subject, after.as_ref(), limit + 1);
    let mut found = found.await.map_err(of_store)?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|booking| booking.id.to_string());
    let views: Vec<_> = found.iter().map(BookingView::of_stored).collect();
    Ok(CursorPage::of(views, limit, next_cursor).into_response())
}
