//! From a spec to the compact house: the one gate through which every layout comes.

use crate::layout_spec::{
    COORDINATE_MAX, GRID_STEP, LayoutSpec, NumbersSpec, Position, PriceTierSpec, RowSeatsSpec,
    RowSpec, SectionKindSpec, SectionSpec,
};
use crate::limits::{
    AREA_CAPACITY_MAX, LABEL_BYTES_MAX, PRICE_MINOR_UNITS_MAX, PRICE_TIERS_MAX, ROWS_MAX,
    SEAT_ID_BYTES_MAX, SEATS_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX,
};
use crate::seat_layout::{
    Cell, CellIndex, PriceTier, Row, RowIndex, SeatIndex, SeatLayout, Section, SectionIndex,
    SectionKind, TierIndex,
};

/// Why a layout is refused, with the place named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct LayoutError {
    /// The place, as a path into the request: `sections[2].rows[0].seats[3]`.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

pub(super) fn build(spec: &LayoutSpec) -> Result<SeatLayout, LayoutError> {
    let mut builder = Builder::default();
    builder.add_tiers(&spec.price_tiers)?;
    ensure(!spec.sections.is_empty(), "sections", || {
        "at least one is needed".into()
    })?;
    ensure(spec.sections.len() <= SECTIONS_MAX, "sections", || {
        format!("at most {SECTIONS_MAX} are allowed")
    })?;
    for (at, section) in spec.sections.iter().enumerate() {
        builder.add_section(&format!("sections[{at}]"), section)?;
    }
    builder.finish()
}

#[derive(Default)]
struct Builder {
    sections: Vec<Section>,
    tiers: Vec<PriceTier>,
    cells: Vec<Cell>,
    rows: Vec<Row>,
    text: String,
    text_starts: Vec<u32>,
    id_bytes: Vec<u8>,
    number_bytes: Vec<u8>,
    seat_rows: Vec<RowIndex>,
    seat_cells: Vec<CellIndex>,
    positions: Vec<Position>,
    any_listed: bool,
    words: u32,
    area_places: u32,
}

/// One seat on its way into the builder.
struct NewSeat<'a> {
    id: &'a str,
    number: &'a str,
    cell: CellIndex,
    row: RowIndex,
    position: Position,
}

impl Builder {
    fn add_tiers(&mut self, tiers: &[PriceTierSpec]) -> Result<(), LayoutError> {
        ensure(!tiers.is_empty(), "price_tiers", || {
            "at least one is needed".into()
        })?;
        ensure(tiers.len() <= PRICE_TIERS_MAX, "price_tiers", || {
            format!("at most {PRICE_TIERS_MAX} are allowed")
        })?;
        for (at, tier) in tiers.iter().enumerate() {
            self.add_tier(&format!("price_tiers[{at}]"), tier)?;
        }
        Ok(())
    }

    fn add_tier(&mut self, path: &str, tier: &PriceTierSpec) -> Result<(), LayoutError> {
        label(&format!("{path}.code"), &tier.code)?;
        label(&format!("{path}.name"), &tier.name)?;
        let unique = self.tiers.iter().all(|known| known.code != tier.code);
        ensure(unique, &format!("{path}.code"), || {
            format!("{:?} is there twice", tier.code)
        })?;
        let amount_path = format!("{path}.price.amount");
        ensure(
            (0..=PRICE_MINOR_UNITS_MAX).contains(&tier.price.amount),
            &amount_path,
            || format!("must be from 0 to {PRICE_MINOR_UNITS_MAX} minor units"),
        )?;
        let currency = &tier.price.currency;
        let iso = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
        let currency_path = format!("{path}.price.currency");
        ensure(iso, &currency_path, || {
            "must be three capital letters (ISO 4217)".into()
        })?;
        let same = self
            .tiers
            .iter()
            .all(|known| known.price.currency == *currency);
        ensure(same, &currency_path, || {
            "all tiers must be in one currency".into()
        })?;
        self.tiers.push(PriceTier {
            code: tier.code.clone(),
            name: tier.name.clone(),
            price: tier.price.clone(),
        });
        Ok(())
    }

    fn add_section(&mut self, path: &str, section: &SectionSpec) -> Result<(), LayoutError> {
        label(&format!("{path}.code"), &section.code)?;
        label(&format!("{path}.name"), &section.name)?;
        let unique = self.sections.iter().all(|known| known.code != section.code);
        ensure(unique, &format!("{path}.code"), || {
            format!("{:?} is there twice", section.code)
        })?;
        let index = SectionIndex(index16(self.sections.len()));
        let first_cell = index16(self.cells.len());
        let kind = match &section.kind {
            SectionKindSpec::Reserved { rows } => {
                self.add_rows(path, index, &section.code, rows)?
            }
            SectionKindSpec::GeneralAdmission {
                capacity,
                price_tier,
            } => self.add_area(path, index, *capacity, price_tier)?,
        };
        let cells = first_cell..index16(self.cells.len());
        self.sections.push(Section {
            code: section.code.clone(),
            name: section.name.clone(),
            kind,
            cells,
        });
        Ok(())
    }

