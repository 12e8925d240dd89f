//! Stage 3: a group in blocks over rows that are near each other, nobody alone.
//!
//! Every block is in a row of its own, and the rows hang together: from each the others are reached
//! over neighbours among them. As few rows as possible, and of those the ones whose blocks are
//! closest, by the sum of their distances.
//!
//! Rows are looked at with the one of them that comes nearest to the focal point as their root, the
//! nearest root first; no other is farther away than as many blocks as far as its root, which ends
//! the search soon after something is found. Nothing is found only where the free seats of
//! neighbouring rows are few: as soon as [`SPLIT_ROWS_MAX`] rows with two seats hang together, a
//! group of any size has room in them, but for an odd one in rows of pairs, which is known before.

use smallvec::{SmallVec, smallvec};

use crate::best_available::{Block, InRow, Search, keep_best};
use crate::limits::{PLACES_PER_HOLD_MAX, SPLIT_ROWS_MAX};
use crate::places::SeatList;
use crate::row_bits::ROW_WORDS_MAX;
use crate::seat_layout::{Row, RowIndex};

/// The fewest seats that a split may put in one row.
const PART_MIN: u32 = 2;

/// A row's best block of every length that it could seat, from [`PART_MIN`] on without gaps.
type PartsOfRow = SmallVec<[Block; PLACES_PER_HOLD_MAX]>;

/// One block per row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    /// Sum of the blocks' distances.
    distance: i64,
    blocks: SmallVec<[Block; SPLIT_ROWS_MAX]>,
}

/// Rows that hang together, of which more may become part.
#[derive(Clone, Default)]
struct Rows {
    members: SmallVec<[RowIndex; SPLIT_ROWS_MAX]>,
    /// Seats that they could give, each its longest part.
    room: u32,
    /// Sum of the members' own least distances.
    nearest: i64,
}

/// The search over so many rows.
struct Pass<'a> {
    search: &'a Search<'a>,
    rows: usize,
    /// The longest part of each row once somebody asked, or 0 before.
    longest: Vec<u8>,
    /// The most that any row could seat: known once all were looked at, as the search over two rows
    /// that finds nothing does.
    longest_of_all: u32,
    best: Option<Parts>,
}

/// What stands for a row that could seat no part.
const NO_PART: u8 = 1;

impl Search<'_> {
    /// The closest split over as few rows as possible.
    pub(super) fn split(&self) -> Option<SeatList> {
        let rows_max = (self.quantity / PART_MIN) as usize;
        let mut pass = Pass {
            search: self,
            rows: 0,
            longest: Vec::new(),
            longest_of_all: self.quantity.saturating_sub(PART_MIN),
            best: None,
        };
        (2..=rows_max.min(SPLIT_ROWS_MAX)).find_map(|rows| pass.over(rows))
    }

    /// The longest part that a row could seat, if others seat at least a part each; [`NO_PART`] when
    /// it could seat none.
    fn longest_part(&self, row: &Row) -> u8 {
        if !self.in_sections(row) {
            return NO_PART;
        }
        let at_most = self.quantity - PART_MIN;
        let longest = match row.words() {
            1 => self.in_row::<1>(row).eligible.longest_run(at_most),
            _ => self
                .in_row::<ROW_WORDS_MAX>(row)
                .eligible
                .longest_run(at_most),
        };
        u8::try_from(longest).map_or(u8::MAX, |longest| longest.max(NO_PART))
    }

    /// The best blocks of a row, up to this length.
    fn parts(&self, row: &Row, longest: u32) -> PartsOfRow {
        match row.words() {
            1 => self.in_row::<1>(row).parts(longest),
            _ => self.in_row::<ROW_WORDS_MAX>(row).parts(longest),
        }
    }
}

