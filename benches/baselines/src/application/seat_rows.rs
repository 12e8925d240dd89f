//! The designs in which the seats' own rows decide: locked first and changed then, or changed by
//! one update whose condition is the check.

use chrono::{DateTime, Utc};
use fullhouse::wire::timestamp;
use seating::seat_layout::SeatIndex;
use sqlx::postgres::PgConnection;

use super::statements::{self, RESERVE_CHOSEN, Wish};
use super::{End, begin, end, refuse};
use crate::design::Design;
use crate::outcome::{Best, Block, Seized};
use crate::rows::{self, seat_list};

/// Locks those that are free, in the order of their numbers so that no two buyers wait for each
/// other.
macro_rules! lock_free {
    ($how:literal) => {
        concat!(
            "select seat from seats \
             where showtime_id = $1 and seat = any($2) \
                 and (status = 'available' or status = 'reserved' and held_until <= now()) \
             order by seat for update",
            $how
        )
    };
}

const LOCK_FREE: &str = lock_free!("");
const LOCK_FREE_SKIP_LOCKED: &str = lock_free!(" skip locked");

/// Reserves those that are free. One that another transaction is changing is waited for and looked
/// at again.
const RESERVE_FREE: &str = "\
update seats \
set status = 'reserved', held_until = now() + make_interval(secs => $4), hold_id = $3 \
where showtime_id = $1 and seat = any($2) \
    and (status = 'available' or status = 'reserved' and held_until <= now()) \
returning held_until";

/// Blocks that a buyer tries within one transaction.
const BLOCKS_MAX: u32 = 8;

/// How many of the wanted seats were to be had.
enum Got {
    /// All, until then.
    All(DateTime<Utc>),
    /// Not all, and the transaction has to be rolled back.
    Some,
    /// None, and nothing is locked.
    None,
}

pub(super) async fn hold_seats(
    connection: &mut PgConnection,
    design: Design,
    wish: &Wish,
) -> Result<Seized, sqlx::Error> {
    begin(connection).await?;
    let held = hold(connection, design, wish).await.map(|got| match got {
        Got::All(deadline) => End::Commit(Some(deadline)),
        Got::Some | Got::None => End::Rollback(None),
    });
    match end(connection, held).await? {
        Some(deadline) => Ok(Seized::Until(timestamp(deadline))),
        None => refuse(connection, wish).await,
    }
}

/// The first look comes before `BEGIN`: who finds no block needs no transaction.
pub(super) async fn hold_best(
    connection: &mut PgConnection,
    design: Design,
    mut wish: Wish,
    block: Block,
) -> Result<Best, sqlx::Error> {
    let found = rows::first_block(connection, wish.key.showtime, block).await?;
    let Some(first) = found else {
        return Ok(Best::NoBlock);
    };
    wish.at(first, block.quantity);
    begin(connection).await?;
    let held = try_blocks(connection, design, wish, first).await;
    end(connection, held).await
}

/// Tries the block that was found, and after a loss those further behind.
async fn try_blocks(
    connection: &mut PgConnection,
    design: Design,
    mut wish: Wish,
    mut first: SeatIndex,
) -> Result<End<Best>, sqlx::Error> {
    let quantity = u32::try_from(wish.seats.len()).unwrap_or(u32::MAX);
    for tried in 1..=BLOCKS_MAX {
        match hold(connection, design, &wish).await? {
            Got::All(deadline) => {
                return Ok(End::Commit(Best::Held(
                    seat_list(&wish.seats),
                    timestamp(deadline),
                )));
            }
            // A lock that is kept while waiting for the next could close a circle.
            Got::Some => break,
            Got::None if tried == BLOCKS_MAX => break,
            Got::None => {}
        }
        let start = SeatIndex(first.0 + quantity);
        let block = Block { quantity, start };
        let found = rows::first_block(connection, wish.key.showtime, block).await?;
        let Some(next) = found else {
            return Ok(End::Rollback(Best::NoBlock));
        };
        first = next;
        wish.at(first, quantity);
    }
    Ok(End::Rollback(Best::Lost))
}

async fn hold(
    connection: &mut PgConnection,
    design: Design,
    wish: &Wish,
) -> Result<Got, sqlx::Error> {
    let lock = match design {
        Design::SeatRowsForUpdate => Some(LOCK_FREE),
        Design::SeatRowsSkipLocked => Some(LOCK_FREE_SKIP_LOCKED),
        Design::EventRowLock
        | Design::Serializable
        | Design::ConditionalUpdate
        | Design::RedisLock => None,
    };
    let mut reserve = RESERVE_FREE;
    if let Some(lock) = lock {
        let ask = sqlx::query_scalar(lock)
            .bind(wish.key.showtime.uuid())
            .bind(&wish.seats);
        let locked: Vec<i32> = ask.fetch_all(&mut *connection).await?;
        if locked.len() < wish.seats.len() {
            return Ok(some_or_none(locked.len()));
        }
        reserve = RESERVE_CHOSEN;
    }
    let reserved = statements::reserve(connection, reserve, wish).await?;
    match reserved.first() {
        Some(deadline) if reserved.len() == wish.seats.len() => {
            statements::insert_hold(connection, wish, *deadline).await?;
            Ok(Got::All(*deadline))
        }
        _ => Ok(some_or_none(reserved.len())),
    }
}

const fn some_or_none(count: usize) -> Got {
    if count == 0 { Got::None } else { Got::Some }
}
