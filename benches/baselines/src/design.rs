//! The compared designs by name.

use std::fmt;
use std::str::FromStr;

use crate::picks::Picks;
use crate::transactions::Transactions;

/// A way to sell each seat once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Design {
    /// Lock the event's row, check, count, insert.
    EventRowLock,
    /// Lock the wanted seats' rows, then change them.
    SeatRowsForUpdate,
    /// The same, taking a locked row for a taken seat.
    SeatRowsSkipLocked,
    /// Look, then write, in a SERIALIZABLE transaction that is tried again.
    Serializable,
    /// One update whose condition is the check.
    ConditionalUpdate,
    /// A lock per seat in Redis, then the conditional update.
    RedisLock,
}

/// A name that is no design's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of {names}", names = Design::ALL.map(Design::as_str).join(", "))]
pub struct UnknownDesign(String);

const TABLES: &str = include_str!("../sql/tables.sql");
const EVENT_ROW_LOCK: &str = include_str!("../sql/event_row_lock.sql");
const SEAT_ROWS: &str = include_str!("../sql/seat_rows_for_update.sql");
const SERIALIZABLE: &str = include_str!("../sql/serializable.sql");
const CONDITIONAL_UPDATE: &str = include_str!("../sql/conditional_update.sql");

impl Design {
    /// Every design.
    pub const ALL: [Self; 6] = [
        Self::EventRowLock,
        Self::SeatRowsForUpdate,
        Self::SeatRowsSkipLocked,
        Self::Serializable,
        Self::ConditionalUpdate,
        Self::RedisLock,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventRowLock => "event_row_lock",
            Self::SeatRowsForUpdate => "seat_rows_for_update",
            Self::SeatRowsSkipLocked => "seat_rows_skip_locked",
            Self::Serializable => "serializable",
            Self::ConditionalUpdate => "conditional_update",
            Self::RedisLock => "redis_lock",
        }
    }

    /// Whether it locks in Redis.
    pub const fn needs_redis(self) -> bool {
        matches!(self, Self::RedisLock)
    }

    /// Connections to `PostgreSQL` that serve it best.
    pub const fn pool_default(self, transactions: Transactions, picks: Picks) -> u32 {
        match self {
            // More would only wait for the same rows, or fail for them.
            Self::Serializable if matches!(picks, Picks::First) => 8,
            _ if matches!(picks, Picks::First) => 16,
            Self::EventRowLock => 16,
            // By a little: the figures are in the README.
            Self::SeatRowsSkipLocked if matches!(transactions, Transactions::Application) => 16,
            Self::SeatRowsForUpdate
            | Self::SeatRowsSkipLocked
            | Self::Serializable
            | Self::ConditionalUpdate
            | Self::RedisLock => 32,
        }
    }

    /// Whether every connection's transactions are SERIALIZABLE.
    pub const fn is_serializable(self) -> bool {
        matches!(self, Self::Serializable)
    }

    /// Whether it is also measured as tutorials often show it, everybody taking the first free seats.
    pub const fn can_pick_first(self) -> bool {
        matches!(self, Self::SeatRowsForUpdate | Self::Serializable)
    }

    /// The schema that its tables and functions are in, so that designs can share a database.
    pub fn schema(self) -> String {
        format!("baseline_{}", self.as_str())
    }

    /// What makes its tables and functions, however often it is run.
    pub fn sql(self) -> String {
        let own = match self {
            Self::EventRowLock => EVENT_ROW_LOCK.to_owned(),
            Self::SeatRowsForUpdate => SEAT_ROWS.replace(SKIP_LOCKED, ""),
            Self::SeatRowsSkipLocked => SEAT_ROWS.replace(SKIP_LOCKED, " skip locked"),
            Self::Serializable => SERIALIZABLE.to_owned(),
            Self::ConditionalUpdate | Self::RedisLock => CONDITIONAL_UPDATE.to_owned(),
        };
        format!("{TABLES}\n{own}")
    }
}

/// Where the two variants of locked seat rows differ.
const SKIP_LOCKED: &str = "{skip_locked}";

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Design {
    type Err = UnknownDesign;

    fn from_str(text: &str) -> Result<Self, UnknownDesign> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| UnknownDesign(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for design in Design::ALL {
            assert_eq!(design.as_str().parse(), Ok(design));
        }
        let unknown = "mutex".parse::<Design>().unwrap_err().to_string();
        assert!(unknown.contains("event_row_lock, seat_rows"), "{unknown}");
    }

    #[test]
    fn only_one_variant_skips_locked_rows() {
        assert!(!Design::SeatRowsForUpdate.sql().contains("skip locked"));
        assert!(Design::SeatRowsSkipLocked.sql().contains("skip locked"));
        for design in Design::ALL {
            assert!(!design.sql().contains(SKIP_LOCKED), "{design}");
        }
    }
}
