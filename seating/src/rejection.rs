//! Why the rules refuse a command. A rejection changes nothing and is not an error.

use crate::ids::BookingId;
use crate::sale_terms::SaleStatus;
use crate::seat_layout::{SeatIndex, SectionIndex};
use crate::timestamp::Timestamp;

pub use field::Field;

mod field;

/// A command that the rules refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A value is outside its bounds.
    #[error("{field:?}: {reason}")]
    Invalid {
        /// Which value.
        field: Field,
        /// What is wrong, with the bound.
        reason: String,
    },
    /// Some places are taken; every one is named.
    #[error("some of the places are no longer available")]
    PlacesUnavailable {
        /// Each conflict with its status.
        conflicts: Vec<Conflict>,
    },
    /// Some of the places to be put back on sale are not off sale; every one is named.
    #[error("some of the places are not blocked")]
    NotBlocked {
        /// Each with its status.
        conflicts: Vec<Conflict>,
    },
    /// Places that have no price cannot be put on sale.
    #[error("some of the places have no price, so they are not for sale")]
    NotForSale {
        /// Each of them.
        conflicts: Vec<Conflict>,
    },
    /// Nothing that could satisfy the wish is left on sale.
    #[error("sold out")]
    SoldOut {
        /// Each full area with its status; empty when a wish was for the best available.
        conflicts: Vec<Conflict>,
    },
    /// Places are left, but no block as asked.
    #[error("there are no {quantity} places together any more")]
    NoBlock {
        /// How many were asked.
        quantity: u32,
    },
    /// The pick would leave free seats with no free seat beside them.
    #[error("the choice would leave a single seat stranded")]
    StrandedSeat {
        /// The seats that would be left alone.
        seats: Vec<SeatIndex>,
    },
    /// The buyer would have more than the showtime allows.
    #[error("a buyer may have at most {max} places of this showtime, and has {current}")]
    TicketLimitReached {
        /// The showtime's cap.
        max: u32,
        /// Places in the buyer's live holds and bookings, not counting a replaced hold.
        current: u32,
    },
    /// Outside the sale window, paused or cancelled.
    #[error("the showtime is not on sale")]
    NotOnSale {
        /// When it will be, if that is known.
        opens_at: Option<Timestamp>,
    },
    /// The sale's status does not allow it.
    #[error("the showtime is {}; it {what}", .status.as_str())]
    ShowtimeState {
        status: SaleStatus,
        /// What cannot be done.
        what: &'static str,
    },
    /// No such hold for this caller.
    #[error("no such hold")]
    HoldNotFound,
    /// The hold's deadline has passed.
    #[error("the hold has expired")]
    HoldExpired,
    /// The hold has already been released or sold.
    #[error("the hold has already been {}", .how.as_str())]
    HoldEnded { how: HoldEnd },
    /// The hold's payment has begun, so it cannot be released or changed.
    #[error("the payment of the hold has begun")]
    HoldPinned,
    /// The hold is as old as a hold may become.
    #[error(
        "a hold may be extended up to {limit_seconds} seconds after its places were first held"
    )]
    CannotExtend { limit_seconds: u32 },
    /// The hold costs money that nobody says was paid.
    #[error("only the box office confirms a hold that costs money")]
    PaymentRequired,
    /// No such booking for this caller.
    #[error("no such booking")]
    BookingNotFound,
    /// The booking's state does not allow it.
    #[error("the booking is {state}")]
    BookingState { state: &'static str },
    /// The same idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// An id that must be new is known already.
    #[error("the id {0} is already in use")]
    IdInUse(uuid::Uuid),
    /// The showtime has not been opened.
    #[error("the showtime is not open")]
    NotOpened,
}

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldEnd {
    /// Its places were sold, as this booking; which one is not known of holds sold before this was
    /// kept.
    Confirmed(Option<BookingId>),
    /// Its places were given back.
    Released,
    /// Its deadline passed.
    Expired,
}

impl HoldEnd {
    /// Its name in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed(_) => "confirmed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

/// One place that is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A seat and what it is.
    Seat(SeatIndex, PlaceStatus),
    /// An area that has fewer places than were asked for.
    Area {
        section: SectionIndex,
        /// Free, if some places are; else what takes most of it.
        status: PlaceStatus,
        /// How many places are free.
        available: u32,
    },
}

/// What a place is to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaceStatus {
    /// For sale.
    Available,
    /// Held or pinned for somebody.
    Reserved,
    /// Sold.
    Booked,
    /// Taken off sale by staff.
    Blocked,
}

/// A value outside its bounds.
pub(crate) fn invalid(field: Field, reason: impl Into<String>) -> Rejection {
    Rejection::Invalid {
        field,
        reason: reason.into(),
    }
}
