//! What the house decides about a showtime's sale; changed only by an event.

use crate::limits::{
    CALENDAR, HOLD_TTL_MAX_SECONDS_DEFAULT, HOLD_TTL_SECONDS_DEFAULT, HOLD_TTL_SECONDS_MAX,
    HOLD_TTL_SECONDS_MIN, PLACES_PER_BUYER_DEFAULT, PLACES_PER_BUYER_MAX,
};
use crate::rejection::{Rejection, invalid};
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
    /// How long a buyer keeps a place without buying it, whatever they ask for, extend and replace.
    /// The house is bound by [`HOLD_TTL_SECONDS_MAX`](crate::limits::HOLD_TTL_SECONDS_MAX) alone.
    pub hold_ttl_max_seconds: u32,
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
            hold_ttl_max_seconds: hold_ttl_max_usual(HOLD_TTL_SECONDS_DEFAULT),
            gap_rule: GapRule::Off,
            status: SaleStatus::Open,
        }
    }
}

impl Settings {
    /// Checks every bound, naming the field that breaks one.
    pub fn validate(&self) -> Result<(), Rejection> {
        if !(1..=PLACES_PER_BUYER_MAX).contains(&self.max_per_buyer) {
            let sent = self.max_per_buyer;
            let bounds = format!("must be from 1 to {PLACES_PER_BUYER_MAX}, not {sent}");
            return Err(invalid("max_per_buyer", bounds));
        }
        if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&self.hold_ttl_seconds) {
            return Err(invalid(
                "hold_ttl_seconds",
                ttl_bounds(self.hold_ttl_seconds),
            ));
        }
        let (usual, longest) = (self.hold_ttl_seconds, self.hold_ttl_max_seconds);
        if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&longest) {
            return Err(invalid("hold_ttl_max_seconds", ttl_bounds(longest)));
        }
        if usual > longest {
            let bounds = format!("{usual} is more than hold_ttl_max_seconds, which is {longest}");
            return Err(invalid("hold_ttl_seconds", bounds));
        }
        let backwards = self
            .on_sale_from
            .zip(self.on_sale_until)
            .is_some_and(|(a, b)| a >= b);
        if backwards {
            return Err(invalid("on_sale_until", "must be later than on_sale_from"));
        }
        for (field, time) in [
            ("on_sale_from", self.on_sale_from),
            ("on_sale_until", self.on_sale_until),
        ] {
            if time.is_some_and(|time| !CALENDAR.contains(&time)) {
                return Err(invalid(field, "must be in the years 1970 to 9999"));
            }
        }
        Ok(())
    }

    /// Whether these terms may become those.
    pub(crate) fn check_change(&self, next: &Self) -> Result<(), Rejection> {
        let status = self.status;
        let what = match (status, next.status) {
            (SaleStatus::Cancelled, _) => "cannot be changed any more",
            (SaleStatus::Open | SaleStatus::Paused, SaleStatus::Draft) => "cannot be a draft again",
            (SaleStatus::Draft, SaleStatus::Paused) => "cannot be paused before it is published",
            // Everybody is told of what is cancelled, and nobody was told of a draft.
            (SaleStatus::Draft, SaleStatus::Cancelled) => {
                "was never announced, so there is nothing to cancel: leave it a draft"
            }
            (SaleStatus::Draft, SaleStatus::Draft | SaleStatus::Open)
            | (
                SaleStatus::Open | SaleStatus::Paused,
                SaleStatus::Open | SaleStatus::Paused | SaleStatus::Cancelled,
            ) => return Ok(()),
        };
        Err(Rejection::ShowtimeState { status, what })
    }
}

/// The longest time a buyer keeps a place where the house does not say: half an hour, or as long as
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

/// Whether the house sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SaleStatus {
    /// Not yet announced: the house prepares it, and the public does not see it.
    Draft,
    /// On sale within its window.
    Open,
    /// Stopped for now; holds already given keep their promise.
    Paused,
    /// The showtime does not take place.
    Cancelled,
}

impl SaleStatus {
    /// As the HTTP contract says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
        }
    }
}

fn ttl_bounds(sent: u32) -> String {
    format!("must be from {HOLD_TTL_SECONDS_MIN} to {HOLD_TTL_SECONDS_MAX}, not {sent}")
}
