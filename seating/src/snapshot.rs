//! A seat map's state as plain data, for storing and for comparing.
//!
//! Everything derivable is left out and recomputed: seat states, counts, the deadline index.

use std::sync::Arc;

use crate::entry::Entry;
use crate::ids::{BookingId, BuyerId, HoldId, Seq};
use crate::places::{AreaQuantity, Places};
use crate::rejection::HoldEnd;
use crate::sale_terms::SaleTerms;
use crate::seat_layout::SeatIndex;
use crate::timestamp::Timestamp;

/// The state after the entry `seq`. Two seat maps are equal when their snapshots are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry in it.
    pub seq: Seq,
    /// When that entry was decided.
    pub at: Timestamp,
    pub terms: SaleTerms,
    /// Live holds, by id.
    pub holds: Vec<HoldImage>,
    /// Remembered ended holds, the longest ended first.
    pub ended_holds: Vec<HoldImage>,
    /// All bookings, by id.
    pub bookings: Vec<BookingImage>,
    /// Blocked seats, in order.
    pub blocked_seats: Vec<SeatIndex>,
    /// Blocked area places, in order.
    pub blocked_areas: Vec<AreaQuantity>,
    /// The remembered entries that answered stamped requests, by seq. Shared with the seat map:
    /// they are most of what a long sale leaves, and taking a snapshot must not copy them.
    pub outcomes: Vec<Arc<Entry>>,
    /// The filter of the keys of older ones; empty while there are none.
    pub forgotten: Vec<u8>,
}

/// One hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldImage {
    pub id: HoldId,
    pub buyer: BuyerId,
    pub places: Places,
    pub began_at: Timestamp,
    /// Its deadline: of the hold, or of the payment once it is pinned.
    pub expires_at: Timestamp,
    /// Where it is in its life.
    pub life: HoldLife,
    /// Of its places those that are blocked again when it ends unsold; none once it ended.
    pub from_blocked: Option<Box<Places>>,
}

/// Where a hold is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldLife {
    /// Its buyer is still choosing.
    Held,
    /// Its payment has begun.
    Pinned(BookingId),
    Ended(HoldEnd),
}

/// One booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingImage {
    pub id: BookingId,
    /// The hold it came from.
    pub hold: HoldId,
    pub buyer: BuyerId,
    /// What it covers, in ticket order.
    pub places: Places,
    /// Where it is in its life.
    pub state: BookingState,
    /// Bit `n - 1` is set when ticket `n` is cancelled.
    pub cancelled_tickets: u16,
}

/// Where a booking is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingState {
    /// Its payment has begun; its hold is pinned.
    Pending,
    /// Its payment deadline passed; a late payment may still bring its places back.
    Expired,
    /// Paid too late, its places gone.
    Orphaned,
    /// Sold, wholly or, after cancellations, in part.
    Confirmed,
    /// Cancelled, or never paid and given up.
    Cancelled,
}

impl BookingState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Expired,
        Self::Orphaned,
        Self::Confirmed,
        Self::Cancelled,
    ];

    /// Its name in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Orphaned => "orphaned",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
        }
    }
}
