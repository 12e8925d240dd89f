//! Stage 3: a group in blocks over neighbouring rows, nobody alone.
//!
//! Rows are neighbours when one follows the other in their section or when they are parts of the
//! same row across an aisle. Every block is in a row of its own, and no row between is skipped.

use smallvec::SmallVec;

use crate::best_available::{Block, Search, keep_best};
use crate::limits::SPLIT_ROWS_MAX;
use crate::places::SeatList;
use crate::row_bits::ROW_WORDS_MAX;
use crate::seat_layout::Row;

/// The fewest seats that a split may put in one row.
const PART_MIN: u32 = 2;

/// One block per row, in the order of the rows.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    /// Sum of the blocks' distances.
    distance: i64,
    blocks: SmallVec<[Block; SPLIT_ROWS_MAX]>,
}

/// A row that could seat a part of the group.
struct Candidate<'a> {
    row: &'a Row,
    /// The longest block it could seat.
    longest: u32,
    /// The longest block that any neighbour after it could seat.
    longest_after: u32,
}

/// The search over so many blocks.
struct Attempt<'a> {
    search: &'a Search<'a>,
    candidates: &'a [Candidate<'a>],
    best: Option<Parts>,
}

impl Search<'_> {
    /// The closest split over as few rows as possible.
    pub(super) fn split(&self) -> Option<SeatList> {
        // SPLIT_ROWS_MAX is half of the places of a hold, so no quantity asks for more blocks.
        let blocks_max = self.quantity / PART_MIN;
        if blocks_max < 2 {
            return None;
        }
        let candidates = self.candidates();
        let found = (2..=blocks_max).find_map(|blocks| {
            let mut attempt = Attempt {
                search: self,
                candidates: &candidates,
                best: None,
            };
            for first in 0..candidates.len() {
                attempt.place(first, &mut Parts::default(), blocks, self.quantity);
            }
            attempt.best
        });
        found.map(|parts| {
            parts
                .blocks
                .iter()
                .flat_map(|block| block.seats())
                .collect()
        })
    }

    fn candidates(&self) -> Vec<Candidate<'_>> {
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        for row in self.layout.rows() {
            let longest = self.longest_part(row);
            if longest < PART_MIN {
                continue;
            }
            let near = |before: &&mut Candidate<'_>| row.line <= before.row.line + 1;
            for before in candidates.iter_mut().rev().take_while(near) {
                before.longest_after = before.longest_after.max(longest);
            }
            candidates.push(Candidate {
                row,
                longest,
                longest_after: 0,
            });
        }
        candidates
    }

    fn longest_part(&self, row: &Row) -> u32 {
        let at_most = self.quantity - PART_MIN;
        match row.words() {
            _ if !self.in_sections(row) => 0,
            1 => self.in_row::<1>(row).eligible.longest_run(at_most),
            _ => self
                .in_row::<ROW_WORDS_MAX>(row)
                .eligible
                .longest_run(at_most),
        }
    }

    fn part(&self, row: &Row, length: u32) -> Option<Block> {
        match row.words() {
            1 => self.in_row::<1>(row).part(length),
            _ => self.in_row::<ROW_WORDS_MAX>(row).part(length),
        }
    }
}

impl Attempt<'_> {
    /// Tries every length of a block in this row, and `blocks - 1` more for the rest of `seats`.
    fn place(&mut self, at: usize, chosen: &mut Parts, blocks: u32, seats: u32) {
        let candidate = &self.candidates[at];
        let later = blocks - 1;
        // The next block is in a neighbour; the ones after it may be anywhere.
        let most_later = match later {
            0 => 0,
            _ => candidate.longest_after + (later - 1) * self.search.quantity,
        };
        let least = PART_MIN.max(seats.saturating_sub(most_later));
        let most = candidate.longest.min(seats - PART_MIN * later);
        if most < least || self.is_farther(chosen.distance + candidate.row.nearest) {
            return;
        }
        for length in least..=most {
            let Some(block) = self.search.part(candidate.row, length) else {
                continue;
            };
            chosen.distance += block.distance;
            chosen.blocks.push(block);
            self.complete(at, chosen, later, seats - block.length);
            chosen.blocks.pop();
            chosen.distance -= block.distance;
        }
    }

    fn complete(&mut self, at: usize, chosen: &mut Parts, later: u32, seats: u32) {
        if self.is_farther(chosen.distance) {
            return;
        }
        if later == 0 {
            keep_best(&mut self.best, Some(chosen.clone()));
            return;
        }
        let line = self.candidates[at].row.line;
        let near = |next: &usize| self.candidates[*next].row.line <= line + 1;
        let after = (at + 1..self.candidates.len()).take_while(near);
        for next in after {
            self.place(next, chosen, later, seats);
        }
    }

    fn is_farther(&self, distance: i64) -> bool {
        self.best
            .as_ref()
            .is_some_and(|best| best.distance < distance)
    }
}
