//! From a spec to the compact layout: the one gate through which every layout comes.

mod distance;
mod faults;
mod grid;
mod number;
mod rows;

use std::collections::HashMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::seat_layout::build::grid::first_positions;
use crate::seat_layout::build::number::{index_u32, index16};
use crate::seat_layout::build::rows::NewRow;
use crate::seat_layout::find::hash;
use crate::seat_layout::spec::{
    LayoutSpec, Position, PriceTierSpec, RowSpec, SectionKindSpec, SectionSpec,
};
use crate::seat_layout::{
    PriceTier, Row, RowIndex, SeatIndex, SeatLayout, Section, SectionIndex, SectionKind,
    SectionTier, SectionTierIndex, TierIndex,
};

pub(super) use distance::twice_distance;
pub use faults::FAULTS_MAX;

/// Something that is wrong with a layout, with the place named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct LayoutFault {
    /// The place, as a path into the spec: `sections[2].rows[0].seats[3].id`.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Why a layout is refused: all that is wrong with it, up to [`FAULTS_MAX`] faults, and at least
/// one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", first(.0), and_more(.0.len()))]
pub struct LayoutFaults(Vec<LayoutFault>);

fn first(faults: &[LayoutFault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}

fn and_more(faults: usize) -> String {
    match faults {
        0 | 1 => String::new(),
        2 => ", and another fault".to_owned(),
        more => format!(", and {} other faults", more - 1),
    }
}

impl LayoutFaults {
    fn unless_empty(faults: Vec<LayoutFault>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self(faults))
        }
    }

    /// Each of them.
    pub fn into_vec(self) -> Vec<LayoutFault> {
        self.0
    }
}

pub(super) fn build(spec: &LayoutSpec) -> Result<SeatLayout, LayoutFaults> {
    spec.check()?;
    let mut builder = Builder {
        stage: spec.stage,
        ..Builder::default()
    };
    for tier in &spec.price_tiers {
        builder.add_tier(tier);
    }
    for section in &spec.sections {
        builder.add_section(section);
    }
    builder.finish(spec)
}

#[derive(Default)]
struct Builder {
    sections: Vec<Section>,
    tiers: Vec<PriceTier>,
    tiers_by_code: HashMap<String, TierIndex>,
    section_tiers: Vec<SectionTier>,
    rows: Vec<Row>,
    neighbours: Vec<RowIndex>,
    text: String,
    text_starts: Vec<u32>,
    id_bytes: Vec<u8>,
    number_bytes: Vec<u8>,
    seat_rows: Vec<RowIndex>,
    seat_section_tiers: Vec<SectionTierIndex>,
    positions: Vec<Position>,
    any_listed: bool,
    words: u32,
    area_places: u32,
    stage: Option<Position>,
}

impl Builder {
    fn add_tier(&mut self, tier: &PriceTierSpec) {
        let index = TierIndex(u8::try_from(self.tiers.len()).unwrap_or(u8::MAX));
        self.tiers_by_code.insert(tier.code.clone(), index);
        self.tiers.push(PriceTier {
            code: tier.code.clone(),
            name: tier.name.clone(),
            price: tier.price.clone(),
        });
    }

    fn add_section(&mut self, section: &SectionSpec) {
        let index = SectionIndex(index16(self.sections.len()));
        let first_section_tier = index16(self.section_tiers.len());
        let kind = match &section.kind {
            SectionKindSpec::Reserved { rows, stage } => {
                self.add_rows(index, &section.code, rows, stage.or(self.stage))
            }
            SectionKindSpec::GeneralAdmission {
                capacity,
                price_tier,
            } => {
                let section_tier = self.section_tier(index, price_tier);
                let section_tier = &mut self.section_tiers[usize::from(section_tier.0)];
                section_tier.capacity = *capacity;
                self.area_places += *capacity;
                SectionKind::GeneralAdmission {
                    capacity: *capacity,
                    tier: section_tier.tier,
                }
            }
        };
        let tiers = first_section_tier..index16(self.section_tiers.len());
        self.sections.push(Section {
            code: section.code.clone(),
            name: section.name.clone(),
            kind,
            tiers,
        });
    }

    fn add_rows(
        &mut self,
        section: SectionIndex,
        code: &str,
        rows: &[RowSpec],
        stage: Option<Position>,
    ) -> SectionKind {
        let first_row = self.rows.len();
        for (row, first_position) in rows.iter().zip(first_positions(rows)) {
            let new = NewRow {
                section,
                code,
                first_position,
            };
            self.add_row(row, new);
        }
        let focal_point = stage.unwrap_or_else(|| self.middle_of_the_front(first_row));
        self.look_around(first_row, focal_point);
        SectionKind::Reserved {
            rows: index16(first_row)..index16(self.rows.len()),
            focal_point,
        }
    }

