//! One row per event that everybody locks: whoever has it is alone with the event's seats and with
//! the counter of places taken.
//!
//! Times are those of the statement, not of the transaction: each statement behind the lock was sent
//! after the wait for it.

use chrono::{DateTime, Utc};
use fullhouse::wire::timestamp;
use seating::seat_layout::SeatIndex;
use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::statements::{self, Wish};
use super::{End, begin, end, refuse};
use crate::outcome::{Best, Block, HoldKey, Seized};
use crate::rows::{self, int, seat_list};

const LOCK_EVENT: &str = "select seats - taken from showtimes where id = $1 for update";

const EXPIRE_HOLDS: &str = "\
update holds set status = 'expired' \
where showtime_id = $1 and status = 'live' and expires_at <= statement_timestamp() \
returning id, seats";

/// Checks and reserves: the lock keeps everybody else away in between anyway.
const RESERVE: &str = "\
update seats \
set status = 'reserved', hold_id = $3, \
    held_until = statement_timestamp() + make_interval(secs => $4) \
where showtime_id = $1 and seat = any($2) and status = 'available' \
returning held_until";

const COUNT: &str = "update showtimes set taken = taken + $2 where id = $1";

/// Whatever has expired is no longer live once the event is locked.
const RELEASE_HOLD: &str = "\
update holds set status = 'released' \
where id = $1 and showtime_id = $2 and ($4 or buyer_id = $3) and status = 'live' \
returning seats";

/// An event whose row is locked.
struct Locked {
    places_left: i32,
    /// Places that expired holds gave back; the counter does not know of them yet.
    freed: i32,
    /// Whether any hold had expired.
    is_changed: bool,
}

pub(super) async fn hold_seats(
    connection: &mut PgConnection,
    wish: &Wish,
) -> Result<Seized, sqlx::Error> {
    // Whoever comes too late need not wait in line to hear it.
    let taken = rows::taken_seats(connection, wish.key.showtime, &wish.seats).await?;
    if !taken.is_empty() {
        return Ok(Seized::Taken(taken));
    }
    begin(connection).await?;
    let held = lock_and_hold(connection, wish).await;
    match end(connection, held).await? {
        Some(until) => Ok(Seized::Until(until)),
        None => refuse(connection, wish).await,
    }
}

pub(super) async fn hold_best(
    connection: &mut PgConnection,
    wish: Wish,
    block: Block,
) -> Result<Best, sqlx::Error> {
    begin(connection).await?;
    let held = lock_and_search(connection, wish, block).await;
    end(connection, held).await
}

/// Gives a hold back, within a transaction.
pub(super) async fn release(
    connection: &mut PgConnection,
    key: HoldKey,
) -> Result<End<Option<Vec<i32>>>, sqlx::Error> {
    let showtime = key.showtime.uuid();
    let locked = lock_event(connection, showtime).await?;
    let ask = sqlx::query_scalar(RELEASE_HOLD)
        .bind(key.hold.uuid())
        .bind(showtime)
        .bind(key.buyer.uuid())
        .bind(key.is_house);
    let seats: Option<Vec<i32>> = ask.fetch_optional(&mut *connection).await?;
    let Some(seats) = seats else {
        count(connection, showtime, -locked.freed).await?;
        return Ok(End::keep_if(locked.is_changed, None));
    };
    let freed = statements::free_seats(connection, showtime, key.hold.uuid(), &seats).await?;
    count(connection, showtime, -locked.freed - freed).await?;
    Ok(End::Commit(Some(seats)))
}

async fn lock_and_hold(
    connection: &mut PgConnection,
    wish: &Wish,
) -> Result<End<Option<Timestamp>>, sqlx::Error> {
    let locked = lock_event(connection, wish.key.showtime.uuid()).await?;
    let deadline = register(connection, wish, &locked).await?;
    Ok(deadline.map_or(End::Rollback(None), |deadline| {
        End::Commit(Some(timestamp(deadline)))
    }))
}

async fn lock_and_search(
    connection: &mut PgConnection,
    mut wish: Wish,
    block: Block,
) -> Result<End<Best>, sqlx::Error> {
    let showtime = wish.key.showtime;
    let locked = lock_event(connection, showtime.uuid()).await?;
    let found: Option<SeatIndex> = if locked.places_left < int(block.quantity) {
        None
    } else {
        rows::first_block(connection, showtime, block).await?
    };
    let Some(first) = found else {
        count(connection, showtime.uuid(), -locked.freed).await?;
        return Ok(End::keep_if(locked.is_changed, Best::NoBlock));
    };
    wish.at(first, block.quantity);
    // A hold that expired after the lock was taken is not taken back yet, though the search saw it.
    let deadline = register(connection, &wish, &locked).await?;
    Ok(deadline.map_or(End::Rollback(Best::Lost), |deadline| {
        End::Commit(Best::Held(seat_list(&wish.seats), timestamp(deadline)))
    }))
}

/// Locks the event and takes back what has expired.
async fn lock_event(connection: &mut PgConnection, showtime: Uuid) -> Result<Locked, sqlx::Error> {
    let ask = sqlx::query_scalar(LOCK_EVENT).bind(showtime);
    let places_left: i32 = ask.fetch_one(&mut *connection).await?;
    let ask = sqlx::query_as(EXPIRE_HOLDS).bind(showtime);
    let due: Vec<(Uuid, Vec<i32>)> = ask.fetch_all(&mut *connection).await?;
    let mut freed = 0;
    for (hold, seats) in &due {
        freed += statements::free_seats(connection, showtime, *hold, seats).await?;
    }
    Ok(Locked {
        places_left: places_left + freed,
        freed,
        is_changed: !due.is_empty(),
    })
}

/// The registration, if it fits; if not, the transaction has to be rolled back.
async fn register(
    connection: &mut PgConnection,
    wish: &Wish,
    locked: &Locked,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let wanted = i32::try_from(wish.seats.len()).unwrap_or(i32::MAX);
    if locked.places_left < wanted {
        return Ok(None);
    }
    let reserved = statements::reserve(connection, RESERVE, wish).await?;
    let deadline = match reserved.first() {
        Some(deadline) if reserved.len() == wish.seats.len() => *deadline,
        _ => return Ok(None),
    };
    let showtime = wish.key.showtime.uuid();
    count(connection, showtime, wanted - locked.freed).await?;
    statements::insert_hold(connection, wish, deadline).await?;
    Ok(Some(deadline))
}

/// Counts places that were taken, or given back; no statement where nothing changed.
async fn count(
    connection: &mut PgConnection,
    showtime: Uuid,
    taken: i32,
) -> Result<(), sqlx::Error> {
    if taken != 0 {
        let update = sqlx::query(COUNT).bind(showtime).bind(taken);
        update.execute(connection).await?;
    }
    Ok(())
}
