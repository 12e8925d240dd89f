//! A layout as its editor described it.

use seating::seat_layout::spec::{
    LayoutSpec, Money, NumbersSpec, Position, PriceTierSpec, RowSeatsSpec, RowSpec, SeatSpec,
    SectionKindSpec, SectionSpec,
};
use serde::{Deserialize, Serialize};

use super::wire::{List, Wire};

/// Mirrors [`LayoutSpec`] as version 1 knew it: without a stage, and everything for sale.
#[derive(Serialize, Deserialize)]
pub(super) struct FirstLayoutRecord<'a> {
    sections: List<'a, SectionSpec>,
    price_tiers: List<'a, PriceTierSpec>,
}

/// Mirrors [`LayoutSpec`]: version 1 and what it has not.
#[derive(Serialize, Deserialize)]
pub(super) struct LayoutRecord<'a> {
    #[serde(borrow)]
    first: FirstLayoutRecord<'a>,
    stage: Option<PointRecord>,
    /// By section.
    stages: Vec<Option<PointRecord>>,
    /// By price tier; one that is not for sale has an amount of 0 in version 1.
    for_sale: Vec<bool>,
}

/// Mirrors [`Position`].
#[derive(Clone, Copy, Serialize, Deserialize)]
struct PointRecord {
    x: i32,
    y: i32,
}

/// Mirrors [`PriceTierSpec`].
#[derive(Serialize, Deserialize)]
pub(super) struct PriceTierRecord<'a> {
    code: &'a str,
    name: &'a str,
    amount: i64,
    currency: &'a str,
}

/// Mirrors [`SectionSpec`].
#[derive(Serialize, Deserialize)]
pub(super) struct SectionRecord<'a> {
    code: &'a str,
    name: &'a str,
    #[serde(borrow)]
    kind: SectionKindRecord<'a>,
}

/// Mirrors [`SectionKindSpec`].
#[derive(Serialize, Deserialize)]
enum SectionKindRecord<'a> {
    Reserved { rows: List<'a, RowSpec> },
    GeneralAdmission { capacity: u32, price_tier: &'a str },
}

/// Mirrors [`RowSpec`].
#[derive(Serialize, Deserialize)]
pub(super) struct RowRecord<'a> {
    label: &'a str,
    #[serde(borrow)]
    seats: RowSeatsRecord<'a>,
}

/// Mirrors [`RowSeatsSpec`].
#[derive(Serialize, Deserialize)]
enum RowSeatsRecord<'a> {
    Counted {
        count: u32,
        price_tier: &'a str,
    },
    Numbered {
        numbers: List<'a, String>,
        price_tier: &'a str,
    },
    Listed(List<'a, SeatSpec>),
}

/// Mirrors [`SeatSpec`].
#[derive(Serialize, Deserialize)]
pub(super) struct SeatRecord<'a> {
    id: &'a str,
    number: &'a str,
    price_tier: &'a str,
    x: i32,
    y: i32,
}

impl Wire for LayoutSpec {
    type Record<'a> = LayoutRecord<'a>;

    fn record(&self) -> LayoutRecord<'_> {
        let stage_of = |section: &SectionSpec| match &section.kind {
            SectionKindSpec::Reserved { stage, .. } => stage.map(PointRecord::of),
            SectionKindSpec::GeneralAdmission { .. } => None,
        };
        let tiers = self.price_tiers.iter();
        LayoutRecord {
            first: FirstLayoutRecord {
                sections: List::of(&self.sections),
                price_tiers: List::of(&self.price_tiers),
            },
            stage: self.stage.map(PointRecord::of),
            stages: self.sections.iter().map(stage_of).collect(),
            for_sale: tiers.map(|tier| tier.price.is_some()).collect(),
        }
    }

    fn restore(record: LayoutRecord<'_>) -> Self {
        let mut spec = restore_first(record.first);
        spec.stage = record.stage.map(PointRecord::position);
        for (section, of_section) in spec.sections.iter_mut().zip(record.stages) {
            if let SectionKindSpec::Reserved { stage, .. } = &mut section.kind {
                *stage = of_section.map(PointRecord::position);
            }
        }
        for (tier, for_sale) in spec.price_tiers.iter_mut().zip(record.for_sale) {
            tier.price = tier.price.take().filter(|_| for_sale);
        }
        spec
    }
}

/// A layout of version 1.
pub(super) fn restore_first(record: FirstLayoutRecord<'_>) -> LayoutSpec {
    LayoutSpec {
        sections: record.sections.into_vec(),
        price_tiers: record.price_tiers.into_vec(),
        stage: None,
    }
}

