//! All bookings of a showtime. A booking is never forgotten: it can be cancelled much later.

use rustc_hash::FxHashMap;

use crate::ids::BookingId;
use crate::snapshot::{BookingImage, BookingState};

/// A booking's place in memory, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BookingSlot(pub(crate) u32);

#[derive(Debug, Default)]
pub(crate) struct BookingSlots {
    slots: Vec<BookingImage>,
    by_id: FxHashMap<BookingId, BookingSlot>,
}

impl BookingSlots {
    pub(crate) fn find(&self, id: BookingId) -> Option<(BookingSlot, &BookingImage)> {
        let slot = *self.by_id.get(&id)?;
        Some((slot, &self.slots[slot.0 as usize]))
    }

    pub(crate) fn get_mut(&mut self, slot: BookingSlot) -> &mut BookingImage {
        &mut self.slots[slot.0 as usize]
    }

    pub(crate) fn insert(&mut self, booking: BookingImage) -> BookingSlot {
        // Every booking has a place of a layout of fewer than 2^30, or had one for a while.
        let slot = BookingSlot(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        self.by_id.insert(booking.id, slot);
        self.slots.push(booking);
        slot
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Every booking, in the order in which they began.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (BookingSlot, &BookingImage)> {
        (0..).map(BookingSlot).zip(&self.slots)
    }
}

impl BookingImage {
    /// Whether ticket `number`, counted from 1, is cancelled.
    pub fn is_cancelled(&self, number: u8) -> bool {
        self.cancelled_tickets & ticket_bit(number) != 0
    }

    /// Whether it has ever been sold; one cancelled while pending was not.
    pub fn was_sold(&self) -> bool {
        self.state == BookingState::Confirmed || self.cancelled_tickets != 0
    }

    /// The tickets, by number from 1, that are sold and not cancelled.
    pub fn live_tickets(&self) -> impl Iterator<Item = u8> + '_ {
        let sold = if self.state == BookingState::Confirmed {
            self.places.count()
        } else {
            0
        };
        (1..=u8::try_from(sold).unwrap_or(u8::MAX)).filter(|&number| !self.is_cancelled(number))
    }
}

/// A ticket's bit in the mask of cancelled ones.
pub(crate) fn ticket_bit(number: u8) -> u16 {
    1_u16
        .checked_shl(u32::from(number).wrapping_sub(1))
        .unwrap_or(0)
}
