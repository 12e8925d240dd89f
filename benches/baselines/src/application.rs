//! Transactions that the server leads: `BEGIN`, every statement and `COMMIT` are a round trip each,
//! and what is locked stays locked through those that follow.
//!
//! `BEGIN` and its like are sent here and not by the driver's own transaction, which after a `COMMIT`
//! that failed with 40001 sends a `ROLLBACK` that PostgreSQL warns about. Who is canceled within a
//! transaction never comes to its end, so that its connection is replaced (`lanes`).

mod event_row;
mod first_free;
mod look_first;
mod seat_rows;
mod statements;

use seating::command::Confirm;
use seating::ids::BuyerId;
use seating::seat_layout::SeatIndex;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use self::statements::Wish;
use crate::design::Design;
use crate::outcome::{Best, Block, EndedHold, HoldKey, Seized, WhyNot};
use crate::rows::{self, int, numbers, seat_list};

/// How a transaction ends in which no statement failed.
enum End<T> {
    Commit(T),
    Rollback(T),
}

impl<T> End<T> {
    /// A lock that was taken in vain is rolled back, which waits for no disk.
    fn keep_if(is_changed: bool, answer: T) -> Self {
        if is_changed {
            Self::Commit(answer)
        } else {
            Self::Rollback(answer)
        }
    }
}

pub(crate) async fn hold_seats(
    connection: &mut PgConnection,
    design: Design,
    key: HoldKey,
    seats: &[SeatIndex],
    ttl_seconds: u32,
) -> Result<Seized, sqlx::Error> {
    let wish = Wish {
        key,
        seats: numbers(seats),
        ttl_seconds: int(ttl_seconds),
    };
    match design {
        Design::EventRowLock => event_row::hold_seats(connection, &wish).await,
        Design::Serializable => look_first::hold_seats(connection, &wish).await,
        Design::SeatRowsForUpdate
        | Design::SeatRowsSkipLocked
        | Design::ConditionalUpdate
        | Design::RedisLock => seat_rows::hold_seats(connection, design, &wish).await,
    }
}

pub(crate) async fn hold_best(
    connection: &mut PgConnection,
    design: Design,
    key: HoldKey,
    block: Block,
    ttl_seconds: u32,
) -> Result<Best, sqlx::Error> {
    let wish = Wish {
        key,
        seats: Vec::new(),
        ttl_seconds: int(ttl_seconds),
    };
    match design {
        Design::EventRowLock => event_row::hold_best(connection, wish, block).await,
        Design::Serializable => look_first::hold_best(connection, wish, block).await,
        Design::SeatRowsForUpdate
        | Design::SeatRowsSkipLocked
        | Design::ConditionalUpdate
        | Design::RedisLock => seat_rows::hold_best(connection, design, wish, block).await,
    }
}

/// The first free seats instead, which need not be neighbors.
pub(crate) async fn hold_first(
    connection: &mut PgConnection,
    design: Design,
    (key, quantity, ttl_seconds): (HoldKey, u32, u32),
) -> Result<Best, sqlx::Error> {
    let wish = Wish {
        key,
        seats: Vec::new(),
        ttl_seconds: int(ttl_seconds),
    };
    first_free::hold(connection, design, wish, quantity).await
}

pub(crate) async fn release(
    connection: &mut PgConnection,
    design: Design,
    key: HoldKey,
) -> Result<Result<EndedHold, WhyNot>, sqlx::Error> {
    begin(connection).await?;
    let released = if design == Design::EventRowLock {
        event_row::release(connection, key).await
    } else {
        give_back(connection, key).await
    };
    let Some(seats) = end(connection, released).await? else {
        return Ok(Err(statements::why_not(connection, key).await?));
    };
    let (seats, buyer) = (seat_list(&seats), key.buyer);
    Ok(Ok(EndedHold { seats, buyer }))
}

pub(crate) async fn confirm(
    connection: &mut PgConnection,
    key: HoldKey,
    sale: &Confirm,
) -> Result<Result<EndedHold, WhyNot>, sqlx::Error> {
    begin(connection).await?;
    let sold = sell(connection, key, sale).await;
    match end(connection, sold).await? {
        Sold::Hold(seats, buyer) => {
            let (seats, buyer) = (seat_list(&seats), BuyerId::new(buyer));
            Ok(Ok(EndedHold { seats, buyer }))
        }
        Sold::LostSeats => Ok(Err(WhyNot::Expired)),
        Sold::NotLive => Ok(Err(statements::why_not(connection, key).await?)),
    }
}

/// What became of a sale.
enum Sold {
    /// These seats of this buyer.
    Hold(Vec<i32>, Uuid),
    /// They went to somebody else at the moment of the hold's deadline.
    LostSeats,
    /// The caller has no such hold that is live.
    NotLive,
}

async fn give_back(
    connection: &mut PgConnection,
    key: HoldKey,
) -> Result<End<Option<Vec<i32>>>, sqlx::Error> {
    let released = statements::release_hold(connection, key).await?;
    let Some(seats) = released else {
        return Ok(End::Rollback(None));
    };
    statements::free_seats(connection, key.showtime.uuid(), key.hold.uuid(), &seats).await?;
    Ok(End::Commit(Some(seats)))
}

async fn sell(
    connection: &mut PgConnection,
    key: HoldKey,
    sale: &Confirm,
) -> Result<End<Sold>, sqlx::Error> {
    let confirmed = statements::confirm_hold(connection, key).await?;
    let Some((seats, buyer)) = confirmed else {
        return Ok(End::Rollback(Sold::NotLive));
    };
    let sold = statements::sell_seats(connection, key, &seats).await?;
    if sold != seats.len() as u64 {
        return Ok(End::Rollback(Sold::LostSeats));
    }
    statements::insert_booking(connection, key, buyer, sale).await?;
    statements::insert_tickets(connection, key, &seats, sale).await?;
    Ok(End::Commit(Sold::Hold(seats, buyer)))
}

async fn begin(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    send(connection, "begin").await
}

/// Ends the transaction. After a failed statement it is rolled back before the failure is told,
/// because the next user of the connection must not find it open; after a failed `COMMIT` it is over.
async fn end<T>(
    connection: &mut PgConnection,
    done: Result<End<T>, sqlx::Error>,
) -> Result<T, sqlx::Error> {
    match done {
        Ok(End::Commit(answer)) => {
            send(connection, "commit").await?;
            Ok(answer)
        }
        Ok(End::Rollback(answer)) => {
            send(connection, "rollback").await?;
            Ok(answer)
        }
        // A connection that broke answers nothing any more.
        Err(error) if error.as_database_error().is_none() => Err(error),
        Err(error) => {
            send(connection, "rollback").await?;
            Err(error)
        }
    }
}

async fn send(connection: &mut PgConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statement).execute(connection).await?;
    Ok(())
}

/// What a buyer is told who wanted these seats and did not get all of them.
async fn refuse(connection: &mut PgConnection, wish: &Wish) -> Result<Seized, sqlx::Error> {
    let taken = rows::taken_seats(connection, wish.key.showtime, &wish.seats).await?;
    Ok(Seized::Taken(taken))
}
