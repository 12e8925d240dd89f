//! What the tables say, for comparing it with the journal and with live seat maps.
//!
//! Nothing here judges: it returns what is stored, also where that is wrong.

use std::collections::BTreeMap;

use seating::ids::{BookingId, BuyerId, HoldId, Seq, ShowtimeId};
use seating::snapshot::BookingState;
use sqlx::postgres::PgPool;
use sqlx::types::{Json, Uuid};

use crate::error::StoreError;
use crate::pg_types::{BigInt, bigint};
use crate::read_models::{PlacesJson, state_named};

const SOLD: &str = "\
select seat_id, section, count(*) from tickets where showtime_id = $1 and live \
group by seat_id, section order by section, seat_id";

/// From the ends of the key alone, however long the journal is.
const LAST: &str = "select coalesce(max(seq), 0) from journal where showtime_id = $1";

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

impl Sold {
    /// Seats with more than one live ticket.
    pub fn double_sales(&self) -> usize {
        self.seats.values().filter(|&&tickets| tickets > 1).count()
    }
}

/// A booking as its table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBooking {
    pub id: BookingId,
    /// The hold it came from.
    pub hold: HoldId,
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
    /// The last entry that changed it.
    pub seq: Seq,
}

type BookingRow = (
    Uuid,
    Uuid,
    Uuid,
    String,
    Json<PlacesJson<String>>,
    i64,
    i64,
    BigInt,
    Vec<i16>,
);

impl Audit {
    /// Over this pool, whose statements need time: some read all that one showtime has sold.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The places of a showtime that live tickets are for.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails, [`StoreError::CorruptRow`] for a row that
    /// cannot be true.
    pub async fn sold(&self, showtime: ShowtimeId) -> Result<Sold, StoreError> {
        let rows: Vec<(Option<String>, String, BigInt)> = sqlx::query_as(SOLD)
            .bind(showtime.uuid())
            .fetch_all(&self.pool)
            .await?;
        let mut sold = Sold::default();
        for (seat, section, tickets) in rows {
            match seat {
                Some(seat) => sold.seats.insert(seat, tickets.0),
                None => sold.areas.insert(section, tickets.0),
            };
        }
        Ok(sold)
    }

    /// The number of the last entry of a showtime; 0 when there is none.
    ///
    /// # Errors
    ///
    /// As [`sold`](Self::sold).
    pub async fn last(&self, showtime: ShowtimeId) -> Result<Seq, StoreError> {
        let BigInt(last) = sqlx::query_scalar(LAST)
            .bind(showtime.uuid())
            .fetch_one(&self.pool)
            .await?;
        Ok(Seq(last))
    }

    /// The bookings of a showtime after this one, by id.
    ///
    /// # Errors
    ///
    /// As [`sold`](Self::sold).
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
    ///
    /// # Errors
    ///
    /// As [`sold`](Self::sold).
    pub async fn pending_jobs(&self) -> Result<u64, StoreError> {
        let BigInt(count) = sqlx::query_scalar(PENDING_JOBS)
            .fetch_one(&self.pool)
            .await?;
        Ok(count)
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
        seq: Seq(seq.0),
    })
}
