//! One booking.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::view::BookingView;
use crate::http::extract::{BookingPath, SignedIn};
use crate::http::problem::{self, Code, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;

/// Read a booking
///
/// With its tickets. Somebody else's is not found.
#[utoipa::path(
    get, path = "/bookings/{booking_id}",
    operation_id = "readBooking", tag = "bookings",
    params(("booking_id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<BookingView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn read(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    BookingPath(id): BookingPath,
) -> Result<Response, Problem> {
    let found = app.catalog().booking(id).await?;
    let mine = found.filter(|booking| caller.may_see_what_is_of(booking.buyer));
    let booking =
        mine.ok_or_else(|| Problem::new(Code::BookingNotFound, problem::NO_SUCH_BOOKING))?;
    Ok(Envelope::of(BookingView::of_stored(&booking)).into_response())
}
