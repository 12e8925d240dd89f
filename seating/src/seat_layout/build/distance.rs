//! Where the best places are, how near a row comes to them, and which rows are near each other.

use crate::geometry::near::{Run, neighbours};
use crate::limits::PLACES_PER_HOLD_MAX;
use crate::seat_layout::build::Builder;
use crate::seat_layout::build::number::{index_u32, index16};
use crate::seat_layout::spec::Position;
use crate::seat_layout::{Row, RowIndex};

impl Builder {
    /// Where there is no stage: the middle of the front row, seen over the section's whole width.
    pub(super) fn middle_of_the_front(&self, first_row: usize) -> Position {
        let seats = &self.positions[self.rows[first_row].first_seat.0 as usize..];
        let left = seats.iter().map(|p| p.x).min().unwrap_or(0);
        let right = seats.iter().map(|p| p.x).max().unwrap_or(0);
        let front = seats.iter().map(|p| p.y).min().unwrap_or(0);
        Position {
            x: i32::midpoint(left, right),
            y: front,
        }
    }

    /// Finds [`Row::nearest`] and [`Row::neighbours`] of the rows from this one on, a section.
    pub(super) fn look_around(&mut self, first_row: usize, focal_point: Position) {
        for row in first_row..self.rows.len() {
            self.rows[row].nearest = nearest(self.seats_of(&self.rows[row]), focal_point);
        }
        let rows = &self.rows[first_row..];
        let runs = rows.iter().map(|row| Run {
            label: &row.label,
            seats: self.seats_of(row),
        });
        let runs: Vec<Run<'_>> = runs.collect();
        let mut beside: Vec<Vec<usize>> = vec![Vec::new(); runs.len()];
        for (a, b) in neighbours(&runs) {
            beside[a].push(b);
            beside[b].push(a);
        }
        for (row, mut beside) in (first_row..).zip(beside) {
            beside.sort_unstable();
            let first = index_u32(self.neighbours.len());
            let indexes = beside
                .into_iter()
                .map(|at| RowIndex(index16(first_row + at)));
            self.neighbours.extend(indexes);
            self.rows[row].neighbours = first..index_u32(self.neighbours.len());
        }
    }

    fn seats_of(&self, row: &Row) -> &[Position] {
        let first = row.first_seat.0 as usize;
        &self.positions[first..first + usize::from(row.seats)]
    }
}

/// The least distance from the focal point to the middle of a block of any length, twice-scaled and
/// squared.
fn nearest(seats: &[Position], focal: Position) -> i64 {
    let lengths = 1..=PLACES_PER_HOLD_MAX.min(seats.len());
    let blocks = lengths.flat_map(|length| seats.windows(length));
    let distance = |block: &[Position]| twice_distance(block[0], block[block.len() - 1], focal);
    blocks.map(distance).min().unwrap_or(0)
}

/// The distance from a point to the middle between two seats, twice-scaled and squared.
pub(in crate::seat_layout) fn twice_distance(a: Position, b: Position, from: Position) -> i64 {
    let x = i64::from(a.x) + i64::from(b.x) - 2 * i64::from(from.x);
    let y = i64::from(a.y) + i64::from(b.y) - 2 * i64::from(from.y);
    x * x + y * y
}
