//! Tickets: one row per place ever sold, of which the live ones are the sale as it stands.

use std::collections::HashMap;

use seating::entry::{BookingCancelled, Sale};
use seating::ids::{BookingId, TicketCode, TicketId};
use seating::places::Place;
use seating::seat_layout::SectionTierIndex;
use seating::timestamp::Timestamp;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::Uuid;

use super::Origin;
use crate::error::{StoreError, expect_rows};
use crate::pg_types::{Timestamptz, optional};

const CANCEL: &str = "\
update tickets t set live = false, cancelled_at = c.at \
from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[]) \
    as c (showtime_id, booking_id, number, at) \
where t.booking_id = c.booking_id and t.number = c.number \
    and t.showtime_id = c.showtime_id and t.live";

const SELL: &str = "\
insert into tickets (id, showtime_id, booking_id, number, code, seat_id, section, row_label, \
    seat_number, price_tier, price_minor_units, currency, live, sold_at, cancelled_at) \
select t.id, t.showtime_id, t.booking_id, t.number, t.code, t.seat_id, t.section, t.row_label, \
    t.seat_number, t.price_tier, t.price, t.currency, t.cancelled_at is null, t.sold_at, \
    t.cancelled_at \
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::uuid[], $6::text[], \
    $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::text[], \
    $13::timestamptz[], $14::timestamptz[]) \
    as t (id, showtime_id, booking_id, number, code, seat_id, section, row_label, seat_number, \
        price_tier, price, currency, sold_at, cancelled_at)";

/// The batch's changes of tickets.
#[derive(Default)]
pub(super) struct Tickets<'a> {
    sold: Vec<TicketRow<'a>>,
    /// Where in `sold` a booking's tickets begin.
    first_sold: HashMap<BookingId, usize>,
    /// Of tickets sold before this batch.
    cancelled: Vec<(Origin<'a>, BookingId, u8)>,
}

struct TicketRow<'a> {
    origin: Origin<'a>,
    booking: BookingId,
    number: i16,
    id: TicketId,
    code: TicketCode,
    place: PlaceText<'a>,
    cancelled_at: Option<Timestamp>,
}

/// A place by the names that its layout gives it.
struct PlaceText<'a> {
    seat_id: Option<&'a str>,
    section: &'a str,
    row: Option<&'a str>,
    number: Option<&'a str>,
    section_tier: SectionTierIndex,
}

impl<'a> Tickets<'a> {
    /// Adds the tickets of a sale, whose places the layout must have.
    pub(super) fn sell(&mut self, origin: Origin<'a>, sale: &'a Sale) -> Result<(), StoreError> {
        if u32::try_from(sale.tickets.len()) != Ok(sale.places.count()) {
            return Err(origin.contradiction("it has not one ticket per place"));
        }
        self.first_sold.insert(sale.booking, self.sold.len());
        for (number, (place, &(id, code))) in (1..).zip(sale.places.iter().zip(&sale.tickets)) {
            self.sold.push(TicketRow {
                origin,
                booking: sale.booking,
                number,
                id,
                code,
                place: PlaceText::of(origin, place),
                cancelled_at: None,
            });
        }
        Ok(())
    }

    pub(super) fn cancel(&mut self, origin: Origin<'a>, cancelled: &BookingCancelled) {
        for &number in &cancelled.tickets {
            match self.sold_here(cancelled.booking, number) {
                Some(ticket) => ticket.cancelled_at = Some(origin.at),
                None => self.cancelled.push((origin, cancelled.booking, number)),
            }
        }
    }

    fn sold_here(&mut self, booking: BookingId, number: u8) -> Option<&mut TicketRow<'a>> {
        let first = *self.first_sold.get(&booking)?;
        let ticket = self
            .sold
            .get_mut(first + usize::from(number).checked_sub(1)?)?;
        (ticket.booking == booking).then_some(ticket)
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if !self.cancelled.is_empty() {
            self.write_cancelled(connection).await?;
        }
        if !self.sold.is_empty() {
            self.write_sold(connection).await?;
        }
        Ok(())
    }

    async fn write_cancelled(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let rows = || self.cancelled.iter();
        let written = sqlx::query(CANCEL)
            .bind(rows().map(|(from, _, _)| from.showtime.uuid()).bind_iter())
            .bind(rows().map(|(_, booking, _)| booking.uuid()).bind_iter())
            .bind(rows().map(|(_, _, number)| i16::from(*number)).bind_iter())
            .bind(rows().map(|(from, _, _)| Timestamptz(from.at)).bind_iter())
            .execute(connection)
            .await?;
        expect_rows(written.rows_affected(), self.cancelled.len())
    }

    async fn write_sold(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let rows = || self.sold.iter();
        let tier = |ticket: &TicketRow<'a>| {
            let layout = ticket.origin.layout;
            layout.tier(layout.section_tier(ticket.place.section_tier).tier)
        };
        let written = sqlx::query(SELL)
            .bind(rows().map(|ticket| ticket.id.uuid()).bind_iter())
            .bind(
                rows()
                    .map(|ticket| ticket.origin.showtime.uuid())
                    .bind_iter(),
            )
            .bind(rows().map(|ticket| ticket.booking.uuid()).bind_iter())
            .bind(rows().map(|ticket| ticket.number).bind_iter())
            .bind(
                rows()
                    .map(|ticket| Uuid::from_u128(ticket.code.bits()))
                    .bind_iter(),
            )
            .bind(rows().map(|ticket| ticket.place.seat_id).bind_iter())
            .bind(rows().map(|ticket| ticket.place.section).bind_iter())
            .bind(rows().map(|ticket| ticket.place.row).bind_iter())
            .bind(rows().map(|ticket| ticket.place.number).bind_iter())
            .bind(rows().map(|ticket| &tier(ticket).code).bind_iter())
            .bind(
                rows()
                    .map(|ticket| ticket.origin.layout.price_of(ticket.place.section_tier))
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|ticket| ticket.origin.layout.currency())
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|ticket| Timestamptz(ticket.origin.at))
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|ticket| optional(ticket.cancelled_at))
                    .bind_iter(),
            )
            .execute(connection)
            .await?;
        expect_rows(written.rows_affected(), self.sold.len())
    }
}

impl<'a> PlaceText<'a> {
    fn of(origin: Origin<'a>, place: Place) -> Self {
        let layout = origin.layout;
        match place {
            Place::Seat(index) => {
                let seat = layout.seat(index);
                Self {
                    seat_id: Some(seat.id),
                    section: &layout.section(seat.section).code,
                    row: Some(seat.row),
                    number: Some(seat.number),
                    section_tier: layout.section_tier_of(index),
                }
            }
            Place::Area(section) => Self {
                seat_id: None,
                section: &layout.section(section).code,
                row: None,
                number: None,
                section_tier: layout.section_tier_of_area(section),
            },
        }
    }
}
