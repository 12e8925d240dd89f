//! From a spec to the compact house: the one gate through which every layout comes.

mod checks;
mod distance;
mod rows;
mod tiers;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::layout_spec::{GRID_STEP, LayoutSpec, Position, RowSpec, SectionKindSpec, SectionSpec};
use crate::limits::{AREA_CAPACITY_MAX, ROWS_MAX, SEATS_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX};
use crate::seat_layout::build::checks::{ensure, error, index_u32, index16, index32, label};
use crate::seat_layout::build::distance::look_beside;
use crate::seat_layout::build::rows::{NewRow, seats_in};
use crate::seat_layout::{
    Cell, CellIndex, PriceTier, Row, RowIndex, SeatIndex, SeatLayout, Section, SectionIndex,
    SectionKind, TierIndex, hash,
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

impl Builder {
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
        let widest = self.check_rows(path, rows)?;
        for (at, row) in rows.iter().enumerate() {
            // Rows of a grid are centred on the widest one.
            let first_position = Position {
                x: index32(widest - seats_in(row)) * GRID_STEP / 2,
                y: index32(at) * GRID_STEP,
            };
            let new = NewRow {
                path: &format!("{path}.rows[{at}]"),
                section,
                code,
                first_position,
            };
            self.add_row(row, new)?;
        }
        let focal_point = self.focal_point(first_row);
        for row in first_row..self.rows.len() {
            self.rows[row].nearest = self.nearest(row, focal_point);
        }
        look_beside(&mut self.rows[first_row..]);
        let rows = index16(first_row)..index16(self.rows.len());
        Ok(SectionKind::Reserved { rows, focal_point })
    }

    /// Checks every row's label and size before any is built, and says how wide the widest is.
    fn check_rows(&self, path: &str, rows: &[RowSpec]) -> Result<usize, LayoutError> {
        let mut widest = 0;
        let mut total = self.seat_rows.len();
        for (at, row) in rows.iter().enumerate() {
            let path = format!("{path}.rows[{at}]");
            label(&format!("{path}.row"), &row.label)?;
            let seats = seats_in(row);
            let path = format!("{path}.seats");
            ensure((1..=SEATS_PER_ROW_MAX).contains(&seats), &path, || {
                format!("a row has from 1 to {SEATS_PER_ROW_MAX} seats")
            })?;
            total += seats;
            ensure(total <= SEATS_MAX, &path, || {
                format!("the house may have at most {SEATS_MAX} seats")
            })?;
            widest = widest.max(seats);
        }
        Ok(widest)
    }

    fn finish(mut self) -> Result<SeatLayout, LayoutError> {
        self.text_starts.push(index_u32(self.text.len()));
        let seats = self.seat_rows.len();
        let mut nearest_first: Box<[RowIndex]> = (0..self.rows.len())
            .map(|at| RowIndex(index16(at)))
            .collect();
        nearest_first.sort_by_key(|row| self.rows[row.0 as usize].nearest);
        let mut sections_by_code: Box<[SectionIndex]> = (0..self.sections.len())
            .map(|at| SectionIndex(index16(at)))
            .collect();
        sections_by_code.sort_unstable_by_key(|at| &self.sections[at.0 as usize].code);
        let mut tiers_by_code: Box<[TierIndex]> = (0..=u8::MAX)
            .take(self.tiers.len())
            .map(TierIndex)
            .collect();
        tiers_by_code.sort_unstable_by_key(|at| &self.tiers[at.0 as usize].code);
        let mut layout = SeatLayout {
            sections: self.sections,
            sections_by_code,
            tiers: self.tiers,
            tiers_by_code,
            cells: self.cells,
            rows: self.rows,
            text: self.text.into(),
            text_starts: self.text_starts.into(),
            id_bytes: self.id_bytes.into(),
            number_bytes: self.number_bytes.into(),
            seat_rows: self.seat_rows.into(),
            seat_cells: self.seat_cells.into(),
            by_id: HashTable::new(),
            nearest_first,
            positions: self.any_listed.then(|| self.positions.into()),
            words: self.words,
            area_places: self.area_places,
        };
        let mut by_id = HashTable::with_capacity(seats);
        for seat in (0..index_u32(seats)).map(SeatIndex) {
            let id = layout.seat_id(seat);
            let is_twin = |other: &SeatIndex| layout.seat_id(*other) == id;
            let hash_of = |other: &SeatIndex| hash(layout.seat_id(*other));
            match by_id.entry(hash(id), is_twin, hash_of) {
                Entry::Vacant(place) => drop(place.insert(seat)),
                Entry::Occupied(_) => {
                    let row = layout.row(layout.row_of(seat));
                    let section = &layout.section(row.section).code;
                    let path = format!("sections[{section}].rows[{}]", row.label);
                    return Err(error(&path, format!("the seat id {id:?} is there twice")));
                }
            }
        }
        layout.by_id = by_id;
        Ok(layout)
    }
}
