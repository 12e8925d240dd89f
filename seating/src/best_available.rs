//! The best seats together, over the map as it is now.
//!
//! 1. one row, adjacent, nobody stranded beside them, closest to the section's focal point;
//! 2. one row, adjacent, closest to the focal point;
//! 3. split over neighbouring rows of a section, nobody alone, over as few rows as possible;
//! 4. if allowed, any seats, the closest ones.
//!
//! A refusal therefore means that there is no such block. Rows are visited in the order of a lower
//! bound of their distance, so that a search usually ends after the first few; a row of 64 seats
//! costs a handful of shifts.

mod apart;
mod split;

use crate::places::SeatList;
use crate::row_bits::RowBits;
use crate::seat_layout::{Row, SeatIndex, SeatLayout, SectionIndex, SectionKind, TierIndex};

/// What is searched for.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    /// The house.
    pub(crate) layout: &'a SeatLayout,
    /// Which seats are free, as a row bit map.
    pub(crate) free: &'a [u64],
    /// How many seats, from 1 to the limit.
    pub(crate) quantity: u32,
    /// Only in these sections; empty means anywhere.
    pub(crate) sections: &'a [SectionIndex],
    /// Only in these price tiers; empty means any.
    pub(crate) tiers: &'a [TierIndex],
    /// Whether seats apart are better than none.
    pub(crate) allow_split: bool,
}

/// A block in a row: its first seat and how far it is from the focal point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    distance: i64,
    first: SeatIndex,
    length: u32,
}

impl Search<'_> {
    /// The best seats in row order, or none.
    pub(crate) fn find(&self) -> Option<SeatList> {
        if let Some(block) = self.adjacent() {
            return Some(
                (0..block.length)
                    .map(|at| SeatIndex(block.first.0 + at))
                    .collect(),
            );
        }
        self.split()
            .or_else(|| self.allow_split.then(|| self.apart()).flatten())
    }

    /// Whether any seat that the filters allow is free.
    pub(crate) fn anything_free(&self) -> bool {
        self.rows().any(|row| !self.eligible(row).is_empty())
    }

    /// Stages 1 and 2 in one pass.
    fn adjacent(&self) -> Option<Block> {
        let mut clean: Option<Block> = None;
        let mut stranding: Option<Block> = None;
        for row in self.rows() {
            if clean.is_some_and(|best| best.distance < row.nearest) {
                break;
            }
            let eligible = self.eligible(row);
            if eligible.count() < self.quantity {
                continue;
            }
            let runs = eligible.run_starts(self.quantity);
            if runs.is_empty() {
                continue;
            }
            let strands = self.free_in(row).stranding_starts(self.quantity);
            keep_best(
                &mut clean,
                self.closest(row, runs.and_not(&strands), self.quantity),
            );
            if clean.is_none() {
                keep_best(&mut stranding, self.closest(row, runs, self.quantity));
            }
        }
        clean.or(stranding)
    }

    /// The rows that the section filter allows, those that may hold the closest seats first.
    fn rows(&self) -> impl Iterator<Item = &Row> {
        let wanted = |row: &&Row| self.sections.is_empty() || self.sections.contains(&row.section);
        self.layout.rows_nearest_first().filter(wanted)
    }

    /// The free seats of a row.
    fn free_in(&self, row: &Row) -> RowBits {
        RowBits::new(&self.free[row.word_range()])
    }

    /// The free seats of a row that the tier filter allows.
    fn eligible(&self, row: &Row) -> RowBits {
        let mut free = self.free_in(row);
        if self.tiers.is_empty() {
            return free;
        }
        let allowed = |cell| self.tiers.contains(&self.layout.cell(cell).tier);
        if let Some(cell) = row.only_cell {
            return if allowed(cell) {
                free
            } else {
                RowBits::new(&[])
            };
        }
        for at in free.ones() {
            if !allowed(self.layout.cell_of(row.seat(at))) {
                free.clear(at);
            }
        }
        free
    }

    /// Of the blocks starting at `starts`, the one closest to the focal point.
    fn closest(&self, row: &Row, starts: RowBits, length: u32) -> Option<Block> {
        let block = |at| {
            let first = row.seat(at);
            let last = row.seat(at + length - 1);
            Block {
                distance: self.distance(row, first, last),
                first,
                length,
            }
        };
        starts.ones().map(block).min()
    }

    /// The squared distance, in twice-scaled coordinates, of a block's middle to the focal point.
    fn distance(&self, row: &Row, first: SeatIndex, last: SeatIndex) -> i64 {
        let SectionKind::Reserved { focal_point, .. } = &self.layout.section(row.section).kind
        else {
            return i64::MAX;
        };
        let (a, b) = (self.layout.position(first), self.layout.position(last));
        let x = i64::from(a.x) + i64::from(b.x) - 2 * i64::from(focal_point.x);
        let y = i64::from(a.y) + i64::from(b.y) - 2 * i64::from(focal_point.y);
        x * x + y * y
    }
}

/// Equal distances go to the lower seat, so that the answer never depends on the visiting order.
fn keep_best<T: Ord>(best: &mut Option<T>, found: Option<T>) {
    if let Some(found) = found
        && best.as_ref().is_none_or(|best| found < *best)
    {
        *best = Some(found);
    }
}
