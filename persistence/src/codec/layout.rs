//! A house as its editor described it.

use seating::layout_spec::{
    LayoutSpec, Money, NumbersSpec, Position, PriceTierSpec, RowSeatsSpec, RowSpec, SeatSpec,
    SectionKindSpec, SectionSpec,
};
use serde::{Deserialize, Serialize};

use super::wire::{List, Wire};

/// Mirrors [`LayoutSpec`].
#[derive(Serialize, Deserialize)]
pub(super) struct LayoutRecord<'a> {
    sections: List<'a, SectionSpec>,
    price_tiers: List<'a, PriceTierSpec>,
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
        LayoutRecord {
            sections: List::of(&self.sections),
            price_tiers: List::of(&self.price_tiers),
        }
    }

    fn restore(record: LayoutRecord<'_>) -> Self {
        Self {
            sections: record.sections.into_vec(),
            price_tiers: record.price_tiers.into_vec(),
        }
    }
}

impl Wire for PriceTierSpec {
    type Record<'a> = PriceTierRecord<'a>;

    fn record(&self) -> PriceTierRecord<'_> {
        PriceTierRecord {
            code: &self.code,
            name: &self.name,
            amount: self.price.amount,
            currency: &self.price.currency,
        }
    }

    fn restore(record: PriceTierRecord<'_>) -> Self {
        Self {
            code: record.code.to_owned(),
            name: record.name.to_owned(),
            price: Money {
                amount: record.amount,
                currency: record.currency.to_owned(),
            },
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
                SectionKindSpec::Reserved { rows } => SectionKindRecord::Reserved {
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