    /// The section tier of that section and tier, new if there is none yet.
    fn section_tier(&mut self, section: SectionIndex, tier: &str) -> SectionTierIndex {
        // The spec was checked, so the tier is there.
        let tier = self.tiers_by_code.get(tier).copied().unwrap_or_default();
        // Section tiers are grouped by section and sections come one after the other.
        let here = self.section_tiers.iter().rev();
        let mut here = here.take_while(|section_tier| section_tier.section == section);
        let known = here.position(|section_tier| section_tier.tier == tier);
        let known = known.map(|from_the_end| self.section_tiers.len() - 1 - from_the_end);
        let at = known.unwrap_or_else(|| {
            self.section_tiers.push(SectionTier {
                section,
                tier,
                capacity: 0,
            });
            self.section_tiers.len() - 1
        });
        SectionTierIndex(index16(at))
    }

    fn finish(mut self, spec: &LayoutSpec) -> Result<SeatLayout, LayoutFaults> {
        self.text_starts.push(index_u32(self.text.len()));
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
            section_tiers: self.section_tiers,
            rows: self.rows,
            neighbours: self.neighbours.into(),
            text: self.text.into(),
            text_starts: self.text_starts.into(),
            id_bytes: self.id_bytes.into(),
            number_bytes: self.number_bytes.into(),
            seat_rows: self.seat_rows.into(),
            seat_section_tiers: self.seat_section_tiers.into(),
            by_id: HashTable::new(),
            nearest_first,
            positions: self.any_listed.then(|| self.positions.into()),
            words: self.words,
            area_places: self.area_places,
            stage: self.stage,
        };
        layout.by_id = by_id(&layout, spec)?;
        Ok(layout)
    }
}

/// Every seat by its unique id.
fn by_id(layout: &SeatLayout, spec: &LayoutSpec) -> Result<HashTable<SeatIndex>, LayoutFaults> {
    let mut by_id = HashTable::with_capacity(layout.seat_count());
    let mut faults: Vec<LayoutFault> = Vec::new();
    for seat in layout.seats() {
        let id = layout.seat_id(seat);
        let is_twin = |other: &SeatIndex| layout.seat_id(*other) == id;
        let hash_of = |other: &SeatIndex| hash(layout.seat_id(*other));
        match by_id.entry(hash(id), is_twin, hash_of) {
            Entry::Vacant(place) => drop(place.insert(seat)),
            Entry::Occupied(first) if faults.len() < FAULTS_MAX => {
                let fault = twin(layout, spec, seat, *first.get());
                // All seats of a row that is but counted have its place.
                if faults.last().is_none_or(|last| last.path != fault.path) {
                    faults.push(fault);
                }
            }
            Entry::Occupied(_) => break,
        }
    }
    LayoutFaults::unless_empty(faults)?;
    Ok(by_id)
}

/// That a seat has the id of another.
fn twin(layout: &SeatLayout, spec: &LayoutSpec, seat: SeatIndex, first: SeatIndex) -> LayoutFault {
    let (row, of_first) = (layout.row_of(seat), layout.row_of(first));
    let (row, of_first) = (layout.row(row), layout.row(of_first));
    let id = layout.seat_id(seat);
    let (path, is_counted) = place_of(layout, spec, seat);
    let (first, _) = place_of(layout, spec, first);
    let is_one_row = row.section == of_first.section && row.label == of_first.label;
    let reason = if is_counted && is_one_row {
        format!(
            "row {:?} comes again, first at {first}, and a count begins at 1, so that {id:?} is \
             a duplicate: list the numbers of these seats, such as \"seats\": [\"25\", \"26\"]",
            row.label
        )
    } else {
        format!("the seat id {id:?} is a duplicate, first at {first}")
    };
    LayoutFault { path, reason }
}

/// The place of a seat in the spec, and whether that is the place of its row, of which the seats
/// are but counted.
fn place_of(layout: &SeatLayout, spec: &LayoutSpec, seat: SeatIndex) -> (String, bool) {
    let at = layout.row_of(seat);
    let row = layout.row(at);
    let section = usize::from(row.section.0);
    let first_row = match &layout.section(row.section).kind {
        SectionKind::Reserved { rows, .. } => rows.start,
        SectionKind::GeneralAdmission { .. } => 0,
    };
    let row_at = at.0 - first_row;
    let path = format!("sections[{section}].rows[{row_at}]");
    let described = match spec.sections.get(section).map(|section| &section.kind) {
        Some(SectionKindSpec::Reserved { rows, .. }) => rows.get(usize::from(row_at)),
        Some(SectionKindSpec::GeneralAdmission { .. }) | None => None,
    };
    let seat = (seat.0 - row.first_seat.0) as usize;
    match described {
        Some(row) => (row.place_of_seat(&path, seat), row.is_counted()),
        None => (path, false),
    }
}
