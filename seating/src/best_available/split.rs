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

use crate::best_available::{Block, InRow, Search, keep_best};
use crate::limits::{PLACES_PER_HOLD_MAX, SPLIT_ROWS_MAX};
use crate::places::SeatList;
use crate::row_bits::ROW_WORDS_MAX;
use crate::seat_layout::Row;

/// The fewest seats that a split may put in one row.
const PART_MIN: u32 = 2;

/// The fewest blocks that are a split.
const BLOCKS_MIN: u32 = 2;

/// Blocks that are tried in a row for each seat wanted: so many numbers of blocks before it, times
/// so many lengths of its own. How many seats are before it is less than how many are wanted.
const STEPS_PER_SEAT_MAX: usize = SPLIT_ROWS_MAX * PLACES_PER_HOLD_MAX;

// Sums of seats are bits of a 32-bit word, and so is a sum with one more part.
const _: () = assert!(2 * PLACES_PER_HOLD_MAX < u32::BITS as usize);

/// One block per row, in the order of the rows. Those that are compared have as many blocks, so
/// what stands behind the last does not matter as long as it is always the same.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    /// Sum of the blocks' distances.
    distance: i64,
    blocks: [Block; SPLIT_ROWS_MAX],
}

/// Sums of seats that so many blocks make: bit `s` of number `b` says that `b` blocks can seat `s`.
type Sums = [u32; SPLIT_ROWS_MAX + 1];

/// A row's best block of every length that it could seat, from [`PART_MIN`] on without gaps.
type PartsOfRow = SmallVec<[Block; PLACES_PER_HOLD_MAX]>;

/// What is remembered while the rows go by.
#[derive(Default)]
struct Lines {
    line: u32,
    /// Of everything that a block on this line may follow.
    near: Sums,
    /// Of what ends on this line, which blocks on the next one may follow.
    here: Sums,
}

/// The best parts for every sum. Only sums whose bit is set mean anything, so nothing is ever
/// cleared here: that would cost more than the search.
type Table = [[Parts; PLACES_PER_HOLD_MAX]; SPLIT_ROWS_MAX];

/// The pass that chooses the blocks.
struct Pass<'a> {
    search: &'a Search<'a>,
    /// How many blocks there must be.
    blocks: u32,
    sums: Lines,
    /// The best parts of the group so far, for the sums of [`Lines::near`] and of [`Lines::here`].
    tables: [Table; 2],
    /// Which of the tables is for [`Lines::near`].
    near: usize,
    best: Option<Parts>,
    /// Rows that could seat a part and were not too far.
    visited: usize,
    steps: usize,
}

impl Search<'_> {
    /// The closest split over as few rows as possible.
    pub(super) fn split(&self) -> Option<SeatList> {
        if self.quantity < 2 * PART_MIN {
            return None;
        }
        let blocks = self.fewest_blocks()?;
        let mut pass = Pass {
            search: self,
            blocks,
            sums: Lines::default(),
            tables: [Table::default(); 2],
            near: 0,
            best: None,
            visited: 0,
            steps: 0,
        };
        for row in self.layout.rows() {
            pass.visit(row);
        }
        debug_assert!(
            pass.steps <= pass.visited * self.quantity as usize * STEPS_PER_SEAT_MAX,
            "a split must not cost more than its bound"
        );
        let parts = pass.best?.blocks.into_iter().take(blocks as usize);
        Some(parts.flat_map(Block::seats).collect())
    }

    /// The longest part that a row could seat; none when it could seat no part.
    fn longest_part(&self, row: &Row) -> Option<u32> {
        if !self.in_sections(row) {
            return None;
        }
        let at_most = self.quantity - PART_MIN;
        let longest = match row.words() {
            1 => self.in_row::<1>(row).eligible.longest_run(at_most),
            _ => self
                .in_row::<ROW_WORDS_MAX>(row)
                .eligible
                .longest_run(at_most),
        };
        (longest >= PART_MIN).then_some(longest)
    }

    /// How few blocks can seat the group, looking at their lengths alone; none when none can.
    fn fewest_blocks(&self) -> Option<u32> {
        // SPLIT_ROWS_MAX is half of the places of a hold, so no quantity asks for more blocks.
        let blocks_max = self.quantity / PART_MIN;
        let mut fewest = blocks_max + 1;
        let mut sums = Lines::default();
        let up_to_all = (2 << self.quantity) - 1;
        for row in self.layout.rows() {
            let Some(longest) = self.longest_part(row) else {
                continue;
            };
            sums.go_to(row.line);
            // Downwards, so that a row never follows itself.
            for blocks in (1..fewest).rev() {
                let at = blocks as usize;
                let before = if at == 1 { 1 } else { sums.near[at - 1] };
                let lengths = PART_MIN..=longest;
                let with = lengths.fold(0, |sums, length| sums | before << length) & up_to_all;
                sums.near[at] |= with;
                sums.here[at] |= with;
                if with >> self.quantity != 0 {
                    fewest = blocks;
                }
            }
            if fewest == BLOCKS_MIN {
                break;
            }
        }
        (fewest <= blocks_max).then_some(fewest)
    }

    fn parts(&self, row: &Row) -> PartsOfRow {
        match row.words() {
            _ if !self.in_sections(row) => PartsOfRow::new(),
            1 => self.in_row::<1>(row).parts(),
            _ => self.in_row::<ROW_WORDS_MAX>(row).parts(),
        }
    }
}

