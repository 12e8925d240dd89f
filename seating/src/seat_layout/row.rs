//! A run of adjacent seats, with what best-available search wants to know of it beforehand.

use std::ops::Range;

use crate::seat_layout::spec::{GRID_STEP, Position};
use crate::seat_layout::{SeatIndex, SectionIndex, SectionTierIndex};

/// One run of adjacent seats; nothing outside it is adjacent to anything in it.
#[derive(Debug)]
pub struct Row {
    /// The row's label; parts of a row across an aisle share it.
    pub label: Box<str>,
    pub section: SectionIndex,
    /// Its first seat; the others follow.
    pub first_seat: SeatIndex,
    /// How many seats it has.
    pub seats: u16,
    /// The word of a row bit map that its first seat's bit is in, as that word's lowest bit.
    pub first_word: u32,
    /// Where its first seat stands.
    pub first_position: Position,
    /// The least twice-scaled squared distance from one of its blocks, of any length, to the focal
    /// point.
    pub nearest: i64,
    /// Its place in the layout's list of neighbours.
    pub neighbours: Range<u32>,
    /// The section tier of all its seats, if they share one.
    pub only_section_tier: Option<SectionTierIndex>,
}

impl Row {
    /// Words it takes in a row bit map.
    pub fn words(&self) -> usize {
        usize::from(self.seats).div_ceil(64)
    }

    /// Its words in a row bit map.
    pub fn word_range(&self) -> Range<usize> {
        let first = self.first_word as usize;
        first..first + self.words()
    }

    /// Where the seat `offset` places after its first stands, in a layout of grid rows only.
    pub(super) fn grid_position(&self, offset: u32) -> Position {
        // A row is far shorter than the coordinates reach.
        let across = offset.cast_signed() * GRID_STEP;
        Position {
            x: self.first_position.x + across,
            y: self.first_position.y,
        }
    }

    /// Where a block of this length has its middle at `point` or next to the right of it.
    pub(super) fn grid_start(&self, length: u32, point: Position) -> u32 {
        let step = i64::from(GRID_STEP);
        let across = 2 * (i64::from(point.x) - i64::from(self.first_position.x));
        // Every place further moves the middle by a step; rounded up.
        let start = (across - i64::from(length - 1) * step + 2 * step - 1).div_euclid(2 * step);
        u32::try_from(start.clamp(0, i64::from(self.seats))).unwrap_or(0)
    }

    /// The seat `offset` places after its first.
    pub fn seat(&self, offset: u32) -> SeatIndex {
        SeatIndex(self.first_seat.0 + offset)
    }
}
