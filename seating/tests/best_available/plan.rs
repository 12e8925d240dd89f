//! Small random layouts, partly taken, with a wish for seats in them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use seating::command::{BestAvailable, Command, Hold, Want};
use seating::entry::Decision;
use seating::places::SeatList;
use seating::rejection::Rejection;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::spec::{
    NumbersSpec, Position, RowSeatsSpec, RowSpec, SeatSpec, SectionKindSpec,
};
use seating::seat_layout::{SectionIndex, TierIndex};
use testkit::commands::{block_places, buyer, hold, seats, wish};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

/// A layout, who has what, and what is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    sections: Vec<Vec<RowPlan>>,
    /// One of so many seats is free, by chance.
    taken: Vec<bool>,
    pub(crate) quantity: u32,
    pub(crate) section: Option<u16>,
    pub(crate) tier: Option<u8>,
    pub(crate) allow_split: bool,
    /// Of seats that are free, some that the buyer holds already and would give back.
    replaced: Vec<u16>,
    /// What the whole layout looks at, and what its first section does.
    stages: [Option<(i32, i32)>; 2],
}

#[derive(Clone, Debug)]
struct RowPlan {
    /// On from the row before, across an aisle.
    across_an_aisle: bool,
    /// Seats of an imported plan rather than of a grid.
    listed: bool,
    seats: Vec<(u8, i32, i32)>,
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let density = prop_oneof![Just(0.1), Just(0.3), Just(0.5), Just(0.7), Just(0.9)];
    sold(vec(vec(rows(), 1..6), 1..4), density)
}

/// Rows of many short parts, in which a group is in pieces wherever it sits.
pub(crate) fn plans_of_many_aisles() -> impl Strategy<Value = Plan> {
    let seat = || (0..2_u8, -900..900_i32, -300..900_i32);
    let part = (
        proptest::bool::weighted(0.6),
        any::<bool>(),
        vec(seat(), 1..5),
    );
    let density = prop_oneof![Just(0.0), Just(0.1), Just(0.3)];
    sold(vec(vec(part.prop_map(row_plan), 1..10), 1..3), density)
}

/// Blocks turned any way, of straight rows and curved ones, parted by aisles, counted from either
/// end; and tables.
pub(crate) fn drawn_plans() -> impl Strategy<Value = Plan> {
    let parts = vec(vec(1..7_u8, 1..4), 1..4);
    let look = (0..360_u16, 0..3_u8, any::<bool>(), 5..25_u16);
    let section = (parts, look).prop_map(|(rows, look)| drawn(&rows, look));
    let density = prop_oneof![Just(0.0), Just(0.2), Just(0.4), Just(0.7)];
    sold(vec(section, 1..3), density)
}

/// A section with rows of such parts, turned by degrees, with a distance of tenths of a step
/// between the rows.
fn drawn(
    rows: &[Vec<u8>],
    (turned, shape, backwards, pitch): (u16, u8, bool, u16),
) -> Vec<RowPlan> {
    const STEP: f64 = 50.0;
    let mut drawn = Vec::new();
    for (row, parts) in (0_u16..).zip(rows) {
        let mut along = 0.0;
        for (part, &seats) in parts.iter().enumerate() {
            let mut run: Vec<(u8, i32, i32)> = (0..seats)
                .map(|seat| {
                    along += STEP;
                    let behind = f64::from(row) * f64::from(pitch) * STEP / 10.0;
                    let place = match shape {
                        0 => (along, behind),
                        1 => {
                            let radius = 600.0 + behind;
                            let angle = along / radius;
                            (radius * angle.sin(), radius * angle.cos())
                        }
                        // Two sides of a table.
                        _ => (along, behind + f64::from(seat % 2) * STEP),
                    };
                    let (x, y) = rotated(place, turned);
                    (u8::from(seat > 4), x, y)
                })
                .collect();
            along += 2.0 * STEP;
            if backwards {
                run.reverse();
            }
            drawn.push(row_plan((part > 0, true, run)));
        }
    }
    drawn
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a drawing is a few thousand wide"
)]
fn rotated((x, y): (f64, f64), degrees: u16) -> (i32, i32) {
    let (sine, cosine) = f64::from(degrees).to_radians().sin_cos();
    let (across, down) = (x * cosine - y * sine, x * sine + y * cosine);
    (across.round() as i32, down.round() as i32)
}

fn sold(
    sections: impl Strategy<Value = Vec<Vec<RowPlan>>>,
    density: impl Strategy<Value = f64>,
) -> impl Strategy<Value = Plan> {
    (sections, density).prop_flat_map(|(sections, density)| {
        let seats: usize = sections.iter().flatten().map(|row| row.seats.len()).sum();
        let taken = vec(proptest::bool::weighted(density), seats);
        let filters = (
            option::weighted(0.3, 0..3_u16),
            option::weighted(0.3, 0..2_u8),
        );
        let stage = || option::weighted(0.5, (-2_000..2_000_i32, -2_000..2_000_i32));
        let stages = [stage(), stage()];
        let rest = (1..11_u32, any::<bool>(), vec(any::<u16>(), 0..5), stages);
        (Just(sections), taken, filters, rest).prop_map(plan)
    })
}

