//! The best places together, over the map as it is now.
//!
//! 1. one row, adjacent, nobody stranded beside them, closest to the section's focal point;
//! 2. one row, adjacent, closest to the focal point;
//! 3. split over neighbouring rows of a section, nobody alone, over as few rows as possible: one
//!    block in each row or, where that cannot be, several in some;
//! 4. one area that has room for all;
//! 5. if allowed, any places, the closest ones.
//!
//! A refusal therefore means that there is no such block. The closest block of a row is moved along
//! it, by half a group at most, if it then leaves room for as many further groups of that size as
//! there could be: so a row of even length sells out to couples, and one of three times as many to
//! groups of three.
//!
//! Rows are visited in the order of a lower bound of their distance, so that a search usually ends
//! after the first few; a row of 64 seats costs a handful of shifts.

mod apart;
mod areas;
mod several;
mod split;

use crate::places::Places;
use crate::seat_layout::row_bits::{ROW_WORDS_MAX, RowBits};
use crate::seat_layout::spec::Position;
use crate::seat_layout::{Row, SeatIndex, SeatLayout, SectionIndex, SectionTierIndex, TierIndex};

/// A search: the layout, what is free, and the wish.
pub(crate) struct Search<'a> {
    pub(crate) layout: &'a SeatLayout,
    /// Which seats are free, as a row bit map.
    pub(crate) free: &'a [u64],
    /// How many places of each area are free.
    pub(crate) free_of_area: &'a dyn Fn(SectionIndex) -> u32,
    /// How many places, from 1 to the limit.
    pub(crate) quantity: u32,
    /// Only in these sections; empty means anywhere.
    pub(crate) sections: &'a [SectionIndex],
    /// Only in these price tiers; empty means any.
    pub(crate) tiers: &'a [TierIndex],
    /// Whether places apart are better than none.
    pub(crate) allow_split: bool,
}

/// A block in a row: its first seat, and the squared distance of its middle to the focal point in
/// twice-scaled coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    distance: i64,
    first: SeatIndex,
    length: u32,
}

impl Search<'_> {
    /// The best places, seats in row order, or none.
    pub(crate) fn find(&self) -> Option<Places> {
        let seats = match self.adjacent() {
            Some(block) => Some(block.seats().collect()),
            None => self.split(),
        };
        let together = seats.map(Places::of_seats).or_else(|| self.area());
        together.or_else(|| self.allow_split.then(|| self.apart()).flatten())
    }

    /// Whether any place that the filters allow is free.
    pub(crate) fn anything_free(&self) -> bool {
        let mut rows = self.rows();
        rows.any(|row| !self.in_row::<ROW_WORDS_MAX>(row).eligible.is_empty())
            || self.areas().next().is_some()
    }

    /// Stages 1 and 2 in one pass.
    fn adjacent(&self) -> Option<Block> {
        let mut clean: Option<Block> = None;
        let mut stranding: Option<Block> = None;
        for row in self.rows() {
            if clean.is_some_and(|best| best.distance < row.nearest) {
                break;
            }
            // A block that strands somebody matters only while there is no other.
            let second_best = clean.is_none().then_some(&mut stranding);
            if row.words() == 1 {
                self.in_row::<1>(row).offer(&mut clean, second_best);
            } else {
                self.in_row::<ROW_WORDS_MAX>(row)
                    .offer(&mut clean, second_best);
            }
        }
        let closest = clean.or(stranding)?;
        let row = self.layout.row(self.layout.row_of(closest.first));
        Some(match row.words() {
            1 => self.in_row::<1>(row).packed(closest, clean.is_some()),
            _ => (self.in_row::<ROW_WORDS_MAX>(row)).packed(closest, clean.is_some()),
        })
    }

    /// The rows that the section filter allows, those that may hold the closest seats first.
    fn rows(&self) -> impl Iterator<Item = &Row> {
        let rows = self.layout.rows_nearest_first();
        let rows = rows.map(|row| self.layout.row(row));
        rows.filter(|row| self.in_sections(row))
    }

    fn in_sections(&self, row: &Row) -> bool {
        self.allows_section(row.section)
    }

    fn allows_section(&self, section: SectionIndex) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }

    fn allows_section_tier(&self, section_tier: SectionTierIndex) -> bool {
        self.tiers.is_empty()
            || self
                .tiers
                .contains(&self.layout.section_tier(section_tier).tier)
    }

    fn in_row<'a, const WORDS: usize>(&'a self, row: &'a Row) -> InRow<'a, WORDS> {
        let free = RowBits::new(&self.free[row.word_range()]);
        InRow {
            search: self,
            row,
            free,
            eligible: self.eligible(row, free),
            focal_point: self.layout.focal_point(row.section),
        }
    }

    /// The free seats of a row that the tier filter allows.
    fn eligible<const WORDS: usize>(&self, row: &Row, mut free: RowBits<WORDS>) -> RowBits<WORDS> {
        if self.tiers.is_empty() {
            return free;
        }
        if let Some(section_tier) = row.only_section_tier {
            let allowed = self.allows_section_tier(section_tier);
            return if allowed { free } else { RowBits::EMPTY };
        }
        for at in free.ones() {
            if !self.allows_section_tier(self.layout.section_tier_of(row.seat(at))) {
                free.clear(at);
            }
        }
        free
    }
}

