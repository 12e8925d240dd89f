//! Bookings and their tickets as clients read them.

use actors::box_office::Answer;
use persistence::bookings::{Booking, Ticket};
use seating::entry::Sale;
use seating::ids::{ShowtimeId, TicketCode, TicketId};
use seating::places::Place;
use seating::seat_layout::SeatLayout;
use seating::snapshot::BookingState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bookings::{self, booking_number};
use crate::wire::places::total;
use crate::wire::{MoneyBody, MoneyView, names, rfc3339};

/// What a buyer bought.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Booking)]
pub struct BookingView<'a> {
    /// Its id.
    pub booking_id: Uuid,
    /// Its name for people.
    #[schema(example = "FH-3K7Q9ZT0M2XA")]
    pub booking_number: String,
    /// Its showtime's id.
    pub showtime_id: Uuid,
    /// The hold it came from.
    pub hold_id: Uuid,
    /// `pending`, `confirmed`, `cancelled` or `expired`.
    pub status: &'static str,
    /// `none` when it cost nothing or was never paid, `created` while it can be, `captured`, or
    /// `refund_pending` when money is to be given back.
    pub payment_status: &'static str,
    /// One ticket per place.
    pub tickets: Vec<TicketView<'a>>,
    /// What it cost.
    #[schema(value_type = MoneyBody)]
    pub total: MoneyView<'a>,
    /// Whose it is.
    pub user_id: Uuid,
    /// When it was made.
    pub created_at: String,
    /// Until when it can be paid; nothing once it is.
    pub expires_at: Option<String>,
    /// When it was sold.
    pub confirmed_at: Option<String>,
    /// When it was cancelled as a whole.
    pub cancelled_at: Option<String>,
    /// The entry's number.
    pub seq: u64,
    /// `journaled` or `memory`.
    pub durability: &'static str,
}

/// One sold place.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub struct TicketView<'a> {
    /// Its id.
    pub ticket_id: Uuid,
    /// The secret that admits.
    pub code: String,
    /// Its name for people.
    pub ticket_number: String,
    /// Its seat; nothing in an area.
    pub seat_id: Option<&'a str>,
    /// Its section's code.
    pub section: &'a str,
    /// Its row's label; nothing in an area.
    pub row: Option<&'a str>,
    /// What is written on the seat; nothing in an area.
    pub number: Option<&'a str>,
    /// What it cost.
    #[schema(value_type = MoneyBody)]
    pub price: MoneyView<'a>,
    /// `valid`, or `cancelled`.
    pub status: &'static str,
}

impl<'a> BookingView<'a> {
    /// A booking as it was sold.
    pub fn of_sale(
        showtime: ShowtimeId,
        layout: &'a SeatLayout,
        sale: &Sale,
        answer: &Answer,
    ) -> Self {
        let booking_number = booking_number(sale.booking);
        let total = total(layout, &sale.places);
        let sold = sale.places.iter().zip(&sale.tickets).zip(1..);
        let tickets = sold
            .map(|((place, &ticket), at)| {
                ticket_view(layout, place, ticket, format!("{booking_number}-{at}"))
            })
            .collect();
        Self {
            booking_id: sale.booking.uuid(),
            booking_number,
            showtime_id: showtime.uuid(),
            hold_id: sale.hold.uuid(),
            status: bookings::status(BookingState::Confirmed),
            payment_status: bookings::payment_status(BookingState::Confirmed, total.amount, 0),
            tickets,
            total,
            user_id: sale.buyer.uuid(),
            created_at: rfc3339(answer.entry.at),
            expires_at: None,
            confirmed_at: Some(rfc3339(answer.entry.at)),
            cancelled_at: None,
            seq: answer.entry.seq.0,
            durability: names::durability(answer),
        }
    }
}

fn ticket_view(
    layout: &SeatLayout,
    place: Place,
    (id, code): (TicketId, TicketCode),
    ticket_number: String,
) -> TicketView<'_> {
    let (seat, index) = match place {
        Place::Seat(seat) => (Some(layout.seat(seat)), layout.section_tier_of(seat)),
        Place::Area(section) => (None, layout.section_tier_of_area(section)),
    };
    let section_tier = layout.section_tier(index);
    TicketView {
        ticket_id: id.uuid(),
        code: code.to_string(),
        ticket_number,
        seat_id: seat.map(|seat| seat.id),
        section: &layout.section(section_tier.section).code,
        row: seat.map(|seat| seat.row),
        number: seat.map(|seat| seat.number),
        price: MoneyView::of_section_tier(layout, index),
        status: "valid",
    }
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
            status: bookings::status(booking.state),
            payment_status: bookings::payment_status(
                booking.state,
                booking.total_minor_units,
                booking.refund_minor_units,
            ),
            tickets: tickets.map(|it| ticket_of_stored(it, &number)).collect(),
            total: MoneyView {
                amount: booking.total_minor_units,
                currency,
            },
            created_at: rfc3339(booking.created_at),
            expires_at: booking
                .pay_by
                .filter(|_| booking.state == BookingState::Pending)
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
