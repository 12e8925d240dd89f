//! What the tables say, for comparing it with the journal and with live seat maps.
//!
//! Nothing here judges: it returns what is stored, also where that is wrong.

use std::collections::BTreeMap;

use seating::ids::{BookingId, BuyerId, Epoch, HoldId, Seq, ShowtimeId};
use seating::snapshot::BookingState;
use serde::Deserialize;
use sqlx::postgres::PgPool;
use sqlx::types::{Json, Uuid};

use crate::error::StoreError;
use crate::integer::{bigint, unsigned};

const SOLD: &str = "\
select seat_id, section, count(*) from tickets where showtime_id = $1 and live \
group by seat_id, section order by section, seat_id";

const EXTENT: &str = "\
select count(*), coalesce(min(seq), 0), coalesce(max(seq), 0), coalesce(max(epoch), 0) \
from journal where showtime_id = $1";

const GAPS: &str = "\
select showtime_id, count(*), min(seq), max(seq), max(epoch) from journal \
group by showtime_id having count(*) <> max(seq) or min(seq) <> 1 \
order by showtime_id limit $1";

const DUPLICATES: &str = "\
select showtime_id, seat_id, count(*) from tickets where live and seat_id is not null \
group by showtime_id, seat_id having count(*) > 1 \
order by showtime_id, seat_id limit $1";

const BOOKINGS: &str = "\
select b.id, b.hold_id, b.buyer_id, b.state, b.places, b.total_minor_units, \
    b.refund_minor_units, b.seq, array( \
        select t.number from tickets t \
        where t.booking_id = b.id and not t.live order by t.number \
    ) as cancelled \
from bookings b where b.showtime_id = $1 and b.id > $2 order by b.id limit $3";

const PENDING_JOBS: &str = "select count(*) from outbox where done_at is null";

/// Queries about consistency.
#[derive(Clone, Debug)]
pub struct Audit {
    pool: PgPool,
}

/// The places that live tickets are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sold {
    /// Seats by id, with how many live tickets each has; more than one is a double sale.
    pub seats: BTreeMap<String, u64>,
    /// Places of areas by the area's code.
    pub areas: BTreeMap<String, u64>,
}

/// How far a showtime's journal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Entries stored.
    pub entries: u64,
    /// The first one's number; 0 when there is none.
    pub first: Seq,
    /// The last one's number; 0 when there is none.
    pub last: Seq,
    /// The newest reign that wrote one.
    pub epoch: Epoch,
}

/// A seat with more than one live ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubleSale {
    /// Of which showtime.
    pub showtime: ShowtimeId,
    /// Which seat.
    pub seat_id: String,
    /// How many live tickets.
    pub tickets: u64,
}

/// A booking as its table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBooking {
    /// Its id.
    pub id: BookingId,
    /// The hold it came from.
    pub hold: HoldId,
    /// Whose it is.
    pub buyer: BuyerId,
    /// Where it is in its life.
    pub state: BookingState,
    /// Its seats by id, in ticket order.
    pub seats: Vec<String>,
    /// Its areas by code, in ticket order, with quantities.
    pub areas: Vec<(String, u32)>,
    /// What it cost, in minor units.
    pub total_minor_units: i64,
    /// What is to be refunded of it.
    pub refund_minor_units: i64,
    /// Numbers of its cancelled tickets.
    pub cancelled_tickets: Vec<u8>,
    /// The last event that changed it.
    pub seq: Seq,
}

#[derive(Deserialize)]
struct PlacesJson {
    seats: Vec<String>,
    areas: Vec<AreaJson>,
}

#[derive(Deserialize)]
struct AreaJson {
    section: String,
    quantity: u32,
}

type BookingRow = (
    Uuid,
    Uuid,
    Uuid,
    String,
    Json<PlacesJson>,
    i64,
    i64,
    i64,
    Vec<i16>,
);

