//! Rows and their seats, of a spec that was checked.

use std::borrow::Cow;

use crate::seat_layout::build::Builder;
use crate::seat_layout::build::number::{index_u32, index16, index32};
use crate::seat_layout::spec::{GRID_STEP, NumbersSpec, Position, RowSeatsSpec, RowSpec};
use crate::seat_layout::{Row, RowIndex, SeatIndex, SectionIndex, SectionTierIndex};

/// One seat on its way into the builder.
struct NewSeat<'a> {
    id: &'a str,
    number: &'a str,
    section_tier: SectionTierIndex,
    position: Position,
}

/// Where a row goes.
#[derive(Clone, Copy)]
pub(super) struct NewRow<'a> {
    pub(super) section: SectionIndex,
    /// The section's code, which begins the ids of a grid.
    pub(super) code: &'a str,
    /// Where the first seat of a grid stands.
    pub(super) first_position: Position,
}

impl Builder {
    pub(super) fn add_row(&mut self, row: &RowSpec, new: NewRow<'_>) {
        let first_seat = SeatIndex(index_u32(self.seat_rows.len()));
        match &row.seats {
            RowSeatsSpec::Grid {
                numbers,
                price_tier,
            } => {
                let section_tier = self.section_tier(new.section, price_tier);
                let prefix = format!("{}-{}-", new.code, row.label);
                self.add_grid(&prefix, numbers, section_tier, new.first_position);
            }
            RowSeatsSpec::Listed(seats) => {
                self.any_listed = true;
                for seat in seats {
                    let seat = NewSeat {
                        id: &seat.id,
                        number: &seat.number,
                        section_tier: self.section_tier(new.section, &seat.price_tier),
                        position: seat.position,
                    };
                    self.add_seat(&seat);
                }
            }
        }
        let seats = index_u32(self.seat_rows.len()) - first_seat.0;
        let section_tiers = &self.seat_section_tiers[first_seat.0 as usize..];
        self.rows.push(Row {
            label: row.label.as_str().into(),
            section: new.section,
            first_seat,
            seats: index16(seats as usize),
            first_word: self.words,
            first_position: self.positions[first_seat.0 as usize],
            nearest: 0,
            neighbours: 0..0,
            only_section_tier: section_tiers
                .iter()
                .all(|section_tier| *section_tier == section_tiers[0])
                .then(|| section_tiers[0]),
        });
        self.words += seats.div_ceil(64);
    }

    fn add_grid(
        &mut self,
        prefix: &str,
        numbers: &NumbersSpec,
        section_tier: SectionTierIndex,
        from: Position,
    ) {
        for (at, number) in numbers_in(numbers).enumerate() {
            let id = format!("{prefix}{number}");
            let seat = NewSeat {
                id: &id,
                number: &number,
                section_tier,
                position: Position {
                    x: from.x + index32(at) * GRID_STEP,
                    y: from.y,
                },
            };
            self.add_seat(&seat);
        }
    }

    fn add_seat(&mut self, seat: &NewSeat<'_>) {
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
        self.seat_section_tiers.push(seat.section_tier);
        self.positions.push(seat.position);
        self.section_tiers[seat.section_tier.0 as usize].capacity += 1;
    }
}

pub(super) fn seats_in(row: &RowSpec) -> usize {
    match &row.seats {
        RowSeatsSpec::Grid {
            numbers: NumbersSpec::Count(count),
            ..
        } => *count as usize,
        RowSeatsSpec::Grid {
            numbers: NumbersSpec::Each(each),
            ..
        } => each.len(),
        RowSeatsSpec::Listed(seats) => seats.len(),
    }
}

pub(super) fn numbers_in(numbers: &NumbersSpec) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
    match numbers {
        NumbersSpec::Count(count) => Box::new((1..=*count).map(|at| Cow::Owned(at.to_string()))),
        NumbersSpec::Each(each) => Box::new(each.iter().map(|each| Cow::Borrowed(each.as_str()))),
    }
}