type Parts = (
    Vec<Vec<RowPlan>>,
    Vec<bool>,
    (Option<u16>, Option<u8>),
    (u32, bool, Vec<u16>, [Option<(i32, i32)>; 2]),
);

fn plan((sections, taken, (section, tier), rest): Parts) -> Plan {
    let (quantity, allow_split, replaced, stages) = rest;
    let section = section.filter(|at| usize::from(*at) < sections.len());
    Plan {
        sections,
        taken,
        quantity,
        section,
        tier,
        allow_split,
        replaced,
        stages,
    }
}

fn rows() -> impl Strategy<Value = RowPlan> {
    let seat = || (0..2_u8, -900..900_i32, -300..900_i32);
    let seats = prop_oneof![
        12 => vec(seat(), 1..9),
        4 => vec(seat(), 9..20),
        1 => vec(seat(), 60..70),
        1 => vec(seat(), 120..140),
    ];
    let across_an_aisle = proptest::bool::weighted(0.3);
    (across_an_aisle, proptest::bool::weighted(0.2), seats).prop_map(row_plan)
}

fn row_plan((across_an_aisle, listed, seats): (bool, bool, Vec<(u8, i32, i32)>)) -> RowPlan {
    RowPlan {
        across_an_aisle,
        listed,
        seats,
    }
}

impl Plan {
    /// The layout as it is when the wish comes.
    pub(crate) fn set_up(&self) -> Rehearsal {
        let mut described = TestLayout::empty().tier("GOLD", 200).tier("SILVER", 100);
        for (at, rows) in self.sections.iter().enumerate() {
            let rows = row_specs(rows, at);
            let stage = self.stages[1].filter(|_| at == 0).map(position);
            described =
                described.with(&format!("S{at}"), SectionKindSpec::Reserved { rows, stage });
        }
        described.spec.stage = self.stages[0].map(position);
        let mut rehearsal = described.open(SaleTerms::default());
        let given_up = self.given_up();
        let numbered = (0_u32..).zip(&self.taken);
        let taken = numbered.filter(|(seat, taken)| **taken && !given_up.contains(seat));
        let taken: Vec<u32> = taken.map(|(seat, _)| seat).collect();
        if !taken.is_empty() {
            rehearsal
                .ask(&Command::Block(block_places(&taken, &[])))
                .unwrap();
        }
        if !given_up.is_empty() {
            rehearsal.ask(&hold(1, buyer(1), seats(given_up))).unwrap();
        }
        rehearsal
    }

    /// What a section looks at, if anybody says it.
    pub(crate) fn stage_of(&self, section: usize) -> Option<Position> {
        let own = self.stages[1].filter(|_| section == 0);
        own.or(self.stages[0]).map(position)
    }

    /// The seats of the hold that is to be replaced.
    pub(crate) fn given_up(&self) -> Vec<u32> {
        let count = u32::try_from(self.taken.len()).unwrap();
        let mut seats: Vec<u32> = self
            .replaced
            .iter()
            .map(|at| u32::from(*at) % count)
            .collect();
        seats.sort_unstable();
        seats.dedup();
        seats
    }

    /// What the seat map answers.
    pub(crate) fn answer(&self, rehearsal: &mut Rehearsal) -> Result<SeatList, Rejection> {
        let wanted = Want::BestAvailable(BestAvailable {
            quantity: self.quantity,
            sections: self.section.map(SectionIndex).into_iter().collect(),
            tiers: self.tier.map(TierIndex).into_iter().collect(),
            allow_split: self.allow_split,
        });
        let command = Command::Hold(Hold {
            replace: (!self.given_up().is_empty()).then(|| testkit::commands::hold_id(1)),
            ..wish(2, buyer(1), wanted)
        });
        let decision = rehearsal.ask(&command)?;
        let Decision::Held(held) = decision else {
            panic!("{decision:?}");
        };
        Ok(held.places.seats)
    }
}

fn position((x, y): (i32, i32)) -> Position {
    Position { x, y }
}

fn row_specs(rows: &[RowPlan], section: usize) -> Vec<RowSpec> {
    let mut label = 0;
    let specs = rows.iter().enumerate().map(|(at, row)| {
        if at > 0 && !row.across_an_aisle {
            label += 1;
        }
        RowSpec {
            label: format!("{label}"),
            seats: row_seats(row, section, at),
        }
    });
    specs.collect()
}

fn row_seats(row: &RowPlan, section: usize, at: usize) -> RowSeatsSpec {
    let tier = |tier: u8| if tier == 0 { "GOLD" } else { "SILVER" }.to_owned();
    if !row.listed {
        let numbers = (0..row.seats.len()).map(|n| format!("{at}/{n}"));
        return RowSeatsSpec::Grid {
            numbers: NumbersSpec::Each(numbers.collect()),
            price_tier: tier(row.seats[0].0),
        };
    }
    let listed = row
        .seats
        .iter()
        .enumerate()
        .map(|(n, &(tier_of, x, y))| SeatSpec {
            id: format!("{section}/{at}/{n}"),
            number: format!("{n}"),
            price_tier: tier(tier_of),
            position: Position { x, y },
        });
    RowSeatsSpec::Listed(listed.collect())
}
