//! Bookings with their tickets, as the read models have them: never behind the journal.

use seating::ids::{BookingId, Seq, ShowtimeId};
use seating::snapshot::BookingState;
use seating::timestamp::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::types::Uuid;

use crate::error::StoreError;
use crate::pg_types::{BigInt, SmallInt, Timestamptz, optional};
use crate::read_models::state_named;

/// The columns in the order in which [`booking`] reads them.
macro_rules! columns {
    () => {
        "select id, showtime_id, hold_id, buyer_id, state, total_minor_units, \
            refund_minor_units, currency, payment_reference, created_at, pay_by, confirmed_at, \
            cancelled_at, seq from bookings "
    };
}

const GET: &str = concat!(columns!(), "where id = $1");
const OF_SHOWTIME: &str = concat!(
    columns!(),
    "where showtime_id = $1 and id > $2 order by id limit $3"
);
/// Goes along the index of a buyer's bookings, from where the page before has ended.
pub const OF_BUYER: &str = concat!(
    columns!(),
    "where buyer_id = $1 and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), \
        coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) \
    order by created_at desc, id desc limit $4"
);
const TICKETS: &str = "\
select booking_id, id, number, code, seat_id, section, row_label, seat_number, \
    price_minor_units, currency, live \
from tickets where booking_id = any($1) order by booking_id, number";

/// The repository of bookings.
#[derive(Clone, Debug)]
pub struct Bookings {
    pool: PgPool,
}

/// A booking as its last entry left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    pub id: BookingId,
    pub showtime: ShowtimeId,
    /// The hold it came from.
    pub hold: Uuid,
    pub buyer: Uuid,
    pub state: BookingState,
    /// What it cost, in minor units.
    pub total_minor_units: i64,
    /// What of it is to be given back, in minor units.
    pub refund_minor_units: i64,
    /// The currency of both.
    pub currency: String,
    /// How the money is known at the till or the payment provider.
    pub payment_reference: Option<String>,
    pub created_at: Timestamp,
    /// Until when it can be paid.
    pub pay_by: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
    /// When it was cancelled as a whole.
    pub cancelled_at: Option<Timestamp>,
    /// The last entry that changed it.
    pub seq: Seq,
    /// Its tickets by number; none before it is sold.
    pub tickets: Vec<Ticket>,
}

/// One sold place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub id: Uuid,
    /// Its number in its booking, from 1.
    pub number: u16,
    /// The secret that admits.
    pub code: u128,
    /// Its seat; nothing in an area.
    pub seat_id: Option<String>,
    pub section: String,
    /// Its row's label; nothing in an area.
    pub row: Option<String>,
    /// What is written on the seat; nothing in an area.
    pub seat_number: Option<String>,
    /// What it cost, in minor units.
    pub price_minor_units: i64,
    pub currency: String,
    /// Whether it is not cancelled.
    pub live: bool,
}

impl Bookings {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// One booking.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails, [`StoreError::CorruptRow`] for a row that
    /// cannot be true.
    pub async fn get(&self, id: BookingId) -> Result<Option<Booking>, StoreError> {
        let row = sqlx::query(GET)
            .bind(id.uuid())
            .fetch_optional(&self.pool)
            .await?;
        let mut found: Vec<Booking> = row.iter().map(booking).collect::<Result<_, _>>()?;
        self.add_tickets(&mut found).await?;
        Ok(found.pop())
    }

    /// At most `limit` bookings of a buyer, the newest first; of these what comes behind `after`.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn of_buyer(
        &self,
        buyer: Uuid,
        after: Option<&Booking>,
        limit: u32,
    ) -> Result<Vec<Booking>, StoreError> {
        let rows = sqlx::query(OF_BUYER)
            .bind(buyer)
            .bind(optional(after.map(|booking| booking.created_at)))
            .bind(after.map(|booking| booking.id.uuid()))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let mut found: Vec<Booking> = rows.iter().map(booking).collect::<Result<_, _>>()?;
        self.add_tickets(&mut found).await?;
        Ok(found)
    }

    /// At most `limit` bookings of a showtime after `after`, in the order in which they were made.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn of_showtime(
        &self,
        showtime: ShowtimeId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<Booking>, StoreError> {
        let rows = sqlx::query(OF_SHOWTIME)
            .bind(showtime.uuid())
            .bind(after.map_or(Uuid::nil(), BookingId::uuid))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let mut found: Vec<Booking> = rows.iter().map(booking).collect::<Result<_, _>>()?;
        self.add_tickets(&mut found).await?;
        Ok(found)
    }

    async fn add_tickets(&self, bookings: &mut [Booking]) -> Result<(), StoreError> {
        if bookings.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = bookings.iter().map(|found| found.id.uuid()).collect();
        let rows = sqlx::query(TICKETS)
            .bind(&ids)
            .fetch_all(&self.pool)
            .await?;
        for row in &rows {
            let of: Uuid = row.try_get("booking_id")?;
            let owner = bookings.iter_mut().find(|found| found.id.uuid() == of);
            if let Some(owner) = owner {
                owner.tickets.push(ticket(row)?);
            }
        }
        Ok(())
    }
}

fn booking(row: &PgRow) -> Result<Booking, StoreError> {
    let time = |column: &str| -> Result<Option<Timestamp>, StoreError> {
        let at: Option<Timestamptz> = row.try_get(column)?;
        Ok(at.map(|at| at.0))
    };
    let id: Uuid = row.try_get("id")?;
    let state: &str = row.try_get("state")?;
    let unknown = || StoreError::corrupt("bookings", "state", &id, &state);
    let created_at: Timestamptz = row.try_get("created_at")?;
    let seq: BigInt = row.try_get("seq")?;
    Ok(Booking {
        id: BookingId::new(id),
        showtime: ShowtimeId::new(row.try_get("showtime_id")?),
        hold: row.try_get("hold_id")?,
        buyer: row.try_get("buyer_id")?,
        state: state_named(state).ok_or_else(unknown)?,
        total_minor_units: row.try_get("total_minor_units")?,
        refund_minor_units: row.try_get("refund_minor_units")?,
        currency: row.try_get("currency")?,
        payment_reference: row.try_get("payment_reference")?,
        created_at: created_at.0,
        pay_by: time("pay_by")?,
        confirmed_at: time("confirmed_at")?,
        cancelled_at: time("cancelled_at")?,
        seq: Seq(seq.0),
        tickets: Vec::new(),
    })
}

fn ticket(row: &PgRow) -> Result<Ticket, StoreError> {
    let number: SmallInt = row.try_get("number")?;
    let code: Uuid = row.try_get("code")?;
    Ok(Ticket {
        id: row.try_get("id")?,
        number: number.0,
        code: code.as_u128(),
        seat_id: row.try_get("seat_id")?,
        section: row.try_get("section")?,
        row: row.try_get("row_label")?,
        seat_number: row.try_get("seat_number")?,
        price_minor_units: row.try_get("price_minor_units")?,
        currency: row.try_get("currency")?,
        live: row.try_get("live")?,
    })
}
