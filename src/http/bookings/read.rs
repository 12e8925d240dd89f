//! Reading bookings: one, and those of a showtime.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use persistence::bookings::{Booking, Ticket};
use seating::ids::{BookingId, TicketCode};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{BookingView, TicketView, booking_number};
use crate::http::extract::params::{Params, number};
use crate::http::extract::{BookingPath, House, ShowtimePath, SignedIn};
use crate::http::problem::{self, Code, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::names;
use crate::wire::{CursorPage, Envelope, MoneyView, rfc3339};

/// The routes that read bookings.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read))
        .routes(routes!(of_showtime))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// The last booking of the page before.
    cursor: Option<String>,
    /// Bookings of a page, at most 100.
    limit: Option<String>,
}

/// Bookings of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most bookings of a page.
const LIMIT_MAX: u64 = 100;

/// Read a booking
///
/// With its tickets. Somebody else's is not found.
#[utoipa::path(
    get, path = "/bookings/{booking_id}", tag = "bookings",
    params(("booking_id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<BookingView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn read(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    BookingPath(id): BookingPath,
) -> Result<Response, Problem> {
    let found = app.catalog().booking(id).await?;
    let mine = found.filter(|it| caller.role.is_house() || it.buyer == caller.subject);
    let booking =
        mine.ok_or_else(|| Problem::new(Code::BookingNotFound, problem::NO_SUCH_BOOKING))?;
    Ok(Envelope::of(BookingView::of_stored(&booking)).into_response())
}

/// List the bookings of a showtime
///
/// With their tickets, in the order in which they were made.
#[utoipa::path(
    get, path = "/showtimes/{id}/bookings", tag = "bookings",
    params(("id" = uuid::Uuid, Path), ListParams),
    responses(
        (status = 200, body = CursorPage<Vec<BookingView<'static>>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn of_showtime(
    State(app): State<App>,
    _house: House,
    ShowtimePath(id): ShowtimePath,
    Params(params): Params<ListParams>,
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

impl<'a> BookingView<'a> {
    /// A booking as the read models have it.
    pub fn of_stored(booking: &'a Booking) -> Self {
        let number = booking_number(booking.id);
        let tickets = booking.tickets.iter();
        let currency = &booking.currency;
        Self {
            booking_id: booking.id.uuid(),
            showtime_id: booking.showtime.uuid(),
            hold_id: booking.hold,
            user_id: booking.buyer,
            status: status(booking),
            payment_status: payment_status(booking),
            tickets: tickets.map(|it| ticket_of_stored(it, &number)).collect(),
            total: MoneyView {
                amount: booking.total_minor_units,
                currency,
            },
            created_at: rfc3339(booking.created_at),
            expires_at: booking
                .pay_by
                .filter(|_| booking.state == "pending")
                .map(rfc3339),
            confirmed_at: booking.confirmed_at.map(rfc3339),
            cancelled_at: booking.cancelled_at.map(rfc3339),
            seq: booking.seq.0,
            durability: names::JOURNALED,
            booking_number: number,
        }
    }
}

fn ticket_of_stored<'a>(ticket: &'a Ticket, booking_number: &str) -> TicketView<'a> {
    TicketView {
        ticket_id: ticket.id,
        code: TicketCode::new(ticket.code).to_string(),
        ticket_number: format!("{booking_number}-{}", ticket.number),
        seat_id: ticket.seat_id.as_deref(),
        section: &ticket.section,
        row: ticket.row.as_deref(),
        number: ticket.seat_number.as_deref(),
        price: MoneyView {
            amount: ticket.price_minor_units,
            currency: &ticket.currency,
        },
        status: if ticket.live { "valid" } else { "cancelled" },
    }
}

/// Paid too late is expired to its buyer: the places are gone, the money comes back.
fn status(booking: &Booking) -> &'static str {
    match booking.state.as_str() {
        "pending" => "pending",
        "confirmed" => "confirmed",
        "cancelled" => "cancelled",
        _ => "expired",
    }
}

fn payment_status(booking: &Booking) -> &'static str {
    match booking.state.as_str() {
        _ if booking.total_minor_units == 0 => "none",
        "pending" => "created",
        "orphaned" => "refund_pending",
        _ if booking.refund_minor_units > 0 => "refund_pending",
        "confirmed" => "captured",
        _ => "none",
    }
}
