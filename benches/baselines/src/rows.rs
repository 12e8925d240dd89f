//! How seats are written in rows, and the questions that both kinds of transactions ask alike.

use seating::ids::ShowtimeId;
use seating::seat_layout::SeatIndex;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;

use crate::outcome::{Block, WhyNot};

const TAKEN_SEATS: &str = "select taken_seat, is_sold from taken_seats($1, $2)";
const FIRST_BLOCK: &str = "select first_block($1, $2, $3)";

/// Which of these seats are taken, and whether they are sold.
pub(crate) async fn taken_seats(
    connection: &mut PgConnection,
    showtime: ShowtimeId,
    seats: &[i32],
) -> Result<Vec<(SeatIndex, bool)>, sqlx::Error> {
    let ask = sqlx::query_as(TAKEN_SEATS)
        .bind(showtime.uuid())
        .bind(seats);
    let taken: Vec<(i32, bool)> = ask.fetch_all(connection).await?;
    let taken = taken.into_iter().map(|(at, is_sold)| (seat(at), is_sold));
    Ok(taken.collect())
}

/// The first free block, which nobody has been promised.
pub(crate) async fn first_block(
    connection: &mut PgConnection,
    showtime: ShowtimeId,
    block: Block,
) -> Result<Option<SeatIndex>, sqlx::Error> {
    let ask = sqlx::query_scalar(FIRST_BLOCK)
        .bind(showtime.uuid())
        .bind(int(block.quantity))
        .bind(int(block.start.0));
    let first: Option<i32> = ask.fetch_one(connection).await?;
    Ok(first.map(seat))
}

/// Why a hold was not ended, by the tables' own word for it.
pub(crate) fn why_not(outcome: &str) -> WhyNot {
    match outcome {
        "expired" => WhyNot::Expired,
        "confirmed" => WhyNot::Confirmed,
        "released" => WhyNot::Released,
        _ => WhyNot::NotFound,
    }
}

/// Whether the database reported this SQLSTATE.
pub(crate) fn has_code(error: &sqlx::Error, code: &str) -> bool {
    let reported = error.as_database_error().and_then(DatabaseError::code);
    reported.as_deref() == Some(code)
}

/// The rules bound every number that is stored here far below the column's own bound.
pub(crate) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(crate) const fn seat(number: i32) -> SeatIndex {
    SeatIndex(number.unsigned_abs())
}

/// So many seats from this one on.
pub(crate) fn run(first: SeatIndex, quantity: u32) -> Vec<SeatIndex> {
    (first.0..first.0 + quantity).map(SeatIndex).collect()
}

pub(crate) fn numbers(seats: &[SeatIndex]) -> Vec<i32> {
    seats.iter().map(|seat| int(seat.0)).collect()
}

pub(crate) fn seat_list(numbers: &[i32]) -> Vec<SeatIndex> {
    numbers.iter().copied().map(seat).collect()
}
