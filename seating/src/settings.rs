//! What the house decides about a showtime's sale; changed only by an event.

use crate::limits::{HOLD_TTL_SECONDS_DEFAULT, PLACES_PER_BUYER_DEFAULT};
use crate::timestamp::Timestamp;

/// The sale's terms. Part of the journal: `Opened` carries the first, `Reconfigured` the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Nothing is sold before this point; `None` means at once.
    pub on_sale_from: Option<Timestamp>,
    /// Nothing is sold from this point on; `None` means no end.
    pub on_sale_until: Option<Timestamp>,
    /// Places one buyer may have in live holds and bookings together.
    pub max_per_buyer: u32,
    /// How long a hold lives when its buyer does not say.
    pub hold_ttl_seconds: u32,
    /// What happens to picks that strand a single seat.
    pub gap_rule: GapRule,
    /// Whether the sale runs at all.
    pub status: SaleStatus,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            on_sale_from: None,
            on_sale_until: None,
            max_per_buyer: PLACES_PER_BUYER_DEFAULT,
            hold_ttl_seconds: HOLD_TTL_SECONDS_DEFAULT,
            gap_rule: GapRule::Off,
            status: SaleStatus::Open,
        }
    }
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

/// Whether the house sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SaleStatus {
    /// On sale within its window.
    Open,
    /// Stopped for now; holds already given keep their promise.
    Paused,
    /// The showtime does not take place.
    Cancelled,
}
