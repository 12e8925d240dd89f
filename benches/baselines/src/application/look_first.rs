//! Look, then write, as if nobody else were there: the isolation level, which every connection has
//! as its default, fails the transaction with 40001 when somebody was.

use fullhouse::wire::timestamp;
use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;

use super::statements::{self, RESERVE_CHOSEN, Wish};
use super::{End, begin, end};
use crate::outcome::{Best, Block, Seized};
use crate::rows::{self, seat_list};

pub(super) async fn hold_seats(
    connection: &mut PgConnection,
    wish: &Wish,
) -> Result<Seized, sqlx::Error> {
    begin(connection).await?;
    let seized = look_and_hold(connection, wish).await;
    end(connection, seized).await
}

pub(super) async fn hold_best(
    connection: &mut PgConnection,
    wish: Wish,
    block: Block,
) -> Result<Best, sqlx::Error> {
    begin(connection).await?;
    let held = search_and_hold(connection, wish, block).await;
    end(connection, held).await
}

async fn look_and_hold(
    connection: &mut PgConnection,
    wish: &Wish,
) -> Result<End<Seized>, sqlx::Error> {
    let taken = rows::taken_seats(connection, wish.key.showtime, &wish.seats).await?;
    // What was seen holds only if the transaction commits, a refusal too.
    Ok(End::Commit(if taken.is_empty() {
        Seized::Until(write(connection, wish).await?)
    } else {
        Seized::Taken(taken)
    }))
}

async fn search_and_hold(
    connection: &mut PgConnection,
    mut wish: Wish,
    block: Block,
) -> Result<End<Best>, sqlx::Error> {
    let found = rows::first_block(connection, wish.key.showtime, block).await?;
    let Some(first) = found else {
        return Ok(End::Commit(Best::NoBlock));
    };
    wish.at(first, block.quantity);
    let until = write(connection, &wish).await?;
    Ok(End::Commit(Best::Held(seat_list(&wish.seats), until)))
}

async fn write(connection: &mut PgConnection, wish: &Wish) -> Result<Timestamp, sqlx::Error> {
    let reserved = statements::reserve(connection, RESERVE_CHOSEN, wish).await?;
    let deadline = *reserved.first().ok_or(sqlx::Error::RowNotFound)?;
    statements::insert_hold(connection, wish, deadline).await?;
    Ok(timestamp(deadline))
}