impl<const WORDS: usize> InRow<'_, WORDS> {
    fn parts(&self, longest: u32) -> PartsOfRow {
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
    fn over(&mut self, rows: usize) -> Option<SeatList> {
        self.rows = rows;
        if self.longest_of_all * count32(self.rows) < self.search.quantity {
            return None;
        }
        let layout = self.search.layout;
        if self.longest.is_empty() {
            self.longest = vec![0; layout.rows().len()];
        }
        for root in layout.rows_nearest_first() {
            let nearest = layout.row(root).nearest;
            if self.is_farther(nearest.saturating_mul(count(rows))) {
                break;
            }
            if self.longest(root) > NO_PART {
                self.extend(&Rows::default(), root, smallvec![]);
            }
        }
        let Some(best) = self.best.take() else {
            let longest = self.longest.iter().max().copied();
            self.longest_of_all = longest.map_or(0, u32::from);
            return None;
        };
        let mut seats: SeatList = best.blocks.into_iter().flat_map(Block::seats).collect();
        seats.sort_unstable();
        Some(seats)
    }

    fn longest(&mut self, row: RowIndex) -> u8 {
        let known = &mut self.longest[usize::from(row.0)];
        if *known == 0 {
            *known = self.search.longest_part(self.search.layout.row(row));
        }
        *known
    }

    /// Tries these rows and one more with all that may follow. Each is tried after those that hang
    /// on it, so no rows are tried twice.
    fn extend(&mut self, rows: &Rows, row: RowIndex, mut beside: SmallVec<[RowIndex; 32]>) {
        let layout = self.search.layout;
        let mut with = rows.clone();
        with.room += u32::from(self.longest(row));
        with.nearest += layout.row(row).nearest;
        let missing = self.rows - with.members.len() - 1;
        if with.room + count32(missing) * self.longest_of_all < self.search.quantity {
            return;
        }
        let root = *with.members.first().unwrap_or(&row);
        let least = layout.row(root).nearest.saturating_mul(count(missing));
        if self.is_farther(with.nearest.saturating_add(least)) {
            return;
        }
        if missing == 0 {
            with.members.push(row);
            if with.room >= self.search.quantity {
                self.seat(&with);
            }
            return;
        }
        for &next in layout.neighbours(row) {
            let later = self.order(next) > self.order(root);
            let known = |member: &RowIndex| {
                *member == next || layout.neighbours(*member).binary_search(&next).is_ok()
            };
            if later && !with.members.iter().any(known) && self.longest(next) > NO_PART {
                beside.push(next);
            }
        }
        with.members.push(row);
        while let Some(next) = beside.pop() {
            self.extend(&with, next, beside.clone());
        }
    }

    /// Rows in the order in which they become roots.
    fn order(&self, row: RowIndex) -> (i64, RowIndex) {
        (self.search.layout.row(row).nearest, row)
    }

    /// Seats the group in these rows, everybody as close as possible.
    fn seat(&mut self, rows: &Rows) {
        let longest = self.search.quantity - PART_MIN * (count32(self.rows) - 1);
        let parts: SmallVec<[PartsOfRow; SPLIT_ROWS_MAX]> = rows
            .members
            .iter()
            .map(|&row| self.search.parts(self.search.layout.row(row), longest))
            .collect();
        let none = Parts {
            distance: 0,
            blocks: SmallVec::new(),
        };
        self.choose(&parts, none, self.search.quantity);
    }

    /// Tries a block of every length in the first of these rows, and the others for who is left.
    fn choose(&mut self, rows: &[PartsOfRow], before: Parts, wanted: u32) {
        if self.is_farther(before.distance) {
            return;
        }
        let Some((row, others)) = rows.split_first() else {
            if wanted == 0 {
                keep_best(&mut self.best, Some(before));
            }
            return;
        };
        for block in row.iter().take_while(|block| block.length <= wanted) {
            let mut with = before.clone();
            with.distance += block.distance;
            with.blocks.push(*block);
            self.choose(others, with, wanted - block.length);
        }
    }

    fn is_farther(&self, distance: i64) -> bool {
        self.best
            .as_ref()
            .is_some_and(|best| best.distance < distance)
    }
}

// There are at most SPLIT_ROWS_MAX; saturation is unreachable.
fn count32(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
