//! What the store has to know of a decision, kind by kind.

use seating::entry::{BookingCancelled, Decision, PaymentBegun, Sale};
use seating::ids::{BookingId, HoldId};
use seating::sale_terms::SaleTerms;

/// The answers to all questions about a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryTraits<'a> {
    /// The number in the column `kind` of the journal; one is never used for anything else.
    pub code: i16,
    /// What a commit writes beside the entry itself and the counts of its places.
    pub writes: Writes<'a>,
}

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

/// The table.
pub fn traits(decision: &Decision) -> EntryTraits<'_> {
    let (code, writes) = match decision {
        Decision::Opened(terms) => (1, Writes::Terms(terms)),
        Decision::Held(_) => (2, Writes::Nothing),
        Decision::Extended { .. } => (3, Writes::Nothing),
        Decision::Released { .. } => (4, Writes::Nothing),
        Decision::PaymentBegun(begun) => (5, Writes::Pending(begun)),
        Decision::Confirmed(sale) => (6, Writes::Sold(sale, SoldWhen::InTime)),
        Decision::ConfirmedLate(sale) => (7, Writes::Sold(sale, SoldWhen::Late)),
        Decision::PaymentOrphaned {
            booking,
            payment_reference,
        } => (8, Writes::Orphaned(*booking, payment_reference.as_deref())),
        Decision::Expired { holds } => (9, Writes::Expired(holds)),
        Decision::BookingCancelled(cancelled) => (10, Writes::Cancelled(cancelled)),
        Decision::Blocked(_) => (11, Writes::Nothing),
        Decision::Unblocked(_) => (12, Writes::Nothing),
        Decision::Reconfigured(terms) => (13, Writes::Terms(terms)),
    };
    EntryTraits { code, writes }
}