/// The search in one row of at most so many words.
struct InRow<'a, const WORDS: usize> {
    search: &'a Search<'a>,
    row: &'a Row,
    free: RowBits<WORDS>,
    eligible: RowBits<WORDS>,
    focal_point: Position,
}

impl<const WORDS: usize> InRow<'_, WORDS> {
    /// Offers its best blocks for the whole group, one that strands nobody and any one.
    fn offer(&self, clean: &mut Option<Block>, any: Option<&mut Option<Block>>) {
        let quantity = self.search.quantity;
        let runs = self.eligible.run_starts(quantity);
        if runs.is_empty() {
            return;
        }
        let strands = self.free.stranding_starts(quantity);
        keep_best(clean, self.closest(runs.and_not(&strands), quantity));
        if let Some(any) = any {
            keep_best(any, self.closest(runs, quantity));
        }
    }

    /// Of the blocks near the closest, the one that leaves room for the most further groups of its
    /// length, the closest of those; among those that strand nobody if the closest strands nobody.
    /// The closest itself where none leaves room.
    fn packed(&self, closest: Block, is_clean: bool) -> Block {
        let length = closest.length;
        let at = closest.first.0 - self.row.first_seat.0;
        let mut starts = self.eligible.run_starts(length);
        if is_clean {
            starts = starts.and_not(&self.free.stranding_starts(length));
        }
        let packing = starts.and(&self.free.packing_starts(length)).ones();
        let about = packing.filter(|start| start.abs_diff(at) <= length / 2);
        let best = about.map(|start| self.block(start, length)).min();
        best.unwrap_or(closest)
    }

    /// The best block of a part of the group, of those starting at `runs`; one that strands nobody,
    /// if there is any.
    fn part(&self, runs: RowBits<WORDS>, length: u32) -> Option<Block> {
        let clean = runs.and_not(&self.free.stranding_starts(length));
        self.closest(if clean.is_empty() { runs } else { clean }, length)
    }

    /// Its seats one by one.
    fn singly(&self) -> impl Iterator<Item = Block> {
        self.eligible.ones().map(|at| self.block(at, 1))
    }

    /// Of the blocks starting at `starts`, the one closest to the focal point.
    fn closest(&self, starts: RowBits<WORDS>, length: u32) -> Option<Block> {
        let block = |at| self.block(at, length);
        let Some(middle) = self
            .search
            .layout
            .grid_start(self.row, length, self.focal_point)
        else {
            return starts.ones().map(block).min();
        };
        // On a grid blocks get farther away to both sides.
        let (left, right) = (starts.last_before(middle), starts.first_from(middle));
        left.into_iter().chain(right).map(block).min()
    }

    fn block(&self, at: u32, length: u32) -> Block {
        let (layout, seats) = (self.search.layout, (at, at + length - 1));
        Block {
            distance: layout.block_distance(self.row, seats, self.focal_point),
            first: self.row.seat(at),
            length,
        }
    }
}

impl Block {
    fn seats(self) -> impl Iterator<Item = SeatIndex> {
        (self.first.0..self.first.0 + self.length).map(SeatIndex)
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
