//! Where the best places are, and how near a row comes to them.

use crate::layout_spec::Position;
use crate::seat_layout::Row;
use crate::seat_layout::build::Builder;

impl Builder {
    /// The middle of the front row, seen over the section's whole width.
    pub(super) fn focal_point(&self, first_row: usize) -> Position {
        let seats = &self.positions[self.rows[first_row].first_seat.0 as usize..];
        let left = seats.iter().map(|p| p.x).min().unwrap_or(0);
        let right = seats.iter().map(|p| p.x).max().unwrap_or(0);
        let front = seats.iter().map(|p| p.y).min().unwrap_or(0);
        Position {
            x: i32::midpoint(left, right),
            y: front,
        }
    }

    /// The distance from the focal point to the row's bounding box, which no block undercuts.
    pub(super) fn nearest(&self, row: usize, focal: Position) -> i64 {
        let row = &self.rows[row];
        let first = row.first_seat.0 as usize;
        let seats = &self.positions[first..first + usize::from(row.seats)];
        let beyond = |of: fn(&Position) -> i32, focal: i32| {
            let low = seats.iter().map(of).min().unwrap_or(0);
            let high = seats.iter().map(of).max().unwrap_or(0);
            2 * i64::from((low - focal).max(focal - high).max(0))
        };
        let (x, y) = (beyond(|p| p.x, focal.x), beyond(|p| p.y, focal.y));
        x * x + y * y
    }
}

/// Finds [`Row::nearest_split`] of a section's rows, which know their own distance.
pub(super) fn look_beside(rows: &mut [Row]) {
    let first_line = rows.first().map_or(0, |row| row.line);
    let mut lines: Vec<i64> = Vec::new();
    let at = |row: &Row| (row.line - first_line) as usize;
    for row in rows.iter() {
        lines.resize(lines.len().max(at(row) + 1), i64::MAX);
        lines[at(row)] = lines[at(row)].min(row.nearest);
    }
    for row in rows {
        let beside = at(row).saturating_sub(1)..lines.len().min(at(row) + 2);
        let nearest = lines[beside].iter().min().copied();
        row.nearest_split = row.nearest + nearest.unwrap_or(row.nearest);
    }
}
