//! What a booking is called, and how it stands for its buyer.

use seating::ids::BookingId;
use seating::snapshot::BookingState;

/// Crockford's base 32: no letter that is taken for another or for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const NUMBER_CHARS: u32 = 12;

/// A booking's name for people: the random bits of its id, 60 of them.
pub fn booking_number(booking: BookingId) -> String {
    let bits = booking.uuid().as_u128();
    let digits = (0..NUMBER_CHARS).rev().map(|at| {
        let digit = (bits >> (5 * at)) as usize % ALPHABET.len();
        char::from(ALPHABET[digit])
    });
    "FH-".chars().chain(digits).collect()
}

/// How a booking in this state stands. Paid too late is expired to its buyer: the places are gone, the
/// money comes back.
pub const fn status(state: BookingState) -> &'static str {
    match state {
        BookingState::Pending => "pending",
        BookingState::Confirmed => "confirmed",
        BookingState::Cancelled => "cancelled",
        BookingState::Expired | BookingState::Orphaned => "expired",
    }
}

/// What became of the money of a booking in this state.
pub const fn payment_status(
    state: BookingState,
    total_minor_units: i64,
    refund_minor_units: i64,
) -> &'static str {
    if total_minor_units == 0 {
        return "none";
    }
    match state {
        BookingState::Pending => "created",
        BookingState::Orphaned => "refund_pending",
        BookingState::Confirmed | BookingState::Cancelled | BookingState::Expired
            if refund_minor_units > 0 =>
        {
            "refund_pending"
        }
        BookingState::Confirmed => "captured",
        BookingState::Cancelled | BookingState::Expired => "none",
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn booking_number_is_twelve_characters_of_the_ids_random_end() {
        let number = |bits| booking_number(BookingId::new(Uuid::from_u128(bits)));
        assert_eq!(number(0), "FH-000000000000");
        assert_eq!(number(31), "FH-00000000000Z");
        assert_eq!(number(u128::MAX), "FH-ZZZZZZZZZZZZ");
        assert_eq!(number(1 << 60), "FH-000000000000");
    }

    #[test]
    fn a_buyer_is_told_what_became_of_the_money() {
        let cases = [
            (BookingState::Confirmed, 0, 0, "none"),
            (BookingState::Confirmed, 100, 0, "captured"),
            (BookingState::Confirmed, 100, 50, "refund_pending"),
            (BookingState::Pending, 100, 0, "created"),
            (BookingState::Orphaned, 100, 0, "refund_pending"),
            (BookingState::Expired, 100, 0, "none"),
            (BookingState::Cancelled, 100, 0, "none"),
            (BookingState::Cancelled, 100, 100, "refund_pending"),
        ];
        for (state, total, refund, said) in cases {
            assert_eq!(payment_status(state, total, refund), said, "{state:?}");
        }
    }

    #[test]
    fn paid_too_late_is_expired() {
        assert_eq!(status(BookingState::Orphaned), "expired");
        assert_eq!(status(BookingState::Expired), "expired");
        assert_eq!(status(BookingState::Cancelled), "cancelled");
    }
}
