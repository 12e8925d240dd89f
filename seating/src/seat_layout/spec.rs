//! A layout as it is described: by an editor, an imported plan or a stored layout.
//!
//! A spec is plain data and may be wrong; [`crate::seat_layout::SeatLayout::build`] is the gate.

/// A whole layout.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LayoutSpec {
    /// The sections, in the order in which the layout lists them.
    pub sections: Vec<SectionSpec>,
    /// The price tiers that seats and areas name.
    pub price_tiers: Vec<PriceTierSpec>,
    /// What everybody looks at, in the coordinates of the seats. `None` means that it is before the
    /// front row of each section, in the middle, and that the front is where `y` is least.
    pub stage: Option<Position>,
}

/// A named price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceTierSpec {
    /// How seats and areas name it.
    pub code: String,
    /// How people name it.
    pub name: String,
    /// What one place costs; `None` is not for sale: such places are blocked from the beginning and
    /// stay so.
    pub price: Option<Money>,
}

/// An amount in minor units of a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units: paise, cents.
    pub amount: i64,
    /// Three capital letters, ISO 4217.
    pub currency: String,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionSpec {
    /// Its stable name, unique in the layout.
    pub code: String,
    /// How people name it.
    pub name: String,
    /// Rows of seats, or an area.
    pub kind: SectionKindSpec,
}

/// What a section consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionKindSpec {
    /// Rows of numbered seats.
    Reserved {
        /// The rows. Those of a grid from front to back, where rows of one label are parts of one
        /// row across an aisle.
        rows: Vec<RowSpec>,
        /// What those who sit here look at, if it is not the stage of the layout.
        stage: Option<Position>,
    },
    /// General admission: a capacity and no seats.
    GeneralAdmission {
        /// How many people it admits.
        capacity: u32,
        /// The code of its price tier.
        price_tier: String,
    },
}

/// One run of adjacent seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSpec {
    pub label: String,
    /// Its seats, in order.
    pub seats: RowSeatsSpec,
}

impl RowSpec {
    /// Whether its seats are but counted, so that none of them has a place in the spec.
    pub(crate) const fn is_counted(&self) -> bool {
        matches!(
            self.seats,
            RowSeatsSpec::Grid {
                numbers: NumbersSpec::Count(_),
                ..
            }
        )
    }

    /// The place of a seat in the spec, of which the row has that path.
    pub(crate) fn place_of_seat(&self, path: &str, seat: usize) -> String {
        if self.is_counted() {
            path.to_owned()
        } else {
            format!("{path}.seats[{seat}]")
        }
    }
}

/// The seats of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowSeatsSpec {
    /// Seats named `SECTION-ROW-NUMBER` on a regular grid, all of one price tier.
    Grid {
        /// The seats' numbers, in order.
        numbers: NumbersSpec,
        /// The code of their price tier.
        price_tier: String,
    },
    /// Seats that each say everything of themselves, as an imported plan has them.
    Listed(Vec<SeatSpec>),
}

/// The numbers of a grid row's seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumbersSpec {
    /// 1 to this.
    Count(u32),
    /// Exactly these.
    Each(Vec<String>),
}

/// One seat of an imported plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatSpec {
    /// Its stable id, unique in the layout.
    pub id: String,
    /// What is written on it.
    pub number: String,
    /// The code of its price tier.
    pub price_tier: String,
    pub position: Position,
}

/// A point on the plan, in hundredths of the plan's unit; y grows away from the stage.
///
/// Integers, so that distances are the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// Across.
    pub x: i32,
    /// Away from the stage.
    pub y: i32,
}

/// Largest coordinate either way, so that squared distances fit in 64 bits with room to add.
pub const COORDINATE_MAX: i32 = 100_000_000;

/// Distance between neighbours of a grid row and between its rows.
pub const GRID_STEP: i32 = 100;

const _: () = {
    let across = 2 * COORDINATE_MAX as i64 * 2;
    // Twice the coordinates, both axes, and as many such distances as a split has rows.
    let rows = crate::limits::SPLIT_ROWS_MAX as u64;
    assert!((across * across).unsigned_abs() < i64::MAX.unsigned_abs() / (2 * rows));
};
