//! Bodies that describe a house, and the plain specs they become.
//!
//! A section's members depend on its kind. They are all optional here and checked by hand, because
//! a tagged enum would name the section and not the member that is wrong.

use std::fmt;

use seating::seat_layout::spec::{
    Money, NumbersSpec, Position, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::showtimes;
use crate::wire::composed::composed;
use crate::wire::faults::Faults;
use crate::wire::{MoneyBody, PointBody};

/// A price with a name.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceTier)]
pub struct TierBody {
    /// How seats and areas name it.
    #[schema(example = "PREMIUM")]
    pub code: String,
    /// How people name it; the code when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What one place costs; null is not for sale.
    #[serde(deserialize_with = "nullable")]
    #[schema(required = true)]
    pub price: Option<MoneyBody>,
}

/// A section: rows of seats, or an area with a capacity.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Section)]
pub struct SectionBody {
    /// Its stable name, unique in the house.
    #[schema(example = "ORCH")]
    pub code: String,
    /// How people name it; the code when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it consists of.
    pub kind: SectionKindBody,
    /// Of a reserved section: its rows, front to back. Rows of one label are parts of one row, from
    /// left to right, with an aisle between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<RowBody>>,
    /// Of an area: how many people it admits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// The price tier of the area, or of every row that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_tier: Option<String>,
    /// Of a reserved section: what those who sit here look at, if not the stage of the house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<PointBody>,
}

/// What a section consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SectionKind)]
pub enum SectionKindBody {
    /// Rows of numbered seats.
    Reserved,
    /// A capacity and no seats.
    GeneralAdmission,
}

/// A row of seats.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Row)]
pub struct RowBody {
    /// Its label.
    #[schema(example = "A")]
    pub row: String,
    /// How many seats, numbered from 1, or the seats' numbers.
    pub seats: SeatsBody,
    /// Its price tier; the section's when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_tier: Option<String>,
}

/// The seats of a row.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = RowSeats)]
pub enum SeatsBody {
    /// So many, numbered from 1.
    Count(u32),
    /// Exactly these numbers.
    Numbers(Vec<String>),
}

/// By hand, because an untagged enum would say only that nothing matched.
impl<'de> Deserialize<'de> for SeatsBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seats;

        impl<'de> Visitor<'de> for Seats {
            type Value = SeatsBody;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seats or a list of seat numbers")
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<SeatsBody, E> {
                // What is too many for the type is too many for the house, which will say so.
                Ok(SeatsBody::Count(u32::try_from(count).unwrap_or(u32::MAX)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SeatsBody, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = seq.next_element()? {
                    numbers.push(number);
                }
                Ok(SeatsBody::Numbers(numbers))
            }
        }

        deserializer.deserialize_any(Seats)
    }
}

impl TierBody {
    pub(super) fn spec(&self) -> PriceTierSpec {
        PriceTierSpec {
            code: composed(&self.code).into_owned(),
            name: composed(self.name.as_ref().unwrap_or(&self.code)).into_owned(),
            price: self.price.clone().map(Money::from),
        }
    }
}

impl SectionBody {
    pub(super) fn spec(&self, path: &str, faults: &mut Faults) -> SectionSpec {
        let kind = match self.kind {
            SectionKindBody::Reserved => self.reserved(path, faults),
            SectionKindBody::GeneralAdmission => self.general_admission(path, faults),
        };
        SectionSpec {
            code: composed(&self.code).into_owned(),
            name: composed(self.name.as_ref().unwrap_or(&self.code)).into_owned(),
            kind,
        }
    }

    fn reserved(&self, path: &str, faults: &mut Faults) -> SectionKindSpec {
        if self.capacity.is_some() {
            let reason = "is for general_admission; a reserved section has rows";
            faults.add(format!("{path}.capacity"), reason);
        }
        if self.rows.is_none() {
            faults.add(format!("{path}.rows"), "is missing");
        }
        let mut rows = Vec::new();
        for (at, row) in self.rows.iter().flatten().enumerate() {
            let price_tier = row.price_tier.as_ref().or(self.price_tier.as_ref());
            if price_tier.is_none() {
                let reason = "is missing, and the section has none";
                faults.add(format!("{path}.rows[{at}].price_tier"), reason);
            }
            rows.push(row.spec(price_tier));
        }
        let stage = point(&format!("{path}.stage"), self.stage, faults);
        SectionKindSpec::Reserved { rows, stage }
    }

    fn general_admission(&self, path: &str, faults: &mut Faults) -> SectionKindSpec {
        if self.stage.is_some() {
            let reason = "is for reserved; nobody looks for the best place of an area";
            faults.add(format!("{path}.stage"), reason);
        }
        if self.rows.is_some() {
            let reason = "are for reserved; a general_admission section has a capacity";
            faults.add(format!("{path}.rows"), reason);
        }
        if self.capacity.is_none() {
            faults.add(format!("{path}.capacity"), "is missing");
        }
        if self.price_tier.is_none() {
            faults.add(format!("{path}.price_tier"), "is missing");
        }
        let price_tier = self.price_tier.as_deref().unwrap_or_default();
        SectionKindSpec::GeneralAdmission {
            capacity: self.capacity.unwrap_or(1),
            price_tier: composed(price_tier).into_owned(),
        }
    }
}

impl RowBody {
    fn spec(&self, price_tier: Option<&String>) -> RowSpec {
        let numbers = match &self.seats {
            SeatsBody::Count(count) => NumbersSpec::Count(*count),
            SeatsBody::Numbers(numbers) => {
                let numbers = numbers.iter().map(|number| composed(number).into_owned());
                NumbersSpec::Each(numbers.collect())
            }
        };
        let price_tier = price_tier.map(String::as_str).unwrap_or_default();
        RowSpec {
            label: composed(&self.row).into_owned(),
            seats: RowSeatsSpec::Grid {
                numbers,
                price_tier: composed(price_tier).into_owned(),
            },
        }
    }
}

/// A point of a request, in hundredths.
pub(super) fn point(path: &str, point: Option<PointBody>, faults: &mut Faults) -> Option<Position> {
    match showtimes::hundredths(point?.into()) {
        Ok(position) => Some(position),
        Err(reason) => {
            faults.add(path, reason);
            None
        }
    }
}

/// Reads a member that may be null but not left out.
fn nullable<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer)
}