impl Audit {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The places of a showtime that live tickets are for.
    pub async fn sold(&self, showtime: ShowtimeId) -> Result<Sold, StoreError> {
        let rows: Vec<(Option<String>, String, i64)> = sqlx::query_as(SOLD)
            .bind(showtime.uuid())
            .fetch_all(&self.pool)
            .await?;
        let mut sold = Sold::default();
        for (seat, section, tickets) in rows {
            match seat {
                Some(seat) => sold.seats.insert(seat, unsigned(tickets)),
                None => sold.areas.insert(section, unsigned(tickets)),
            };
        }
        Ok(sold)
    }

    /// How far a showtime's journal goes.
    pub async fn extent(&self, showtime: ShowtimeId) -> Result<Extent, StoreError> {
        let row: (i64, i64, i64, i64) = sqlx::query_as(EXTENT)
            .bind(showtime.uuid())
            .fetch_one(&self.pool)
            .await?;
        Ok(extent(row))
    }

    /// Showtimes whose journal does not count from 1 without gaps.
    pub async fn gaps(&self, limit: u32) -> Result<Vec<(ShowtimeId, Extent)>, StoreError> {
        let rows: Vec<(Uuid, i64, i64, i64, i64)> = sqlx::query_as(GAPS)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let gaps = rows.into_iter().map(|(id, entries, first, last, epoch)| {
            (ShowtimeId::new(id), extent((entries, first, last, epoch)))
        });
        Ok(gaps.collect())
    }

    /// Seats sold more than once, of all showtimes.
    pub async fn double_sales(&self, limit: u32) -> Result<Vec<DoubleSale>, StoreError> {
        let rows: Vec<(Uuid, String, i64)> = sqlx::query_as(DUPLICATES)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let sales = rows
            .into_iter()
            .map(|(showtime, seat_id, tickets)| DoubleSale {
                showtime: ShowtimeId::new(showtime),
                seat_id,
                tickets: unsigned(tickets),
            });
        Ok(sales.collect())
    }

    /// The bookings of a showtime after this one, by id.
    pub async fn bookings(
        &self,
        showtime: ShowtimeId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<StoredBooking>, StoreError> {
        let rows: Vec<BookingRow> = sqlx::query_as(BOOKINGS)
            .bind(showtime.uuid())
            .bind(after.map_or(Uuid::nil(), BookingId::uuid))
            .bind(bigint(u64::from(limit)))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(booking).collect()
    }

    /// Jobs that nobody has done yet.
    pub async fn pending_jobs(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(PENDING_JOBS)
            .fetch_one(&self.pool)
            .await?;
        Ok(unsigned(count))
    }
}

fn extent((entries, first, last, epoch): (i64, i64, i64, i64)) -> Extent {
    Extent {
        entries: unsigned(entries),
        first: Seq(unsigned(first)),
        last: Seq(unsigned(last)),
        epoch: Epoch(unsigned(epoch)),
    }
}

fn booking(row: BookingRow) -> Result<StoredBooking, StoreError> {
    let (id, hold, buyer, state, Json(places), total, refund, seq, cancelled) = row;
    let corrupt = |column, reason: &str| StoreError::corrupt("bookings", column, &id, &reason);
    let numbers = cancelled.into_iter().map(u8::try_from);
    let numbers: Result<Vec<u8>, _> = numbers.collect();
    let areas = places.areas.into_iter();
    Ok(StoredBooking {
        id: BookingId::new(id),
        hold: HoldId::new(hold),
        buyer: BuyerId::new(buyer),
        state: state_named(&state).ok_or_else(|| corrupt("state", &state))?,
        seats: places.seats,
        areas: areas.map(|area| (area.section, area.quantity)).collect(),
        total_minor_units: total,
        refund_minor_units: refund,
        cancelled_tickets: numbers.map_err(|error| corrupt("tickets", &error.to_string()))?,
        seq: Seq(unsigned(seq)),
    })
}

/// The columns use the words that people use.
fn state_named(name: &str) -> Option<BookingState> {
    let states = [
        BookingState::Pending,
        BookingState::Lapsed,
        BookingState::Orphaned,
        BookingState::Confirmed,
        BookingState::Cancelled,
    ];
    states.into_iter().find(|state| state.as_str() == name)
}
