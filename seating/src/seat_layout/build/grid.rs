//! Where the rows of a grid begin.

use std::collections::HashMap;

use crate::seat_layout::build::number::index32;
use crate::seat_layout::build::rows::seats_in;
use crate::seat_layout::spec::{GRID_STEP, Position, RowSpec};

/// How many seats would fit into an aisle of a grid.
const AISLE_SEATS: usize = 1;

/// A row of a grid as it is measured: parts of one label, with aisles between them.
#[derive(Default)]
struct Measured {
    /// How wide it is, in seats.
    width: usize,
    /// Its place among the section's rows, from the front.
    place: usize,
}

/// Where the first seat of each of these stands. Rows of one label are parts of one row, from left
/// to right, wherever they are listed; rows are centred on the widest.
pub(super) fn first_positions(rows: &[RowSpec]) -> Vec<Position> {
    let mut measured: HashMap<&str, Measured> = HashMap::new();
    let mut before = Vec::with_capacity(rows.len());
    for row in rows {
        let place = measured.len();
        let known = measured
            .entry(&row.label)
            .or_insert_with(|| Measured { width: 0, place });
        let aisle = if known.width == 0 { 0 } else { AISLE_SEATS };
        before.push(known.width + aisle);
        known.width += aisle + seats_in(row);
    }
    let widest = rows
        .iter()
        .map(|row| measured[row.label.as_str()].width)
        .max();
    let widest = widest.unwrap_or(0);
    let numbered = rows.iter().zip(before);
    let position = |(row, before): (&RowSpec, usize)| {
        let row = &measured[row.label.as_str()];
        Position {
            x: index32(widest - row.width) * GRID_STEP / 2 + index32(before) * GRID_STEP,
            y: index32(row.place) * GRID_STEP,
        }
    };
    numbered.map(position).collect()
}
