//! Stage 5: any free places, the closest seats first.

use std::collections::BinaryHeap;

use crate::best_available::{Block, Search};
use crate::places::{AreaQuantity, Places, SeatList};
use crate::seat_layout::row_bits::ROW_WORDS_MAX;

impl Search<'_> {
    /// The closest free seats, wherever they are, and places of areas for whom there is no seat; none
    /// when there are too few.
    pub(super) fn apart(&self) -> Option<Places> {
        let quantity = self.quantity as usize;
        // The heap's top is the farthest seat kept, the first to go.
        let mut kept: BinaryHeap<Block> = BinaryHeap::with_capacity(quantity + 1);
        for row in self.rows() {
            let full = kept.len() == quantity;
            if full && kept.peek().is_some_and(|far| far.distance < row.nearest) {
                break;
            }
            for seat in self.in_row::<ROW_WORDS_MAX>(row).singly() {
                keep_closest(&mut kept, seat, quantity);
            }
        }
        let mut seats: SeatList = kept.into_iter().map(|seat| seat.first).collect();
        seats.sort_unstable();
        let mut missing = self.quantity - u32::try_from(seats.len()).unwrap_or(self.quantity);
        let mut places = Places::of_seats(seats);
        let mut areas = self.areas();
        while missing > 0 {
            let (section, free) = areas.next()?;
            let quantity = free.min(missing);
            places.areas.push(AreaQuantity { section, quantity });
            missing -= quantity;
        }
        Some(places)
    }
}

fn keep_closest(kept: &mut BinaryHeap<Block>, seat: Block, at_most: usize) {
    kept.push(seat);
    if kept.len() > at_most {
        kept.pop();
    }
}