impl PointRecord {
    const fn of(position: Position) -> Self {
        Self {
            x: position.x,
            y: position.y,
        }
    }

    const fn position(self) -> Position {
        Position {
            x: self.x,
            y: self.y,
        }
    }
}

impl Wire for PriceTierSpec {
    type Record<'a> = PriceTierRecord<'a>;

    fn record(&self) -> PriceTierRecord<'_> {
        PriceTierRecord {
            code: &self.code,
            name: &self.name,
            amount: self.price.as_ref().map_or(0, |price| price.amount),
            currency: self.price.as_ref().map_or("", |price| &price.currency),
        }
    }

    fn restore(record: PriceTierRecord<'_>) -> Self {
        Self {
            code: record.code.to_owned(),
            name: record.name.to_owned(),
            price: Some(Money {
                amount: record.amount,
                currency: record.currency.to_owned(),
            }),
        }
    }
}

impl Wire for SectionSpec {
    type Record<'a> = SectionRecord<'a>;

    fn record(&self) -> SectionRecord<'_> {
        SectionRecord {
            code: &self.code,
            name: &self.name,
            kind: match &self.kind {
                SectionKindSpec::Reserved { rows, .. } => SectionKindRecord::Reserved {
                    rows: List::of(rows),
                },
                SectionKindSpec::GeneralAdmission {
                    capacity,
                    price_tier,
                } => SectionKindRecord::GeneralAdmission {
                    capacity: *capacity,
                    price_tier,
                },
            },
        }
    }

    fn restore(record: SectionRecord<'_>) -> Self {
        Self {
            code: record.code.to_owned(),
            name: record.name.to_owned(),
            kind: match record.kind {
                SectionKindRecord::Reserved { rows } => SectionKindSpec::Reserved {
                    rows: rows.into_vec(),
                    stage: None,
                },
                SectionKindRecord::GeneralAdmission {
                    capacity,
                    price_tier,
                } => SectionKindSpec::GeneralAdmission {
                    capacity,
                    price_tier: price_tier.to_owned(),
                },
            },
        }
    }
}

impl Wire for RowSpec {
    type Record<'a> = RowRecord<'a>;

    fn record(&self) -> RowRecord<'_> {
        RowRecord {
            label: &self.label,
            seats: match &self.seats {
                RowSeatsSpec::Grid {
                    numbers: NumbersSpec::Count(count),
                    price_tier,
                } => RowSeatsRecord::Counted {
                    count: *count,
                    price_tier,
                },
                RowSeatsSpec::Grid {
                    numbers: NumbersSpec::Each(numbers),
                    price_tier,
                } => RowSeatsRecord::Numbered {
                    numbers: List::of(numbers),
                    price_tier,
                },
                RowSeatsSpec::Listed(seats) => RowSeatsRecord::Listed(List::of(seats)),
            },
        }
    }

    fn restore(record: RowRecord<'_>) -> Self {
        Self {
            label: record.label.to_owned(),
            seats: match record.seats {
                RowSeatsRecord::Counted { count, price_tier } => RowSeatsSpec::Grid {
                    numbers: NumbersSpec::Count(count),
                    price_tier: price_tier.to_owned(),
                },
                RowSeatsRecord::Numbered {
                    numbers,
                    price_tier,
                } => RowSeatsSpec::Grid {
                    numbers: NumbersSpec::Each(numbers.into_vec()),
                    price_tier: price_tier.to_owned(),
                },
                RowSeatsRecord::Listed(seats) => RowSeatsSpec::Listed(seats.into_vec()),
            },
        }
    }
}

impl Wire for SeatSpec {
    type Record<'a> = SeatRecord<'a>;

    fn record(&self) -> SeatRecord<'_> {
        SeatRecord {
            id: &self.id,
            number: &self.number,
            price_tier: &self.price_tier,
            x: self.position.x,
            y: self.position.y,
        }
    }

    fn restore(record: SeatRecord<'_>) -> Self {
        Self {
            id: record.id.to_owned(),
            number: record.number.to_owned(),
            price_tier: record.price_tier.to_owned(),
            position: Position {
                x: record.x,
                y: record.y,
            },
        }
    }
}

impl Wire for String {
    type Record<'a> = &'a str;

    fn record(&self) -> &str {
        self
    }

    fn restore(record: &str) -> Self {
        record.to_owned()
    }
}
