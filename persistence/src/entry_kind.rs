//! What the store has to know of a decision, kind by kind.

use seating::entry::{BookingCancelled, Decision, EntryKind, PaymentBegun, Sale};
use seating::ids::{BookingId, HoldId};
use seating::sale_terms::SaleTerms;

/// What read models are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes<'a> {
    /// Nothing.
    Nothing,
    /// The sale's terms.
    Terms(&'a SaleTerms),
    /// A pending booking.
    Pending(&'a PaymentBegun),
    /// A booking with its tickets, and a job.
    Sold(&'a Sale, SoldWhen),
    /// That a booking's money must go back, and a job.
    Orphaned(BookingId, Option<&'a str>),
    /// That bookings of pinned holds among these expired.
    Expired(&'a [HoldId]),
    /// That a booking or some of its tickets are cancelled, and a job if money must go back.
    Cancelled(&'a BookingCancelled),
}

/// When places were sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoldWhen {
    /// While they were held.
    InTime,
    /// After the pin had expired.
    Late,
}

impl Writes<'_> {
    /// Whether it changes which tickets are good.
    pub const fn changes_tickets(&self) -> bool {
        match self {
            Self::Sold(..) | Self::Cancelled(_) => true,
            Self::Nothing
            | Self::Terms(_)
            | Self::Pending(_)
            | Self::Orphaned(..)
            | Self::Expired(_) => false,
        }
    }
}

/// The number of a kind in the column `kind` of the journal; one is never used for anything else.
pub const fn code(kind: EntryKind) -> i16 {
    match kind {
        EntryKind::Opened => 1,
        EntryKind::Held => 2,
        EntryKind::Extended => 3,
        EntryKind::Released => 4,
        EntryKind::PaymentBegun => 5,
        EntryKind::Confirmed => 6,
        EntryKind::ConfirmedLate => 7,
        EntryKind::PaymentOrphaned => 8,
        EntryKind::Expired => 9,
        EntryKind::BookingCancelled => 10,
        EntryKind::Blocked => 11,
        EntryKind::Unblocked => 12,
        EntryKind::Reconfigured => 13,
    }
}

/// Whether this program has a kind of that number; a newer one may have more.
pub(crate) fn is_known(number: i16) -> bool {
    EntryKind::ALL.iter().any(|&kind| code(kind) == number)
}

/// What a commit of this decision writes beside the entry itself and the counts of its places.
pub fn writes(decision: &Decision) -> Writes<'_> {
    match decision {
        Decision::Opened(terms) | Decision::Reconfigured(terms) => Writes::Terms(terms),
        Decision::Held(_)
        | Decision::Extended { .. }
        | Decision::Released { .. }
        | Decision::Blocked(_)
        | Decision::Unblocked(_) => Writes::Nothing,
        Decision::PaymentBegun(begun) => Writes::Pending(begun),
        Decision::Confirmed(sale) => Writes::Sold(sale, SoldWhen::InTime),
        Decision::ConfirmedLate(sale) => Writes::Sold(sale, SoldWhen::Late),
        Decision::PaymentOrphaned {
            booking,
            payment_reference,
        } => Writes::Orphaned(*booking, payment_reference.as_deref()),
        Decision::Expired { holds } => Writes::Expired(holds),
        Decision::BookingCancelled(cancelled) => Writes::Cancelled(cancelled),
    }
}
