//! What the store has to know of an entry, kind by kind.

use seating::entry::EntryKind;

/// The answers to all questions about a kind.
#[derive(Clone, Copy, Debug)]
pub struct EntryTraits {
    /// The number in the column `kind` of the journal; one is never used for anything else.
    pub code: i16,
    /// What a commit writes beside the entry itself and the counts of its places.
    pub writes: Writes,
}

/// The read models that follow from an entry, each including those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writes {
    /// None.
    Nothing,
    /// The sale's terms.
    Terms,
    /// Bookings, and jobs that follow from them.
    Bookings,
    /// Bookings and their tickets.
    Tickets,
}

/// The table.
pub const fn traits(kind: EntryKind) -> EntryTraits {
    let (code, writes) = match kind {
        EntryKind::Opened => (1, Writes::Terms),
        EntryKind::Held => (2, Writes::Nothing),
        EntryKind::Extended => (3, Writes::Nothing),
        EntryKind::Released => (4, Writes::Nothing),
        EntryKind::PaymentBegun => (5, Writes::Bookings),
        EntryKind::Confirmed => (6, Writes::Tickets),
        EntryKind::ConfirmedLate => (7, Writes::Tickets),
        EntryKind::PaymentOrphaned => (8, Writes::Bookings),
        EntryKind::Expired => (9, Writes::Bookings),
        EntryKind::BookingCancelled => (10, Writes::Tickets),
        EntryKind::Blocked => (11, Writes::Nothing),
        EntryKind::Unblocked => (12, Writes::Nothing),
        EntryKind::Reconfigured => (13, Writes::Terms),
    };
    EntryTraits { code, writes }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_kinds_share_a_code() {
        let codes: BTreeSet<i16> = EntryKind::ALL
            .iter()
            .map(|&kind| traits(kind).code)
            .collect();
        assert_eq!(codes.len(), EntryKind::ALL.len());
    }
}
