//! Small layouts with everything in them that the rules distinguish.

use std::sync::Arc;

use seating::seat_layout::spec::{
    LayoutSpec, NumbersSpec, Position, RowSeatsSpec, RowSpec, SeatSpec, SectionKindSpec,
};
use seating::seat_layout::{RowIndex, SeatLayout};
use testkit::layouts::TestLayout;

/// How many layouts there are to choose from.
pub(crate) const LAYOUTS: usize = 4;

/// One layout: as the seat map knows it, and as the model knows it.
pub(crate) fn layout(number: usize) -> (Arc<SeatLayout>, Facts) {
    let described = match number {
        0 => theatre(),
        1 => club(),
        2 => TestLayout::of_rows(&[5]),
        _ => TestLayout::of_rows(&[9, 7, 9]),
    };
    let layout = described.build();
    let facts = Facts::of(&described.spec, &layout);
    (layout, facts)
}

/// An aisle, rows of different lengths, tiers mixed in a row and seats that cost nothing.
fn theatre() -> TestLayout {
    let grid = |label: &str, numbers: &[u32], tier: &str| RowSpec {
        label: label.to_owned(),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Each(numbers.iter().map(u32::to_string).collect()),
            price_tier: tier.to_owned(),
        },
    };
    let listed = |at: u8| SeatSpec {
        id: format!("box {at}"),
        number: at.to_string(),
        price_tier: if at.is_multiple_of(3) { "FREE" } else { "GOLD" }.to_owned(),
        position: Position {
            x: i32::from(at) * 150,
            y: 700 - i32::from(at) * 10,
        },
    };
    let rows = vec![
        grid("A", &[1, 2, 3, 4], "GOLD"),
        grid("A", &[5, 6, 7], "GOLD"),
        grid("B", &[1, 2, 3], "GOLD"),
        grid("B", &[4, 5, 6, 7, 8], "FREE"),
        RowSpec {
            label: "C".to_owned(),
            seats: RowSeatsSpec::Listed((1..=6).map(listed).collect()),
        },
    ];
    TestLayout::empty()
        .tier("GOLD", 50_000)
        .tier("FREE", 0)
        .with("HALL", SectionKindSpec::Reserved { rows, stage: None })
        .section("SIDE", "GOLD", &[("X", 4), ("Y", 2)])
        .area("PIT", "FREE", 6)
}

fn club() -> TestLayout {
    TestLayout::empty()
        .tier("PAID", 20_000)
        .tier("FREE", 0)
        .area("FLOOR", "PAID", 25)
        .area("BAR", "FREE", 8)
        .section("SOFAS", "PAID", &[("L", 3), ("R", 4)])
}

/// A layout as the model knows it: lists to look through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// By seat.
    pub(crate) seats: Vec<SeatFact>,
    /// By row, in the layout's order.
    pub(crate) rows: Vec<RowFact>,
    /// By section: capacity, price and tier of an area, or nothing for rows of seats.
    pub(crate) sections: Vec<Option<(u32, i64, u8)>>,
    /// How many price tiers there are.
    pub(crate) tiers: usize,
}

/// What the model knows of a seat.
#[derive(Clone, Debug)]
pub(crate) struct SeatFact {
    pub(crate) section: u16,
    pub(crate) tier: u8,
    pub(crate) price: i64,
}

/// What the model knows of a run of adjacent seats.
#[derive(Clone, Debug)]
pub(crate) struct RowFact {
    pub(crate) section: u16,
    pub(crate) seats: Vec<u32>,
    /// Rows near it, as the layout says: `tests/best_available` measures whether they are.
    pub(crate) near: Vec<usize>,
}

impl Facts {
    fn of(spec: &LayoutSpec, layout: &SeatLayout) -> Self {
        let mut facts = Self {
            tiers: spec.price_tiers.len(),
            ..Self::default()
        };
        let tier = |code: &str| {
            let found = spec.price_tiers.iter().position(|tier| tier.code == code);
            let at = found.unwrap();
            let price = spec.price_tiers[at].price.as_ref().unwrap();
            (u8::try_from(at).unwrap(), price.amount)
        };
        for section in &spec.sections {
            match &section.kind {
                SectionKindSpec::GeneralAdmission {
                    capacity,
                    price_tier,
                } => {
                    let (tier, price) = tier(price_tier);
                    facts.sections.push(Some((*capacity, price, tier)));
                }
                SectionKindSpec::Reserved { rows, .. } => {
                    facts.add_rows(rows, tier);
                    facts.sections.push(None);
                }
            }
        }
        for (row, at) in facts.rows.iter_mut().zip(0_u16..) {
            let near = layout.neighbours(RowIndex(at)).iter();
            row.near = near.map(|row| usize::from(row.0)).collect();
        }
        facts
    }

    fn add_rows(&mut self, rows: &[RowSpec], tier: impl Fn(&str) -> (u8, i64)) {
        let section = u16::try_from(self.sections.len()).unwrap();
        for row in rows {
            let codes: Vec<&str> = match &row.seats {
                RowSeatsSpec::Grid {
                    numbers: NumbersSpec::Each(numbers),
                    price_tier,
                } => vec![price_tier; numbers.len()],
                RowSeatsSpec::Grid {
                    numbers: NumbersSpec::Count(count),
                    price_tier,
                } => vec![price_tier; *count as usize],
                RowSeatsSpec::Listed(seats) => {
                    seats.iter().map(|s| s.price_tier.as_str()).collect()
                }
            };
            let first = u32::try_from(self.seats.len()).unwrap();
            let count = u32::try_from(codes.len()).unwrap();
            self.seats.extend(codes.into_iter().map(|code| SeatFact {
                section,
                tier: tier(code).0,
                price: tier(code).1,
            }));
            self.rows.push(RowFact {
                section,
                seats: (first..first + count).collect(),
                near: Vec::new(),
            });
        }
    }
}
