//! Transactions inside the database: one call of a stored function, and so one round trip, each.

use chrono::{DateTime, Utc};
use fullhouse::wire::timestamp;
use seating::command::Confirm;
use seating::ids::BuyerId;
use seating::seat_layout::SeatIndex;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::outcome::{Best, Block, EndedHold, HoldKey, Seized, WhyNot};
use crate::rows::{self, has_code, int, numbers, run, seat, seat_list};

const HOLD_SEATS: &str = "select until, taken, sold from hold_seats($1, $2, $3, $4, $5)";
const HOLD_BEST: &str = "select first_seat, until from hold_best($1, $2, $3, $4, $5, $6)";
const RELEASE: &str = "select outcome, its_seats from release_hold($1, $2, $3, $4)";
const CONFIRM: &str = "\
select outcome, its_seats, its_buyer from confirm_hold($1, $2, $3, $4, $5, $6, $7, $8)";

/// Raised by a function when some, but not all of the seats were to be had.
const SOME_TAKEN: &str = "FH409";
/// Raised with the reason when a lock was taken in vain, so that no commit waits for the disk.
const IN_VAIN: &str = "FH404";
/// Raised when a hold's seats went to somebody else at the moment of its deadline.
const LOST_SEATS: &str = "FH410";

/// A reservation's deadline, or the seats that are taken and whether they are sold.
type Reserved = (Option<DateTime<Utc>>, Option<Vec<i32>>, Option<Vec<bool>>);

/// A confirmation's outcome, seats and buyer.
type Sold = (String, Option<Vec<i32>>, Option<Uuid>);

pub(crate) async fn hold_seats(
    connection: &mut PgConnection,
    key: HoldKey,
    seats: &[SeatIndex],
    ttl_seconds: u32,
) -> Result<Seized, sqlx::Error> {
    let wanted = numbers(seats);
    let ask = sqlx::query_as(HOLD_SEATS)
        .bind(key.showtime.uuid())
        .bind(key.hold.uuid())
        .bind(key.buyer.uuid())
        .bind(&wanted)
        .bind(int(ttl_seconds));
    let reserved: Result<Reserved, _> = ask.fetch_one(&mut *connection).await;
    let (until, taken, sold) = match reserved {
        // What was changed is undone; the buyer still learns which seats are taken.
        Err(error) if has_code(&error, SOME_TAKEN) => {
            let taken = rows::taken_seats(connection, key.showtime, &wanted).await?;
            return Ok(Seized::Taken(taken));
        }
        reserved => reserved?,
    };
    if let Some(until) = until {
        return Ok(Seized::Until(timestamp(until)));
    }
    let taken = seat_list(&taken.unwrap_or_default());
    let sold = sold.unwrap_or_default();
    Ok(Seized::Taken(taken.into_iter().zip(sold).collect()))
}

pub(crate) async fn hold_best(
    connection: &mut PgConnection,
    key: HoldKey,
    block: Block,
    ttl_seconds: u32,
) -> Result<Best, sqlx::Error> {
    let ask = sqlx::query_as(HOLD_BEST)
        .bind(key.showtime.uuid())
        .bind(key.hold.uuid())
        .bind(key.buyer.uuid())
        .bind(int(block.quantity))
        .bind(int(block.start.0))
        .bind(int(ttl_seconds));
    let held: Result<(Option<i32>, Option<DateTime<Utc>>), _> = ask.fetch_one(connection).await;
    match held {
        Ok((Some(first), Some(until))) => {
            let seats = run(seat(first), block.quantity);
            Ok(Best::Held(seats, timestamp(until)))
        }
        Ok(_) => Ok(Best::NoBlock),
        Err(error) if has_code(&error, IN_VAIN) => Ok(Best::NoBlock),
        Err(error) if has_code(&error, SOME_TAKEN) => Ok(Best::Lost),
        Err(error) => Err(error),
    }
}

pub(crate) async fn release(
    connection: &mut PgConnection,
    key: HoldKey,
) -> Result<Result<EndedHold, WhyNot>, sqlx::Error> {
    let ask = sqlx::query_as(RELEASE)
        .bind(key.showtime.uuid())
        .bind(key.hold.uuid())
        .bind(key.buyer.uuid())
        .bind(key.is_house);
    let released: Result<(String, Option<Vec<i32>>), _> = ask.fetch_one(connection).await;
    match released {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(IN_VAIN) => {
            Ok(Err(rows::why_not(error.message())))
        }
        Err(error) => Err(error),
        Ok((outcome, seats)) => Ok(ended(&outcome, seats, key.buyer)),
    }
}

pub(crate) async fn confirm(
    connection: &mut PgConnection,
    key: HoldKey,
    sale: &Confirm,
) -> Result<Result<EndedHold, WhyNot>, sqlx::Error> {
    let (ids, codes): (Vec<Uuid>, Vec<Uuid>) = sale
        .tickets
        .iter()
        .map(|(id, code)| (id.uuid(), Uuid::from_u128(code.bits())))
        .unzip();
    let ask = sqlx::query_as(CONFIRM)
        .bind(key.showtime.uuid())
        .bind(key.hold.uuid())
        .bind(key.buyer.uuid())
        .bind(key.is_house)
        .bind(sale.booking.uuid())
        .bind(ids)
        .bind(codes)
        .bind(sale.payment_reference.clone());
    let sold: Result<Sold, _> = ask.fetch_one(connection).await;
    match sold {
        Err(error) if has_code(&error, LOST_SEATS) => Ok(Err(WhyNot::Expired)),
        Err(error) => Err(error),
        Ok((outcome, seats, buyer)) => {
            let buyer = buyer.map_or(key.buyer, BuyerId::new);
            Ok(ended(&outcome, seats, buyer))
        }
    }
}

fn ended(outcome: &str, seats: Option<Vec<i32>>, buyer: BuyerId) -> Result<EndedHold, WhyNot> {
    match outcome {
        "done" => Ok(EndedHold {
            seats: seat_list(&seats.unwrap_or_default()),
            buyer,
        }),
        other => Err(rows::why_not(other)),
    }
}
