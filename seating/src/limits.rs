//! Every maximum of the rules, by name, with the relations between them checked at compile time.

use std::ops::Range;

use crate::timestamp::Timestamp;

/// Places one hold may cover.
pub const PLACES_PER_HOLD_MAX: usize = 10;
/// A showtime's `max_per_buyer` when nobody says otherwise: as much as one hold.
pub const PLACES_PER_BUYER_DEFAULT: u32 = 10;
/// Upper bound of a showtime's `max_per_buyer`.
pub const PLACES_PER_BUYER_MAX: u32 = 1_000;
/// Shortest time a hold may be asked for.
pub const HOLD_TTL_SECONDS_MIN: u32 = 60;
/// A hold's time when neither the buyer nor the showtime says otherwise.
pub const HOLD_TTL_SECONDS_DEFAULT: u32 = 600;
/// Longest time a hold may be asked for; no extension and no replacement keeps a place beyond it.
pub const HOLD_TTL_SECONDS_MAX: u32 = 3_600;
/// How long a buyer keeps a place without buying it, whatever they extend and replace, when neither
/// the showtime nor a longer default says otherwise.
pub const HOLD_TTL_MAX_SECONDS_DEFAULT: u32 = 1_800;
/// Longest time a payment may keep a hold pinned.
pub const PAYMENT_SECONDS_MAX: u32 = 2_700;
/// Seats of one showtime.
pub const SEATS_MAX: usize = 200_000;
/// Rows of one showtime, so that a row number fits in 16 bits.
pub const ROWS_MAX: usize = 65_535;
/// Seats of one row.
pub const SEATS_PER_ROW_MAX: usize = 1_000;
/// Sections of one showtime.
pub const SECTIONS_MAX: usize = 600;
/// Price tiers of one showtime.
pub const PRICE_TIERS_MAX: usize = 100;
/// Capacity of one general-admission area.
pub const AREA_CAPACITY_MAX: u32 = 1_000_000;
/// Bytes of a seat id; its length is kept in 8 bits.
pub const SEAT_ID_BYTES_MAX: usize = 200;
/// Bytes of a code, name or label.
pub const LABEL_BYTES_MAX: usize = 200;
/// Highest price of one place, in minor units.
pub const PRICE_MINOR_UNITS_MAX: i64 = 100_000_000_000;
/// Places one block or unblock command may name.
pub const PLACES_PER_BLOCK_MAX: usize = 10_000;
/// Bytes of a reason or payment reference.
pub const TEXT_BYTES_MAX: usize = 500;
/// Holds that one entry may expire; if more are due, more entries follow.
pub const HOLDS_PER_EXPIRY_MAX: usize = 1_000;
/// Ended holds an owner remembers, so that their buyers learn how they ended.
pub const ENDED_HOLDS_REMEMBERED: usize = 8_192;
/// The points in time that a showtime may name: from 1970 to the year 10000, which no calendar
/// writes in four digits.
pub const CALENDAR: Range<Timestamp> =
    Timestamp::from_unix_seconds(0)..Timestamp::from_unix_seconds(253_402_300_800);
/// Answers to stamped requests that an owner remembers; the journal knows the older ones. More than
/// may be in progress at once in a showtime, so that what is forgotten is durable.
pub const REQUESTS_REMEMBERED: usize = 65_536;
/// Bytes of the filter in which the keys of forgotten answers are kept.
pub const FORGOTTEN_KEYS_BYTES: usize = 1 << 20;
/// Rows over which a group may be split.
pub const SPLIT_ROWS_MAX: usize = PLACES_PER_HOLD_MAX / 2;

const _: () = assert!(HOLD_TTL_SECONDS_MIN <= HOLD_TTL_SECONDS_DEFAULT);
const _: () = assert!(HOLD_TTL_SECONDS_DEFAULT <= HOLD_TTL_MAX_SECONDS_DEFAULT);
const _: () = assert!(HOLD_TTL_MAX_SECONDS_DEFAULT <= HOLD_TTL_SECONDS_MAX);
const _: () = assert!(PLACES_PER_HOLD_MAX <= PLACES_PER_BUYER_MAX as usize);
const _: () = assert!(PLACES_PER_BUYER_DEFAULT <= PLACES_PER_BUYER_MAX);
// A booking marks cancelled tickets in 16 bits.
const _: () = assert!(PLACES_PER_HOLD_MAX <= 16);
const _: () = assert!(SEAT_ID_BYTES_MAX <= u8::MAX as usize);
// A section tier is numbered in 16 bits.
const _: () = assert!(PRICE_TIERS_MAX * SECTIONS_MAX <= u16::MAX as usize);
// Blocks of two seats over as many rows hold everybody.
const _: () = assert!(SPLIT_ROWS_MAX >= 2 && SPLIT_ROWS_MAX * 2 >= PLACES_PER_HOLD_MAX);
// The total of a hold cannot overflow.
const _: () = assert!(
    PRICE_MINOR_UNITS_MAX.unsigned_abs() <= i64::MAX.unsigned_abs() / PLACES_PER_HOLD_MAX as u64
);
