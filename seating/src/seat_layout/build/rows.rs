//! Rows and their seats.

use crate::layout_spec::{
    COORDINATE_MAX, GRID_STEP, NumbersSpec, Position, RowSeatsSpec, RowSpec, SeatSpec,
};
use crate::limits::SEAT_ID_BYTES_MAX;
use crate::seat_layout::build::Builder;
use crate::seat_layout::build::checks::{ensure, index_u32, index16, index32, label, text};
use crate::seat_layout::{CellIndex, LayoutError, Row, RowIndex, SeatIndex, SectionIndex};

/// One seat on its way into the builder.
struct NewSeat<'a> {
    id: &'a str,
    number: &'a str,
    cell: CellIndex,
    position: Position,
}

/// Where a row goes.
#[derive(Clone, Copy)]
pub(super) struct NewRow<'a> {
    pub(super) path: &'a str,
    pub(super) section: SectionIndex,
    /// The section's code, which begins the ids of a grid.
    pub(super) code: &'a str,
    /// Where the first seat of a grid stands.
    pub(super) first_position: Position,
}

impl Builder {
    pub(super) fn add_row(&mut self, row: &RowSpec, new: NewRow<'_>) -> Result<(), LayoutError> {
        let first_seat = SeatIndex(index_u32(self.seat_rows.len()));
        match &row.seats {
            RowSeatsSpec::Grid {
                numbers,
                price_tier,
            } => {
                let tier = self.tier(&format!("{}.price_tier", new.path), price_tier)?;
                let cell = self.cell(new.section, tier);
                let prefix = format!("{}-{}-", new.code, row.label);
                self.add_grid(&prefix, numbers, cell, new)?;
            }
            RowSeatsSpec::Listed(seats) => self.add_listed(seats, new)?,
        }
        let seats = index_u32(self.seat_rows.len()) - first_seat.0;
        let cells = &self.seat_cells[first_seat.0 as usize..];
        self.rows.push(Row {
            label: row.label.as_str().into(),
            section: new.section,
            line: self.line_of(row, new.section),
            first_seat,
            seats: index16(seats as usize),
            first_word: self.words,
            first_position: self.positions[first_seat.0 as usize],
            nearest: 0,
            nearest_split: 0,
            only_cell: cells.iter().all(|cell| *cell == cells[0]).then(|| cells[0]),
        });
        self.words += seats.div_ceil(64);
        Ok(())
    }

    fn line_of(&self, row: &RowSpec, section: SectionIndex) -> u32 {
        match self.rows.last() {
            None => 0,
            Some(before) if before.section != section => before.line + 2,
            Some(before) if *before.label != *row.label => before.line + 1,
            Some(before) => before.line,
        }
    }

    fn add_grid(
        &mut self,
        prefix: &str,
        numbers: &NumbersSpec,
        cell: CellIndex,
        new: NewRow<'_>,
    ) -> Result<(), LayoutError> {
        let count = seats_in_grid(numbers);
        for at in 0..count {
            let number = match numbers {
                NumbersSpec::Count(_) => (at + 1).to_string(),
                NumbersSpec::Each(each) => each[at].clone(),
            };
            let id = format!("{prefix}{number}");
            let seat = NewSeat {
                id: &id,
                number: &number,
                cell,
                position: Position {
                    x: new.first_position.x + index32(at) * GRID_STEP,
                    y: new.first_position.y,
                },
            };
            self.add_seat(&format!("{}.seats[{at}]", new.path), &seat)?;
        }
        Ok(())
    }

    fn add_listed(&mut self, seats: &[SeatSpec], new: NewRow<'_>) -> Result<(), LayoutError> {
        self.any_listed = true;
        for (at, seat) in seats.iter().enumerate() {
            let path = format!("{}.seats[{at}]", new.path);
            let tier = self.tier(&format!("{path}.category"), &seat.price_tier)?;
            let near = |c: i32| (-COORDINATE_MAX..=COORDINATE_MAX).contains(&c);
            let on_plan = near(seat.position.x) && near(seat.position.y);
            ensure(on_plan, &format!("{path}.position"), || {
                "is out of range".into()
            })?;
            let seat = NewSeat {
                id: &seat.id,
                number: &seat.number,
                cell: self.cell(new.section, tier),
                position: seat.position,
            };
            self.add_seat(&path, &seat)?;
        }
        Ok(())
    }

    fn add_seat(&mut self, path: &str, seat: &NewSeat<'_>) -> Result<(), LayoutError> {
        label(path, seat.number)?;
        text(path, seat.id, SEAT_ID_BYTES_MAX)?;
        self.text_starts.push(index_u32(self.text.len()));
        self.text.push_str(seat.id);
        if !seat.id.ends_with(seat.number) {
            self.text.push_str(seat.number);
        }
        self.id_bytes
            .push(u8::try_from(seat.id.len()).unwrap_or(u8::MAX));
        self.number_bytes
            .push(u8::try_from(seat.number.len()).unwrap_or(u8::MAX));
        // The row itself follows its last seat.
        self.seat_rows.push(RowIndex(index16(self.rows.len())));
        self.seat_cells.push(seat.cell);
        self.positions.push(seat.position);
        self.cells[seat.cell.0 as usize].capacity += 1;
        Ok(())
    }
}

pub(super) fn seats_in(row: &RowSpec) -> usize {
    match &row.seats {
        RowSeatsSpec::Grid { numbers, .. } => seats_in_grid(numbers),
        RowSeatsSpec::Listed(seats) => seats.len(),
    }
}

fn seats_in_grid(numbers: &NumbersSpec) -> usize {
    match numbers {
        NumbersSpec::Count(count) => *count as usize,
        NumbersSpec::Each(each) => each.len(),
    }
}
