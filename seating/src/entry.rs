//! What happened: the only thing ever journaled.
//!
//! A decision carries everything that replay and the read models need, so neither ever decides.

use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};

use crate::ids::{BookingId, BuyerId, HoldId, Seq, TicketCode, TicketId};
use crate::places::Places;
use crate::sale_terms::SaleTerms;
use crate::seat_layout::SeatIndex;
use crate::timestamp::Timestamp;

/// One decision at its place in the showtime's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Gap-free, from 1.
    pub seq: Seq,
    /// When it was decided; never earlier than the entry before.
    pub at: Timestamp,
    /// The request it answers, when the caller named one to repeat safely.
    pub request: Option<RequestStamp>,
    /// Who at the box office asked for it. `None` when a buyer did, when a deadline passed, and in
    /// entries older than this field.
    pub by: Option<BuyerId>,
    pub decision: Decision,
}

/// A caller's idempotency key and what was asked under it, both as digests made by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestStamp {
    /// Digest of who asked and their key: the same for every attempt.
    pub key: u128,
    /// Digest of what was asked: different when the key is reused for something else.
    pub fingerprint: u128,
}

/// What happened to a showtime.
#[derive(Clone, Debug, PartialEq, Eq, EnumDiscriminants)]
#[strum_discriminants(
    name(EntryKind),
    derive(VariantArray, IntoStaticStr),
    strum(serialize_all = "snake_case"),
    doc = "What happened, without to whom and to what."
)]
pub enum Decision {
    /// The first decision: the showtime is open under these terms.
    Opened(SaleTerms),
    /// Places were set aside.
    Held(Held),
    /// A hold's deadline moved.
    Extended { hold: HoldId, expires_at: Timestamp },
    /// A hold's places were given back.
    Released {
        hold: HoldId,
        /// Whether staff did it rather than the buyer.
        by_staff: bool,
    },
    /// A hold was pinned for a booking.
    PaymentBegun(PaymentBegun),
    /// A hold, plain or pinned, became sold places.
    Confirmed(Sale),
    /// An expired booking was paid; its places were still free and became sold.
    ConfirmedLate(Sale),
    /// An expired booking was paid but its places are gone: the money must go back.
    PaymentOrphaned {
        booking: BookingId,
        /// The payment provider's reference.
        payment_reference: Option<String>,
    },
    /// Deadlines passed; bookings of pinned holds expire with them.
    Expired {
        /// Which holds, in the order of their deadlines.
        holds: Vec<HoldId>,
    },
    /// A booking, or some of its tickets, was cancelled.
    BookingCancelled(BookingCancelled),
    /// Places were taken off sale.
    Blocked(BlockChange),
    /// Blocked places were put back on sale.
    Unblocked(BlockChange),
    /// The sale's terms changed to these.
    Reconfigured(SaleTerms),
}

impl EntryKind {
    /// Every kind, in the order of the decisions.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its name wherever entries are shown.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Decision {
    /// What happened.
    pub fn kind(&self) -> EntryKind {
        self.into()
    }

    /// The booking that it names, if it is about one. What expires with a pinned hold is not named.
    pub fn booking(&self) -> Option<BookingId> {
        match self {
            Self::PaymentBegun(PaymentBegun { booking, .. })
            | Self::Confirmed(Sale { booking, .. })
            | Self::ConfirmedLate(Sale { booking, .. })
            | Self::PaymentOrphaned { booking, .. }
            | Self::BookingCancelled(BookingCancelled { booking, .. }) => Some(*booking),
            Self::Opened(_)
            | Self::Held(_)
            | Self::Extended { .. }
            | Self::Released { .. }
            | Self::Expired { .. }
            | Self::Blocked(_)
            | Self::Unblocked(_)
            | Self::Reconfigured(_) => None,
        }
    }
}

/// Places set aside for a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub hold: HoldId,
    pub buyer: BuyerId,
    pub places: Places,
    pub expires_at: Timestamp,
    /// The hold it replaced in the same step.
    pub replaced: Option<HoldId>,
    /// Since when it counts as held, if that is before this entry: it kept a place of the hold that
    /// it replaced.
    pub began_at: Option<Timestamp>,
    /// Of its places those that were blocked: they are blocked again when the hold ends unsold.
    /// Boxed, because nearly no hold has any.
    pub from_blocked: Option<Box<Places>>,
}

/// A hold pinned until its payment deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentBegun {
    pub hold: HoldId,
    /// The booking it is pinned for.
    pub booking: BookingId,
    pub buyer: BuyerId,
    pub places: Places,
    /// The payment deadline.
    pub pay_by: Timestamp,
}

/// Places sold to a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    pub booking: BookingId,
    /// The hold it came from; for a late sale, the hold that had expired.
    pub hold: HoldId,
    pub buyer: BuyerId,
    pub places: Places,
    /// One ticket per place, in the order of [`Places::iter`].
    pub tickets: Vec<(TicketId, TicketCode)>,
    /// The till's or the payment provider's reference.
    pub payment_reference: Option<String>,
}

/// A booking cancelled wholly or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingCancelled {
    pub booking: BookingId,
    /// The tickets cancelled now, numbered from 1; empty for a booking that was still pending.
    pub tickets: Vec<u8>,
    /// Whether nothing of the booking is left.
    pub whole: bool,
    /// What its sold tickets cost, to be refunded, in minor units.
    pub refund_minor_units: i64,
    /// Whether staff did it rather than the buyer.
    pub by_staff: bool,
}

/// Places blocked or unblocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockChange {
    pub seats: Vec<SeatIndex>,
    /// This much of these areas.
    pub areas: Vec<crate::places::AreaQuantity>,
    pub reason: String,
}
