//! Points in time as the rules see them. There is no `now()`: time is an argument.

use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z, the resolution of `timestamptz` in `PostgreSQL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Timestamp {
    /// The earliest representable point, before any real time.
    pub const MIN: Self = Self(i64::MIN);

    /// From microseconds since the Unix epoch.
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch, saturating.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Microseconds since the Unix epoch.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// This point plus `seconds`, saturating at the end of time.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds as i64 * MICROS_PER_SECOND))
    }

    /// This point plus `micros`, saturating at the end of time.
    #[must_use]
    pub const fn plus_micros(self, micros: u64) -> Self {
        Self(self.0.saturating_add_unsigned(micros))
    }

    /// This point less `micros`, saturating at the beginning of time.
    #[must_use]
    pub const fn minus_micros(self, micros: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(micros))
    }

    /// Microseconds from `now` until this point; 0 when it has passed.
    pub const fn micros_after(self, now: Self) -> u64 {
        let micros = self.0.saturating_sub(now.0);
        if micros < 0 { 0 } else { micros.unsigned_abs() }
    }

    /// Whole seconds from `now` until this point, rounded up so that a live hold never shows 0.
    pub const fn seconds_after(self, now: Self) -> u64 {
        self.micros_after(now).div_ceil(MICROS_PER_SECOND as u64)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}
