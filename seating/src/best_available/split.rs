//! Stage 3: a group over neighbouring rows, nobody alone.

use smallvec::SmallVec;

use crate::best_available::{Block, Search, keep_best};
use crate::limits::{PLACES_PER_HOLD_MAX, SPLIT_ROWS_MAX};
use crate::places::SeatList;
use crate::seat_layout::{Row, SeatIndex, SectionIndex, SectionKind};

/// The fewest seats that a split may put in one row.
const PART_MIN: usize = 2;

/// One block per row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    /// Sum of the blocks' distances.
    distance: i64,
    blocks: SmallVec<[Block; SPLIT_ROWS_MAX]>,
}

/// The best block of a row for every length, by length.
type Choices = [Option<Block>; PLACES_PER_HOLD_MAX + 1];

impl Search<'_> {
    /// The closest split over as few rows as possible.
    pub(super) fn split(&self) -> Option<SeatList> {
        let rows_max = (self.quantity as usize / PART_MIN).min(SPLIT_ROWS_MAX);
        let sections: Vec<Vec<Choices>> = if rows_max < 2 {
            Vec::new()
        } else {
            self.choices_by_section()
        };
        for rows in 2..=rows_max {
            let mut best: Option<Parts> = None;
            for section in &sections {
                for neighbours in section.windows(rows) {
                    keep_best(&mut best, self.best_parts(neighbours));
                }
            }
            if let Some(parts) = best {
                return Some(seats_of(&parts));
            }
        }
        None
    }

    fn choices_by_section(&self) -> Vec<Vec<Choices>> {
        let wanted =
            |section: &SectionIndex| self.sections.is_empty() || self.sections.contains(section);
        let sections = (0_u16..).zip(self.layout.sections());
        let reserved = sections.filter_map(|(at, section)| match &section.kind {
            SectionKind::Reserved { rows, .. } if wanted(&SectionIndex(at)) => Some(rows),
            SectionKind::Reserved { .. } | SectionKind::GeneralAdmission { .. } => None,
        });
        reserved
            .map(|rows| {
                let rows = &self.layout.rows()[usize::from(rows.start)..usize::from(rows.end)];
                rows.iter().map(|row| self.choices(row)).collect()
            })
            .collect()
    }

    fn choices(&self, row: &Row) -> Choices {
        let eligible = self.eligible(row);
        let free = self.free_in(row);
        let mut choices = [None; PLACES_PER_HOLD_MAX + 1];
        for length in 2..=self.quantity - 2 {
            let runs = eligible.run_starts(length);
            if runs.is_empty() {
                break;
            }
            let clean = runs.and_not(&free.stranding_starts(length));
            let starts = if clean.is_empty() { runs } else { clean };
            choices[length as usize] = self.closest(row, starts, length);
        }
        choices
    }

    /// The closest way to seat the whole group with one block in each of these rows.
    fn best_parts(&self, rows: &[Choices]) -> Option<Parts> {
        let quantity = self.quantity as usize;
        // best[n]: the closest way to seat n in the rows so far.
        let mut best: [Option<Parts>; PLACES_PER_HOLD_MAX + 1] = Default::default();
        best[0] = Some(Parts {
            distance: 0,
            blocks: SmallVec::new(),
        });
        for row in rows {
            let mut with_row: [Option<Parts>; PLACES_PER_HOLD_MAX + 1] = Default::default();
            for seated in 0..=quantity {
                let Some(before) = &best[seated] else {
                    continue;
                };
                let room = quantity - seated;
                for block in row.iter().take(room + 1).skip(PART_MIN).flatten() {
                    let mut parts = before.clone();
                    parts.distance += block.distance;
                    parts.blocks.push(*block);
                    keep_best(&mut with_row[seated + block.length as usize], Some(parts));
                }
            }
            best = with_row;
        }
        best[quantity].take()
    }
}

fn seats_of(parts: &Parts) -> SeatList {
    let seats = |block: &Block| (block.first.0..block.first.0 + block.length).map(SeatIndex);
    parts.blocks.iter().flat_map(seats).collect()
}
