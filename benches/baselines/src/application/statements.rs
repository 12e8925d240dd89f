//! The statements that the designs have in common, each prepared once per connection.

use chrono::{DateTime, Utc};
use seating::command::Confirm;
use seating::seat_layout::SeatIndex;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::outcome::{HoldKey, WhyNot};
use crate::rows::{self, int};

/// A hold to be made.
pub(super) struct Wish {
    pub(super) key: HoldKey,
    pub(super) seats: Vec<i32>,
    pub(super) ttl_seconds: i32,
}

const INSERT_HOLD: &str = "\
insert into holds (id, showtime_id, buyer_id, seats, expires_at) values ($1, $2, $3, $4, $5)";

/// Reserves seats that were looked at or locked before in the same transaction.
pub(super) const RESERVE_CHOSEN: &str = "\
update seats \
set status = 'reserved', held_until = now() + make_interval(secs => $4), hold_id = $3 \
where showtime_id = $1 and seat = any($2) \
returning held_until";

const RELEASE_HOLD: &str = "\
update holds set status = 'released' \
where id = $1 and showtime_id = $2 and ($4 or buyer_id = $3) \
    and status = 'live' and expires_at > now() \
returning seats";

const FREE_SEATS: &str = "\
update seats set status = 'available', held_until = null, hold_id = null \
where showtime_id = $1 and seat = any($2) and hold_id = $3";

const CONFIRM_HOLD: &str = "\
update holds set status = 'confirmed' \
where id = $1 and showtime_id = $2 and ($4 or buyer_id = $3) \
    and status = 'live' and expires_at > now() \
returning seats, buyer_id";

const SELL_SEATS: &str = "\
update seats set status = 'sold', held_until = null \
where showtime_id = $1 and seat = any($2) and status = 'reserved' and hold_id = $3";

const INSERT_BOOKING: &str = "\
insert into bookings (id, showtime_id, hold_id, buyer_id, payment_reference) \
values ($1, $2, $3, $4, $5)";

const INSERT_TICKETS: &str = "\
insert into tickets (id, booking_id, showtime_id, seat, code) \
select id, $1, $2, seat, code \
from unnest($3::uuid[], $4::integer[], $5::uuid[]) as ticket (id, seat, code)";

const WHY_NOT: &str = "select why_not($1, $2, $3, $4)";

impl Wish {
    /// The same for the block from this seat on.
    pub(super) fn at(&mut self, first: SeatIndex, quantity: u32) {
        self.seats = (first.0..first.0 + quantity).map(int).collect();
    }
}

/// Reserves seats by a statement of the design's own: the new deadline of every seat that it got.
pub(super) async fn reserve(
    connection: &mut PgConnection,
    statement: &'static str,
    wish: &Wish,
) -> Result<Vec<DateTime<Utc>>, sqlx::Error> {
    let ask = sqlx::query_scalar(statement)
        .bind(wish.key.showtime.uuid())
        .bind(&wish.seats)
        .bind(wish.key.hold.uuid())
        .bind(wish.ttl_seconds);
    ask.fetch_all(connection).await
}

pub(super) async fn insert_hold(
    connection: &mut PgConnection,
    wish: &Wish,
    deadline: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query(INSERT_HOLD)
        .bind(wish.key.hold.uuid())
        .bind(wish.key.showtime.uuid())
        .bind(wish.key.buyer.uuid())
        .bind(&wish.seats)
        .bind(deadline);
    insert.execute(connection).await?;
    Ok(())
}

/// Ends a live hold of this caller; `None` if there is none.
pub(super) async fn release_hold(
    connection: &mut PgConnection,
    key: HoldKey,
) -> Result<Option<Vec<i32>>, sqlx::Error> {
    let ask = sqlx::query_scalar(RELEASE_HOLD)
        .bind(key.hold.uuid())
        .bind(key.showtime.uuid())
        .bind(key.buyer.uuid())
        .bind(key.is_house);
    ask.fetch_optional(connection).await
}

/// Frees a hold's seats and says how many.
pub(super) async fn free_seats(
    connection: &mut PgConnection,
    showtime: Uuid,
    hold: Uuid,
    seats: &[i32],
) -> Result<i32, sqlx::Error> {
    let update = sqlx::query(FREE_SEATS)
        .bind(showtime)
        .bind(seats)
        .bind(hold);
    let freed = update.execute(connection).await?.rows_affected();
    Ok(i32::try_from(freed).unwrap_or(i32::MAX))
}

/// Marks a live hold of this caller as sold: its seats and buyer, or `None` if there is none.
pub(super) async fn confirm_hold(
    connection: &mut PgConnection,
    key: HoldKey,
) -> Result<Option<(Vec<i32>, Uuid)>, sqlx::Error> {
    let ask = sqlx::query_as(CONFIRM_HOLD)
        .bind(key.hold.uuid())
        .bind(key.showtime.uuid())
        .bind(key.buyer.uuid())
        .bind(key.is_house);
    ask.fetch_optional(connection).await
}

/// Marks a hold's seats as sold and says how many still were its own.
pub(super) async fn sell_seats(
    connection: &mut PgConnection,
    key: HoldKey,
    seats: &[i32],
) -> Result<u64, sqlx::Error> {
    let update = sqlx::query(SELL_SEATS)
        .bind(key.showtime.uuid())
        .bind(seats)
        .bind(key.hold.uuid());
    Ok(update.execute(connection).await?.rows_affected())
}

pub(super) async fn insert_booking(
    connection: &mut PgConnection,
    key: HoldKey,
    buyer: Uuid,
    sale: &Confirm,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query(INSERT_BOOKING)
        .bind(sale.booking.uuid())
        .bind(key.showtime.uuid())
        .bind(key.hold.uuid())
        .bind(buyer)
        .bind(sale.payment_reference.clone());
    insert.execute(connection).await?;
    Ok(())
}

pub(super) async fn insert_tickets(
    connection: &mut PgConnection,
    key: HoldKey,
    seats: &[i32],
    sale: &Confirm,
) -> Result<(), sqlx::Error> {
    let tickets = sale.tickets.iter().take(seats.len());
    let (ids, codes): (Vec<Uuid>, Vec<Uuid>) = tickets
        .map(|(id, code)| (id.uuid(), Uuid::from_u128(code.bits())))
        .unzip();
    let insert = sqlx::query(INSERT_TICKETS)
        .bind(sale.booking.uuid())
        .bind(key.showtime.uuid())
        .bind(ids)
        .bind(seats)
        .bind(codes);
    insert.execute(connection).await?;
    Ok(())
}

/// Why a hold could be neither released nor confirmed.
pub(super) async fn why_not(
    connection: &mut PgConnection,
    key: HoldKey,
) -> Result<WhyNot, sqlx::Error> {
    let ask = sqlx::query_scalar(WHY_NOT)
        .bind(key.showtime.uuid())
        .bind(key.hold.uuid())
        .bind(key.buyer.uuid())
        .bind(key.is_house);
    let outcome: String = ask.fetch_one(connection).await?;
    Ok(rows::why_not(&outcome))
}
