//! The layout as the rules use it: dense indexes over compact, immutable arrays.
//!
//! A seat costs 16 to 22 bytes here plus its text: where its text starts (4), two lengths (2), its
//! section tier (2), its row (2) and its place in the table of ids (6 to 12: the table's size is a
//! power of two, and at most seven eighths of it are full). A number that ends its seat's id, as in
//! `ORCH-A-12`, shares its text. Positions cost 8 more, and only when a plan gives them.

mod build;
mod find;
mod row;
pub(crate) mod row_bits;
pub mod spec;

use std::ops::Range;

use hashbrown::HashTable;

use crate::seat_layout::spec::{LayoutSpec, Money, Position};

pub use build::{FAULTS_MAX, LayoutFault, LayoutFaults};
pub use row::Row;

/// A seat's dense number in its showtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatIndex(pub u32);

/// A section's dense number in its showtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionIndex(pub u16);

/// A price tier's dense number in its showtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TierIndex(pub u8);

/// A row's dense number in its showtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowIndex(pub u16);

/// The dense number of a pair of section and price tier, the unit in which places are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionTierIndex(pub u16);

/// The immutable layout of a showtime.
#[derive(Debug)]
pub struct SeatLayout {
    sections: Vec<Section>,
    /// In the order of their codes, for lookup by binary search.
    sections_by_code: Box<[SectionIndex]>,
    tiers: Vec<PriceTier>,
    /// In the order of their codes, likewise.
    tiers_by_code: Box<[TierIndex]>,
    section_tiers: Vec<SectionTier>,
    rows: Vec<Row>,
    /// The neighbours of every row, one row's after the other's.
    neighbours: Box<[RowIndex]>,
    /// Ids and numbers of all seats, one after the other; a number that ends its id shares it.
    text: Box<str>,
    text_starts: Box<[u32]>,
    id_bytes: Box<[u8]>,
    number_bytes: Box<[u8]>,
    seat_rows: Box<[RowIndex]>,
    seat_section_tiers: Box<[SectionTierIndex]>,
    /// Seats by the hashes of their ids: every hold names some, and the texts are all over memory.
    by_id: HashTable<SeatIndex>,
    /// Rows in the order of [`Row::nearest`].
    nearest_first: Box<[RowIndex]>,
    /// Present only when some row lists its seats' positions.
    positions: Option<Box<[Position]>>,
    /// Words of a bit map in which every row starts on a word of its own.
    words: u32,
    area_places: u32,
    stage: Option<Position>,
}

/// One section of the layout.
#[derive(Debug)]
pub struct Section {
    /// Its stable name.
    pub code: String,
    /// How people name it.
    pub name: String,
    pub kind: SectionKind,
    /// Its section tiers, a range over [`SeatLayout::section_tiers`].
    pub tiers: Range<u16>,
}

/// What a section consists of.
#[derive(Debug)]
pub enum SectionKind {
    /// Seats in rows, a range over [`SeatLayout::rows`].
    Reserved {
        rows: Range<u16>,
        /// What the best places are the nearest to: the stage, or the middle of the front row.
        focal_point: Position,
    },
    /// A capacity.
    GeneralAdmission {
        /// Places in all.
        capacity: u32,
        tier: TierIndex,
    },
}

/// A named price.
#[derive(Debug)]
pub struct PriceTier {
    /// How seats and areas name it.
    pub code: String,
    /// How people name it.
    pub name: String,
    /// What one place costs; `None` is not for sale.
    pub price: Option<Money>,
}

/// Section and tier together, with how many places they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionTier {
    pub section: SectionIndex,
    pub tier: TierIndex,
    /// Places in all.
    pub capacity: u32,
}

/// Everything the layout knows of one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat<'a> {
    /// Its stable id.
    pub id: &'a str,
    /// What is written on it.
    pub number: &'a str,
    pub row: &'a str,
    pub section: SectionIndex,
    pub tier: TierIndex,
}

impl SeatLayout {
    /// Checks a spec and builds the compact layout.
    ///
    /// # Errors
    ///
    /// Each names a place that is wrong by its path in the spec.
    pub fn build(spec: &LayoutSpec) -> Result<Self, LayoutFaults> {
        build::build(spec)
    }

