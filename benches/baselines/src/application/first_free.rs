//! Any seats as tutorials often take them: the first that are free, in their order. All buyers want the
//! same rows, and either queue for their locks or are thrown out by the isolation level.
//!
//! It asks for less than the other search, since the seats need not be neighbors.

use fullhouse::wire::timestamp;
use sqlx::postgres::PgConnection;

use super::statements::{self, RESERVE_CHOSEN, Wish};
use super::{End, begin, end};
use crate::design::Design;
use crate::outcome::Best;
use crate::rows::seat_list;

macro_rules! first_free {
    ($how:literal) => {
        concat!(
            "select seat from seats \
             where showtime_id = $1 \
                 and (status = 'available' or status = 'reserved' and held_until <= now()) \
             order by seat limit $2",
            $how
        )
    };
}

const LOOK: &str = first_free!("");
/// Who waited for a row that is taken by now goes on to the next.
const LOCK: &str = first_free!(" for update");

pub(super) async fn hold(
    connection: &mut PgConnection,
    design: Design,
    wish: Wish,
    quantity: u32,
) -> Result<Best, sqlx::Error> {
    begin(connection).await?;
    let held = choose_and_hold(connection, design, wish, quantity).await;
    end(connection, held).await
}

async fn choose_and_hold(
    connection: &mut PgConnection,
    design: Design,
    mut wish: Wish,
    quantity: u32,
) -> Result<End<Best>, sqlx::Error> {
    let choose = if design.is_serializable() { LOOK } else { LOCK };
    let ask = sqlx::query_scalar(choose)
        .bind(wish.key.showtime.uuid())
        .bind(i64::from(quantity));
    wish.seats = ask.fetch_all(&mut *connection).await?;
    if wish.seats.len() < quantity as usize {
        // What was seen holds only if a serializable transaction commits.
        return Ok(if design.is_serializable() {
            End::Commit(Best::NoBlock)
        } else {
            End::Rollback(Best::NoBlock)
        });
    }
    let reserved = statements::reserve(connection, RESERVE_CHOSEN, &wish).await?;
    let deadline = *reserved.first().ok_or(sqlx::Error::RowNotFound)?;
    statements::insert_hold(connection, &wish, deadline).await?;
    Ok(End::Commit(Best::Held(
        seat_list(&wish.seats),
        timestamp(deadline),
    )))
}
