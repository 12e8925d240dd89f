//! One type per noun: a hold can never be passed where a booking is meant.
//!
//! Ids arrive with the command that needs them; nothing here makes one.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use uuid::Uuid;

macro_rules! uuid_newtypes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(Uuid);

        /// As one number: every decision looks up several ids.
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                state.write_u128(self.0.as_u128());
            }
        }

        impl $name {
            /// Wraps a UUID made elsewhere.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself, for the edges that write it down.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

uuid_newtypes! {
    /// One sellable time slot: the unit of ownership.
    ShowtimeId;
    /// Places set aside for a buyer until a deadline.
    HoldId;
    /// Whoever holds and buys; the `sub` of their token.
    BuyerId;
    /// What a buyer bought.
    BookingId;
    /// One sold place.
    TicketId;
}

/// The secret printed on a ticket: 128 random bits, made by the caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketCode(u128);

impl TicketCode {
    /// Wraps 128 random bits made elsewhere.
    pub const fn new(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits, for the edges that write them down.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for TicketCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A code admits whoever shows it, so it stays out of logs.
impl fmt::Debug for TicketCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketCode(…)")
    }
}

/// The gap-free number of an entry in its showtime; the first entry is 1, 0 means "none yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// The number that must follow this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of an owner's reign over a showtime; only the newest may append.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
