//! Stage 4: any free seats, the closest ones.

use std::collections::BinaryHeap;

use crate::best_available::{Block, Search};
use crate::places::SeatList;

impl Search<'_> {
    /// The closest free seats, wherever they are; none when there are too few.
    pub(super) fn apart(&self) -> Option<SeatList> {
        let quantity = self.quantity as usize;
        // The heap's top is the farthest seat kept, the first to go.
        let mut kept: BinaryHeap<Block> = BinaryHeap::with_capacity(quantity + 1);
        for row in self.rows() {
            let full = kept.len() == quantity;
            if full && kept.peek().is_some_and(|far| far.distance < row.nearest) {
                break;
            }
            for at in self.eligible(row).ones() {
                let first = row.seat(at);
                kept.push(Block {
                    distance: self.distance(row, first, first),
                    first,
                    length: 1,
                });
                if kept.len() > quantity {
                    kept.pop();
                }
            }
        }
        if kept.len() < quantity {
            return None;
        }
        let mut seats: SeatList = kept.into_iter().map(|seat| seat.first).collect();
        seats.sort_unstable();
        Some(seats)
    }
}