    fn add_area(
        &mut self,
        path: &str,
        section: SectionIndex,
        capacity: u32,
        tier_code: &str,
    ) -> Result<SectionKind, LayoutError> {
        ensure(
            (1..=AREA_CAPACITY_MAX).contains(&capacity),
            &format!("{path}.capacity"),
            || format!("must be from 1 to {AREA_CAPACITY_MAX}"),
        )?;
        let tier = self.tier(&format!("{path}.price_tier"), tier_code)?;
        self.area_places = self.area_places.saturating_add(capacity);
        ensure(
            self.area_places <= 4 * AREA_CAPACITY_MAX,
            &format!("{path}.capacity"),
            || {
                format!(
                    "the areas together may admit at most {}",
                    4 * AREA_CAPACITY_MAX
                )
            },
        )?;
        self.cells.push(Cell {
            section,
            tier,
            capacity,
        });
        Ok(SectionKind::GeneralAdmission { capacity, tier })
    }

    fn add_rows(
        &mut self,
        path: &str,
        section: SectionIndex,
        code: &str,
        rows: &[RowSpec],
    ) -> Result<SectionKind, LayoutError> {
        ensure(!rows.is_empty(), &format!("{path}.rows"), || {
            "at least one is needed".into()
        })?;
        let first_row = self.rows.len();
        ensure(
            first_row + rows.len() <= ROWS_MAX,
            &format!("{path}.rows"),
            || format!("the house may have at most {ROWS_MAX} rows"),
        )?;
        let widest = rows.iter().map(seats_in).max().unwrap_or(0);
        for (at, row) in rows.iter().enumerate() {
            let row_path = format!("{path}.rows[{at}]");
            label(&format!("{row_path}.row"), &row.label)?;
            let seats = seats_in(row);
            ensure(
                (1..=SEATS_PER_ROW_MAX).contains(&seats),
                &format!("{row_path}.seats"),
                || format!("a row has from 1 to {SEATS_PER_ROW_MAX} seats"),
            )?;
            let total = self.seat_rows.len() + seats;
            ensure(total <= SEATS_MAX, &format!("{row_path}.seats"), || {
                format!("the house may have at most {SEATS_MAX} seats")
            })?;
            // Rows of a grid are centred on the widest one.
            let x = index32(widest - seats) * GRID_STEP / 2;
            let first_position = Position {
                x,
                y: index32(at) * GRID_STEP,
            };
            self.add_row(&row_path, section, code, row, first_position)?;
        }
        let focal_point = self.focal_point(first_row);
        for row in first_row..self.rows.len() {
            self.rows[row].nearest = self.nearest(row, focal_point);
        }
        let rows = index16(first_row)..index16(self.rows.len());
        Ok(SectionKind::Reserved { rows, focal_point })
    }

    fn add_row(
        &mut self,
        path: &str,
        section: SectionIndex,
        code: &str,
        row: &RowSpec,
        first_position: Position,
    ) -> Result<(), LayoutError> {
        let index = RowIndex(index16(self.rows.len()));
        let first_seat = SeatIndex(index_u32(self.seat_rows.len()));
        match &row.seats {
            RowSeatsSpec::Grid {
                numbers,
                price_tier,
            } => {
                let tier = self.tier(&format!("{path}.price_tier"), price_tier)?;
                let cell = self.cell(section, tier);
                let prefix = format!("{code}-{}-", row.label);
                self.add_grid(
                    path,
                    &prefix,
                    numbers,
                    GridRow {
                        cell,
                        index,
                        first_position,
                    },
                )?;
            }
            RowSeatsSpec::Listed(seats) => {
                self.any_listed = true;
                for (at, seat) in seats.iter().enumerate() {
                    let path = format!("{path}.seats[{at}]");
                    let tier = self.tier(&format!("{path}.category"), &seat.price_tier)?;
                    let near = |c: i32| (-COORDINATE_MAX..=COORDINATE_MAX).contains(&c);
                    let on_plan = near(seat.position.x) && near(seat.position.y);
                    ensure(on_plan, &format!("{path}.position"), || {
                        "is out of range".into()
                    })?;
                    let cell = self.cell(section, tier);
                    let (id, number) = (&seat.id, &seat.number);
                    let position = seat.position;
                    self.add_seat(
                        &path,
                        &NewSeat {
                            id,
                            number,
                            cell,
                            row: index,
                            position,
                        },
                    )?;
                }
            }
        }
        let seats = index_u32(self.seat_rows.len()) - first_seat.0;
        let first_position = self.positions[first_seat.0 as usize];
        let cells = &self.seat_cells[first_seat.0 as usize..];
        let only_cell = cells.iter().all(|cell| *cell == cells[0]).then(|| cells[0]);
        self.rows.push(Row {
            label: row.label.as_str().into(),
            section,
            first_seat,
            seats: index16(seats as usize),
            first_word: self.words,
            first_position,
            nearest: 0,
            only_cell,
        });
        self.words += seats.div_ceil(64);
        Ok(())
    }

