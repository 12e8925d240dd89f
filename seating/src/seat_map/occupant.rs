//! Who has a seat, in four bytes.

use crate::seat_map::bookings::BookingSlot;
use crate::seat_map::holds::HoldSlot;

/// Who has a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Nobody,
    Hold(HoldSlot),
    Booking(BookingSlot),
    House,
}

/// A [`Holder`] in four bytes: two bits of kind, thirty of slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Occupant(u32);

impl Occupant {
    pub(super) const FREE: Self = Self(0);

    pub(super) const fn new(holder: Holder) -> Self {
        Self(match holder {
            Holder::Nobody => 0,
            Holder::Hold(slot) => slot.0 << 2 | 1,
            Holder::Booking(slot) => slot.0 << 2 | 2,
            Holder::House => 3,
        })
    }

    pub(super) const fn holder(self) -> Holder {
        match self.0 & 3 {
            0 => Holder::Nobody,
            1 => Holder::Hold(HoldSlot(self.0 >> 2)),
            2 => Holder::Booking(BookingSlot(self.0 >> 2)),
            _ => Holder::House,
        }
    }
}