    /// What everybody looks at, if the layout has a stage.
    pub fn stage(&self) -> Option<Position> {
        self.stage
    }

    /// How many seats there are; areas have none.
    pub fn seat_count(&self) -> usize {
        self.seat_rows.len()
    }

    /// How many places there are, seats and area places together.
    pub fn capacity(&self) -> u32 {
        u32::try_from(self.seat_count())
            .unwrap_or(u32::MAX)
            .saturating_add(self.area_places)
    }

    /// Every seat, in order.
    pub fn seats(&self) -> impl Iterator<Item = SeatIndex> + use<> {
        (0..u32::try_from(self.seat_count()).unwrap_or(u32::MAX)).map(SeatIndex)
    }

    /// The sections, in the layout's order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The price tiers.
    pub fn tiers(&self) -> &[PriceTier] {
        &self.tiers
    }

    /// The section tiers, grouped by section.
    pub fn section_tiers(&self) -> &[SectionTier] {
        &self.section_tiers
    }

    /// The rows, grouped by section.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows that are near a row, in order.
    pub fn neighbours(&self, row: RowIndex) -> &[RowIndex] {
        let Range { start, end } = self.row(row).neighbours;
        &self.neighbours[start as usize..end as usize]
    }

    /// Of each section of seats, the row that holds its best ones.
    pub fn best_rows(&self) -> impl Iterator<Item = &Row> {
        self.sections
            .iter()
            .filter_map(|section| match &section.kind {
                SectionKind::Reserved { rows, .. } => {
                    let rows = &self.rows[usize::from(rows.start)..usize::from(rows.end)];
                    rows.iter().min_by_key(|row| row.nearest)
                }
                SectionKind::GeneralAdmission { .. } => None,
            })
    }

    /// The rows of the whole layout, those that may hold the closest seats first.
    pub(crate) fn rows_nearest_first(&self) -> impl Iterator<Item = RowIndex> {
        self.nearest_first.iter().copied()
    }

    /// Whether the index names a seat of this layout.
    pub fn has_seat(&self, seat: SeatIndex) -> bool {
        (seat.0 as usize) < self.seat_count()
    }

    /// One section.
    pub fn section(&self, section: SectionIndex) -> &Section {
        &self.sections[section.0 as usize]
    }

    /// One price tier.
    pub fn tier(&self, tier: TierIndex) -> &PriceTier {
        &self.tiers[tier.0 as usize]
    }

    /// One section tier.
    pub fn section_tier(&self, section_tier: SectionTierIndex) -> SectionTier {
        self.section_tiers[section_tier.0 as usize]
    }

    /// One row.
    pub fn row(&self, row: RowIndex) -> &Row {
        &self.rows[row.0 as usize]
    }

    /// A seat's section tier.
    pub fn section_tier_of(&self, seat: SeatIndex) -> SectionTierIndex {
        self.seat_section_tiers[seat.0 as usize]
    }

    /// A seat's row.
    pub fn row_of(&self, seat: SeatIndex) -> RowIndex {
        self.seat_rows[seat.0 as usize]
    }

    /// The one section tier of an area.
    pub fn section_tier_of_area(&self, section: SectionIndex) -> SectionTierIndex {
        SectionTierIndex(self.section(section).tiers.start)
    }

    /// The capacity of an area; `None` for a section of seats or one that does not exist.
    pub fn area_capacity(&self, section: SectionIndex) -> Option<u32> {
        match self.sections.get(section.0 as usize)?.kind {
            SectionKind::GeneralAdmission { capacity, .. } => Some(capacity),
            SectionKind::Reserved { .. } => None,
        }
    }

    /// What one place of a section tier costs, in minor units; nothing if it is not for sale.
    pub fn price_of(&self, section_tier: SectionTierIndex) -> i64 {
        let price = self
            .tier(self.section_tier(section_tier).tier)
            .price
            .as_ref();
        price.map_or(0, |price| price.amount)
    }

