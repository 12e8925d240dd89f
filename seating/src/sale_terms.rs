//! The terms of a showtime's sale; changed only by an entry.

mod rules;

use crate::limits::{
    HOLD_TTL_MAX_SECONDS_DEFAULT, HOLD_TTL_SECONDS_DEFAULT, PLACES_PER_BUYER_DEFAULT,
};
use crate::timestamp::Timestamp;

/// The sale's terms. Part of the journal: `Opened` carries the first, `Reconfigured` the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleTerms {
    /// Nothing is sold before this point; `None` means at once.
    pub on_sale_from: Option<Timestamp>,
    /// Nothing is sold from this point on; `None` means no end.
    pub on_sale_until: Option<Timestamp>,
    /// Places one buyer may have in live holds and bookings together.
    pub max_per_buyer: u32,
    /// How long a hold lives when its buyer does not say.
    pub hold_ttl_seconds: u32,
    /// How long a buyer keeps a place without buying it, whatever they ask for, extend and replace.
    /// Staff are bound by [`HOLD_TTL_SECONDS_MAX`](crate::limits::HOLD_TTL_SECONDS_MAX) alone.
    pub hold_ttl_max_seconds: u32,
    /// What happens to picks that strand a single seat.
    pub gap_rule: GapRule,
    /// Whether the sale runs at all.
    pub status: SaleStatus,
}

impl Default for SaleTerms {
    fn default() -> Self {
        Self {
            on_sale_from: None,
            on_sale_until: None,
            max_per_buyer: PLACES_PER_BUYER_DEFAULT,
            hold_ttl_seconds: HOLD_TTL_SECONDS_DEFAULT,
            hold_ttl_max_seconds: hold_ttl_max_usual(HOLD_TTL_SECONDS_DEFAULT),
            gap_rule: GapRule::Off,
            status: SaleStatus::Open,
        }
    }
}

/// The longest time a buyer keeps a place where staff did not say: half an hour, or as long as
/// a hold lives by default if that is longer.
pub fn hold_ttl_max_usual(hold_ttl_seconds: u32) -> u32 {
    hold_ttl_seconds.max(HOLD_TTL_MAX_SECONDS_DEFAULT)
}

/// How strictly single free seats are protected from being stranded between taken ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapRule {
    /// Any pick is taken.
    Off,
    /// A pick that strands a seat is refused when its own row offers one that does not.
    Lenient,
    /// A pick that strands a seat is refused when its section offers one that does not.
    Strict,
}

/// Whether the showtime is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SaleStatus {
    /// Not yet announced: staff prepare it, and the public does not see it.
    Draft,
    /// On sale within its window.
    Open,
    /// Stopped for now; holds already given keep their promise.
    Paused,
    /// The showtime does not take place.
    Cancelled,
}

impl SaleStatus {
    /// Its name in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
        }
    }
}
