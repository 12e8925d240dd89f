//! Stage 3: a group in blocks over neighbouring rows, nobody alone.
//!
//! Rows are neighbours when they are parts of one line, which is a row with its aisles, or when the
//! line of one follows the other's in their section. Every block is in a row of its own, and no
//! line between is skipped.
//!
//! What may come after some blocks depends only on the line they end on and on how many blocks and
//! seats they are. Of all that agree in this only the best can become part of the answer, so one
//! pass over the rows, front to back, remembers that one and nothing else. However many neighbours
//! a row has, it costs [`STEPS_PER_SEAT_MAX`] steps for each seat wanted at most.

use smallvec::SmallVec;

use crate::best_available::{Block, Search, keep_best};
use crate::limits::{PLACES_PER_HOLD_MAX, SPLIT_ROWS_MAX};
use crate::places::SeatList;
use crate::row_bits::ROW_WORDS_MAX;
use crate::seat_layout::Row;

/// The fewest seats that a split may put in one row.
const PART_MIN: u32 = 2;

/// Blocks that are tried in a row for each seat wanted: so many numbers of blocks before it, times
/// so many lengths of its own. How many seats are before it is less than how many are wanted.
const STEPS_PER_SEAT_MAX: usize = SPLIT_ROWS_MAX * PLACES_PER_HOLD_MAX;

// Sums of seats are bits of a 32-bit word, and so is a sum with one more part.
const _: () = assert!(2 * PLACES_PER_HOLD_MAX < u32::BITS as usize);

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
}

/// What is remembered while the rows go by.
struct Lines<T> {
    line: u32,
    /// Of everything that a block on this line may follow.
    near: Vec<T>,
    /// Of what ends on this line, which blocks on the next one may follow.
    here: Vec<T>,
}

/// The pass that chooses the blocks.
struct Pass<'a> {
    search: &'a Search<'a>,
    /// How many blocks there must be.
    blocks: u32,
    /// The best parts of the group so far, by [`Pass::index`].
    parts: Lines<Option<Parts>>,
    best: Option<Parts>,
    steps: usize,
}

impl Search<'_> {
    /// The closest split over as few rows as possible.
    pub(super) fn split(&self) -> Option<SeatList> {
        if self.quantity < 2 * PART_MIN {
            return None;
        }
        let candidates = self.candidates();
        let blocks = self.fewest_blocks(&candidates)?;
        let mut pass = Pass {
            search: self,
            blocks,
            parts: Lines::new((blocks * (self.quantity + 1)) as usize),
            best: None,
            steps: 0,
        };
        for candidate in &candidates {
            pass.visit(candidate);
        }
        debug_assert!(
            pass.steps <= candidates.len() * self.quantity as usize * STEPS_PER_SEAT_MAX,
            "a split must not cost more than its bound"
        );
        let blocks = pass.best?.blocks;
        Some(blocks.iter().flat_map(|block| block.seats()).collect())
    }

    fn candidates(&self) -> Vec<Candidate<'_>> {
        let rows = self.layout.rows().iter();
        let candidates = rows.map(|row| Candidate {
            row,
            longest: self.longest_part(row),
        });
        candidates
            .filter(|candidate| candidate.longest >= PART_MIN)
            .collect()
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

    /// How few blocks can seat the group, looking at their lengths alone; none when none can.
    fn fewest_blocks(&self, candidates: &[Candidate<'_>]) -> Option<u32> {
        // SPLIT_ROWS_MAX is half of the places of a hold, so no quantity asks for more blocks.
        let blocks_max = self.quantity / PART_MIN;
        let mut fewest = blocks_max + 1;
        // Bit `s` of number `b` says that `b` blocks can seat `s`.
        let mut sums: Lines<u32> = Lines::new(fewest as usize);
        let up_to_all = (2 << self.quantity) - 1;
        for candidate in candidates {
            sums.go_to(candidate.row.line);
            // Downwards, so that a row never follows itself.
            for blocks in (1..fewest).rev() {
                let at = blocks as usize;
                let before = if at == 1 { 1 } else { sums.near[at - 1] };
                let lengths = PART_MIN..=candidate.longest;
                let with = lengths.fold(0, |sums, length| sums | before << length) & up_to_all;
                sums.near[at] |= with;
                sums.here[at] |= with;
                if with >> self.quantity != 0 {
                    fewest = blocks;
                }
            }
        }
        (fewest <= blocks_max).then_some(fewest)
    }

    fn part(&self, row: &Row, length: u32) -> Option<Block> {
        match row.words() {
            1 => self.in_row::<1>(row).part(length),
            _ => self.in_row::<ROW_WORDS_MAX>(row).part(length),
        }
    }
}

impl Pass<'_> {
    /// Lets a block in this row follow each of the parts before it.
    fn visit(&mut self, candidate: &Candidate<'_>) {
        if self.is_farther(candidate.row.nearest) {
            return;
        }
        self.parts.go_to(candidate.row.line);
        let lengths = PART_MIN..=candidate.longest;
        let blocks = lengths.filter_map(|length| self.search.part(candidate.row, length));
        let blocks: SmallVec<[Block; PLACES_PER_HOLD_MAX]> = blocks.collect();
        // Downwards, so that a row never follows itself.
        for count in (1..self.blocks).rev() {
            for seats in 0..self.search.quantity {
                if let Some(before) = self.parts.near[self.index(count, seats)].clone() {
                    self.follow(&before, (count, seats), &blocks);
                }
            }
        }
        self.follow(&Parts::default(), (0, 0), &blocks);
    }

    /// Tries each of these blocks after so many blocks for so many seats.
    fn follow(&mut self, before: &Parts, (count, seats): (u32, u32), blocks: &[Block]) {
        let wanted = self.search.quantity - seats;
        let later = self.blocks - count - 1;
        for block in blocks {
            self.steps += 1;
            let fits = match later {
                0 => block.length == wanted,
                _ => block.length + later * PART_MIN <= wanted,
            };
            let distance = before.distance + block.distance;
            if !fits || self.is_farther(distance) {
                continue;
            }
            let mut with = before.clone();
            with.distance = distance;
            with.blocks.push(*block);
            if later == 0 {
                keep_best(&mut self.best, Some(with));
            } else {
                let at = self.index(count + 1, seats + block.length);
                keep_best(&mut self.parts.near[at], Some(with.clone()));
                keep_best(&mut self.parts.here[at], Some(with));
            }
        }
    }

    /// Where the best so many blocks for so many seats are remembered.
    fn index(&self, count: u32, seats: u32) -> usize {
        (count * (self.search.quantity + 1) + seats) as usize
    }

    fn is_farther(&self, distance: i64) -> bool {
        self.best
            .as_ref()
            .is_some_and(|best| best.distance < distance)
    }
}

impl<T: Clone + Default> Lines<T> {
    fn new(kinds: usize) -> Self {
        Self {
            line: 0,
            near: vec![T::default(); kinds],
            here: vec![T::default(); kinds],
        }
    }

    /// Forgets what a block on this line may not follow.
    fn go_to(&mut self, line: u32) {
        if line == self.line {
            return;
        }
        if line == self.line + 1 {
            std::mem::swap(&mut self.near, &mut self.here);
        } else {
            self.near.fill(T::default());
        }
        self.here.fill(T::default());
        self.line = line;
    }
}
