//! New ids and ticket codes. The rules make none: they come in with the command.

use seating::command::TicketStock;
use seating::ids::{BookingId, HoldId, ShowtimeId, TicketCode, TicketId};
use seating::timestamp::Timestamp;
use uuid::Uuid;

/// A new `UUIDv7`: sorted by `now`, random otherwise.
pub fn uuid(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.unix_micros() / 1_000).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
}

/// A new hold's id.
pub fn hold(now: Timestamp) -> HoldId {
    HoldId::new(uuid(now))
}

/// A new booking's id.
pub fn booking(now: Timestamp) -> BookingId {
    BookingId::new(uuid(now))
}

/// A new showtime's id.
pub fn showtime(now: Timestamp) -> ShowtimeId {
    ShowtimeId::new(uuid(now))
}

/// Ids and codes for as many tickets as a booking can need.
pub fn tickets(now: Timestamp) -> Box<TicketStock> {
    Box::new(std::array::from_fn(|_| {
        (TicketId::new(uuid(now)), TicketCode::new(rand::random()))
    }))
}
