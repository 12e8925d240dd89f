//! More blocks than rows: where no split has one block in each row, a row may seat several, each in
//! a stretch of free seats of its own.

use smallvec::{SmallVec, smallvec};

use crate::best_available::{Block, InRow, keep_best};
use crate::limits::PLACES_PER_HOLD_MAX;
use crate::seat_layout::row_bits::RowBits;

/// The fewest seats that a split may put in one row.
pub(super) const PART_MIN: u32 = 2;

/// Blocks in one row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share {
    /// Sum of the blocks' distances.
    pub(super) distance: i64,
    /// Seats of all.
    pub(super) length: u32,
    pub(super) blocks: SmallVec<[Block; 1]>,
}

/// The best share of a row of every length that it could seat, the shortest first.
pub(super) type SharesOfRow = SmallVec<[Share; PLACES_PER_HOLD_MAX]>;

/// Free seats beside each other, with others beside neither end: the first and how many.
type Stretch = (u32, u32);

impl From<Block> for Share {
    fn from(block: Block) -> Self {
        Self {
            distance: block.distance,
            length: block.length,
            blocks: smallvec![block],
        }
    }
}

impl Share {
    fn and(&self, block: Block) -> Self {
        let mut both = self.clone();
        both.distance += block.distance;
        both.length += block.length;
        both.blocks.push(block);
        both
    }
}

impl<const WORDS: usize> InRow<'_, WORDS> {
    /// Seats that the row could give in several blocks.
    pub(super) fn room(&self) -> u32 {
        self.stretches().iter().map(|(_, length)| length).sum()
    }

    /// The best shares up to this length.
    pub(super) fn shares(&self, longest: u32) -> SharesOfRow {
        let none = Share {
            distance: 0,
            length: 0,
            blocks: SmallVec::new(),
        };
        let mut best: Vec<Option<Share>> = vec![None; longest as usize + 1];
        best[0] = Some(none);
        for stretch in self.stretches() {
            let blocks = self.blocks_of(stretch, longest);
            // The longest first, so that no share has two blocks of this stretch.
            for length in (PART_MIN..=longest).rev() {
                for block in blocks.iter().filter(|block| block.length <= length) {
                    let before = best[(length - block.length) as usize].as_ref();
                    let with = before.map(|before| before.and(*block));
                    keep_best(&mut best[length as usize], with);
                }
            }
        }
        best.into_iter().skip(1).flatten().collect()
    }

    /// The best block of every length in a stretch.
    fn blocks_of(&self, (first, seats): Stretch, longest: u32) -> Vec<Block> {
        let mut only = self.eligible;
        for at in self.eligible.ones() {
            if !(first..first + seats).contains(&at) {
                only.clear(at);
            }
        }
        let lengths = PART_MIN..=longest.min(seats);
        lengths
            .filter_map(|length| self.part(only.run_starts(length), length))
            .collect()
    }

    fn stretches(&self) -> Vec<Stretch> {
        let starts: RowBits<WORDS> = self.eligible.run_starts(PART_MIN);
        let mut stretches: Vec<Stretch> = Vec::new();
        for at in starts.ones() {
            match stretches.last_mut() {
                // A start beside the last one is another seat of the same stretch.
                Some((first, seats)) if *first + *seats - 1 == at => *seats += 1,
                _ => stretches.push((at, PART_MIN)),
            }
        }
        stretches
    }
}