    /// Whether the places of a section tier are sold at all.
    pub fn is_for_sale(&self, section_tier: SectionTierIndex) -> bool {
        self.tier(self.section_tier(section_tier).tier)
            .price
            .is_some()
    }

    /// The currency of every price here; the layout has at least one.
    pub fn currency(&self) -> &str {
        let mut prices = self.tiers.iter().filter_map(|tier| tier.price.as_ref());
        prices.next().map_or("", |price| &price.currency)
    }

    /// Everything known of a seat.
    pub fn seat(&self, seat: SeatIndex) -> Seat<'_> {
        let at = seat.0 as usize;
        let section_tier = self.section_tier(self.seat_section_tiers[at]);
        let text = self.seat_text(seat);
        Seat {
            id: &text[..self.id_bytes[at] as usize],
            number: &text[text.len() - self.number_bytes[at] as usize..],
            row: &self.row(self.seat_rows[at]).label,
            section: section_tier.section,
            tier: section_tier.tier,
        }
    }

    /// A seat's id.
    pub fn seat_id(&self, seat: SeatIndex) -> &str {
        &self.seat_text(seat)[..self.id_bytes[seat.0 as usize] as usize]
    }

    /// Where a seat stands.
    pub fn position(&self, seat: SeatIndex) -> Position {
        if let Some(positions) = &self.positions {
            return positions[seat.0 as usize];
        }
        let row = self.row(self.row_of(seat));
        row.grid_position(seat.0 - row.first_seat.0)
    }

    /// Where the best places of a section of seats are; areas have none.
    pub(crate) fn focal_point(&self, section: SectionIndex) -> Position {
        match self.section(section).kind {
            SectionKind::Reserved { focal_point, .. } => focal_point,
            SectionKind::GeneralAdmission { .. } => Position::default(),
        }
    }

    /// How far the middle of a block of seats `first..=last` of a row is from a point, twice-scaled
    /// and squared.
    pub(crate) fn block_distance(
        &self,
        row: &Row,
        (first, last): (u32, u32),
        from: Position,
    ) -> i64 {
        let (a, b) = if let Some(positions) = &self.positions {
            let seats = &positions[row.first_seat.0 as usize..];
            (seats[first as usize], seats[last as usize])
        } else {
            (row.grid_position(first), row.grid_position(last))
        };
        build::twice_distance(a, b, from)
    }

    /// In a layout of grid rows only, where a block of this length would start to have its middle
    /// at the focal point or as little as possible to the right of it.
    pub(crate) fn grid_start(&self, row: &Row, length: u32, focal_point: Position) -> Option<u32> {
        let is_grid = self.positions.is_none();
        is_grid.then(|| row.grid_start(length, focal_point))
    }

    /// Words of a bit map over all rows; see [`Row::first_word`].
    pub fn words(&self) -> usize {
        self.words as usize
    }

    /// A seat's bit in such a map.
    pub fn bit_of(&self, seat: SeatIndex) -> (usize, u32) {
        let row = self.row(self.row_of(seat));
        let offset = seat.0 - row.first_seat.0;
        (
            row.first_word as usize + (offset / 64) as usize,
            offset % 64,
        )
    }

    /// Bytes of memory that the layout takes, for the budget per seat.
    pub fn memory_bytes(&self) -> usize {
        let per_seat = size_of_val(&*self.text_starts)
            + size_of_val(&*self.id_bytes)
            + size_of_val(&*self.number_bytes)
            + size_of_val(&*self.seat_rows)
            + size_of_val(&*self.seat_section_tiers)
            + self.by_id.allocation_size();
        let positions = self.positions.as_ref().map_or(0, |all| size_of_val(&**all));
        let rows = self.rows.capacity() * size_of::<Row>() + size_of_val(&*self.neighbours);
        self.text.len()
            + per_seat
            + positions
            + rows
            + self.section_tiers.capacity() * size_of::<SectionTier>()
    }

    fn seat_text(&self, seat: SeatIndex) -> &str {
        let at = seat.0 as usize;
        &self.text[self.text_starts[at] as usize..self.text_starts[at + 1] as usize]
    }
}