impl<const WORDS: usize> InRow<'_, WORDS> {
    fn parts(&self) -> PartsOfRow {
        let longest = self.search.quantity - PART_MIN;
        let mut runs = self.eligible.run_starts(PART_MIN);
        let block = |length| {
            let found = self.part(runs, length);
            // A run is longer by one where its next seat is there too.
            runs = runs.and(&self.eligible.ahead(length));
            found
        };
        (PART_MIN..=longest).map_while(block).collect()
    }
}

impl Pass<'_> {
    /// Lets a block in this row follow each of the parts before it.
    fn visit(&mut self, row: &Row) {
        // It needs at least one more, on its own line or beside it.
        if self.is_farther(row.nearest_split) {
            return;
        }
        let blocks = self.search.parts(row);
        if blocks.is_empty() {
            return;
        }
        if self.sums.go_to(row.line) {
            self.near = 1 - self.near;
        }
        self.visited += 1;
        // Downwards, so that a row never follows itself.
        for count in (1..self.blocks).rev() {
            let sums = self.sums.near[count as usize];
            for seats in (PART_MIN..self.search.quantity).filter(|seats| sums >> seats & 1 == 1) {
                let before = self.tables[self.near][count as usize][seats as usize];
                self.follow(&before, (count, seats), &blocks);
            }
        }
        self.follow(&Parts::default(), (0, 0), &blocks);
    }

    /// Tries each of these blocks after so many blocks for so many seats.
    fn follow(&mut self, before: &Parts, (count, seats): (u32, u32), blocks: &[Block]) {
        let wanted = self.search.quantity - seats;
        let later = self.blocks - count - 1;
        // The last block seats whoever is left, any other leaves enough for those after it.
        let shortest = if later == 0 { wanted } else { PART_MIN };
        let longest = wanted - later * PART_MIN;
        let fitting = blocks.iter().take((longest + 1 - PART_MIN) as usize);
        for block in fitting.skip((shortest - PART_MIN) as usize) {
            self.steps += 1;
            let distance = before.distance + block.distance;
            if self.is_farther(distance) {
                continue;
            }
            let mut with = *before;
            with.distance = distance;
            with.blocks[count as usize] = *block;
            if later == 0 {
                keep_best(&mut self.best, Some(with));
            } else {
                self.remember(&with, (count + 1, seats + block.length));
            }
        }
    }

    /// Keeps these parts, so many blocks for so many seats, unless better ones are known.
    fn remember(&mut self, with: &Parts, (count, seats): (u32, u32)) {
        let (at, bit) = (count as usize, 1 << seats);
        let sums = [&mut self.sums.near[at], &mut self.sums.here[at]];
        for (sums, table) in sums.into_iter().zip([self.near, 1 - self.near]) {
            let known = &mut self.tables[table][at][seats as usize];
            if *sums & bit == 0 || with < known {
                *known = *with;
            }
            *sums |= bit;
        }
    }

    fn is_farther(&self, distance: i64) -> bool {
        self.best
            .as_ref()
            .is_some_and(|best| best.distance < distance)
    }
}

impl Lines {
    /// Forgets what a block on this line may not follow; says whether the lines follow each other,
    /// so that what was of this line is now near.
    fn go_to(&mut self, line: u32) -> bool {
        if line == self.line {
            return false;
        }
        let follows = line == self.line + 1;
        self.near = if follows { self.here } else { Sums::default() };
        self.here = Sums::default();
        self.line = line;
        follows
    }
}
