//! The core counts without signs, `PostgreSQL` only with them. Every value of the core is far
//! below these ends; one that were not is clamped, and a key or check constraint refuses it.

/// A count or number for a `bigint` column.
pub(crate) fn bigint(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count for an `integer` column.
pub(crate) fn int(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// A number for a `smallint` column.
pub(crate) fn smallint(value: u16) -> i16 {
    i16::try_from(value).unwrap_or(i16::MAX)
}

/// An index as `PostgreSQL`'s arrays count, from 1.
pub(crate) fn ordinal(index: usize) -> i32 {
    i32::try_from(index + 1).unwrap_or(i32::MAX)
}

/// A number from a `bigint` column; nothing stored is negative.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A count from an `integer` column; nothing stored is negative.
pub(crate) fn unsigned_int(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