    fn add_grid(
        &mut self,
        path: &str,
        prefix: &str,
        numbers: &NumbersSpec,
        row: GridRow,
    ) -> Result<(), LayoutError> {
        let count = match numbers {
            NumbersSpec::Count(count) => *count as usize,
            NumbersSpec::Each(each) => each.len(),
        };
        for at in 0..count {
            let number = match numbers {
                NumbersSpec::Count(_) => (at + 1).to_string(),
                NumbersSpec::Each(each) => each[at].clone(),
            };
            let id = format!("{prefix}{number}");
            let x = row.first_position.x + index32(at) * GRID_STEP;
            let position = Position {
                x,
                y: row.first_position.y,
            };
            let seat = NewSeat {
                id: &id,
                number: &number,
                cell: row.cell,
                row: row.index,
                position,
            };
            self.add_seat(&format!("{path}.seats[{at}]"), &seat)?;
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
        self.seat_rows.push(seat.row);
        self.seat_cells.push(seat.cell);
        self.positions.push(seat.position);
        self.cells[seat.cell.0 as usize].capacity += 1;
        Ok(())
    }

    fn tier(&self, path: &str, code: &str) -> Result<TierIndex, LayoutError> {
        let found = self.tiers.iter().position(|tier| tier.code == code);
        let found = found.and_then(|at| u8::try_from(at).ok()).map(TierIndex);
        found.ok_or_else(|| error(path, format!("there is no price tier {code:?}")))
    }

    fn cell(&mut self, section: SectionIndex, tier: TierIndex) -> CellIndex {
        let known = self
            .cells
            .iter()
            .rposition(|c| c.section == section && c.tier == tier);
        let at = known.unwrap_or_else(|| {
            self.cells.push(Cell {
                section,
                tier,
                capacity: 0,
            });
            self.cells.len() - 1
        });
        CellIndex(index16(at))
    }

    /// The middle of the front row, seen over the section's whole width.
    fn focal_point(&self, first_row: usize) -> Position {
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
    fn nearest(&self, row: usize, focal: Position) -> i64 {
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

    fn finish(mut self) -> Result<SeatLayout, LayoutError> {
        self.text_starts.push(index_u32(self.text.len()));
        let seats = index_u32(self.seat_rows.len());
        let mut nearest_first: Box<[RowIndex]> = (0..self.rows.len())
            .map(|at| RowIndex(index16(at)))
            .collect();
        nearest_first.sort_by_key(|row| self.rows[row.0 as usize].nearest);
        let mut layout = SeatLayout {
            sections: self.sections,
            tiers: self.tiers,
            cells: self.cells,
            rows: self.rows,
            text: self.text.into(),
            text_starts: self.text_starts.into(),
            id_bytes: self.id_bytes.into(),
            number_bytes: self.number_bytes.into(),
            seat_rows: self.seat_rows.into(),
            seat_cells: self.seat_cells.into(),
            by_id: Box::default(),
            nearest_first,
            positions: self.any_listed.then(|| self.positions.into()),
            words: self.words,
            area_places: self.area_places,
        };
        let mut by_id: Box<[SeatIndex]> = (0..seats).map(SeatIndex).collect();
        by_id.sort_unstable_by(|&a, &b| layout.seat_id(a).cmp(layout.seat_id(b)));
        let twin = by_id
            .windows(2)
            .find(|pair| layout.seat_id(pair[0]) == layout.seat_id(pair[1]));
        if let Some(pair) = twin {
            let row = layout.row(layout.row_of(pair[0].max(pair[1])));
            let section = &layout.section(row.section).code;
            let path = format!("sections[{section}].rows[{}]", row.label);
            let id = layout.seat_id(pair[0]);
            return Err(error(&path, format!("the seat id {id:?} is there twice")));
        }
        layout.by_id = by_id;
        Ok(layout)
    }
}

/// Where a grid row's seats go.
#[derive(Clone, Copy)]
struct GridRow {
    cell: CellIndex,
    index: RowIndex,
    first_position: Position,
}

fn seats_in(row: &RowSpec) -> usize {
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

fn label(path: &str, value: &str) -> Result<(), LayoutError> {
    text(path, value, LABEL_BYTES_MAX)
}

/// Any characters but control characters: they cannot be printed on a ticket, and PostgreSQL
/// stores no NUL.
fn text(path: &str, value: &str, bytes_max: usize) -> Result<(), LayoutError> {
    ensure(!value.is_empty(), path, || "must not be empty".into())?;
    ensure(value.len() <= bytes_max, path, || {
        format!("has more than {bytes_max} bytes")
    })?;
    let printable = !value.chars().any(char::is_control);
    ensure(printable, path, || {
        "must not contain control characters".into()
    })
}

fn ensure(holds: bool, path: &str, reason: impl FnOnce() -> String) -> Result<(), LayoutError> {
    if holds {
        Ok(())
    } else {
        Err(error(path, reason()))
    }
}

fn error(path: &str, reason: String) -> LayoutError {
    LayoutError {
        path: path.to_owned(),
        reason,
    }
}

// The limits bound every count below these types' ranges; saturation is unreachable.
fn index16(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn index32(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

fn index_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
