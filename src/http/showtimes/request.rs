//! Bodies that describe a showtime and its house, and the plain specs they become.
//!
//! A section's members depend on its kind. They are all optional here and checked by hand, because
//! a tagged enum would name the section and not the member that is wrong.

use std::fmt;

use chrono::{DateTime, Utc};
use seating::layout_spec::{
    LayoutSpec, Money, NumbersSpec, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use seating::settings::{GapRule, SaleStatus, Settings, hold_ttl_max_usual};
use seating::timestamp::Timestamp;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::http::wire::{MoneyBody, timestamp};
use crate::new_showtime::usual_settings;

/// A new showtime with its house.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub struct NewShowtimeRequest {
    /// What is performed.
    #[schema(example = "A Midsummer Night's Dream")]
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// The house, section by section.
    pub sections: Vec<SectionBody>,
    /// The prices that seats and areas name.
    pub price_tiers: Vec<TierBody>,
    /// The event it belongs to.
    pub event_id: Option<Uuid>,
    /// Start of sale; at once when it is left out.
    pub on_sale_from: Option<DateTime<Utc>>,
    /// End of sale; when the show begins if it is left out, never if it is null.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub on_sale_until: Option<Option<DateTime<Utc>>>,
    /// How long a hold lives when its buyer does not say; 600 when it is left out.
    pub hold_ttl_seconds: Option<u32>,
    /// How long a buyer keeps a place without buying it; 1800, or `hold_ttl_seconds` if that is
    /// more, when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_ttl_max_seconds: Option<u32>,
    /// Places one buyer may have; 10 when it is left out.
    pub max_per_buyer: Option<u32>,
    /// How strictly single seats are protected; `off` when it is left out.
    pub gap_rule: Option<GapRuleBody>,
    /// Whether the public sees it from the start; `open` when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<FirstStatusBody>,
}

/// How a showtime begins.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FirstStatus)]
pub enum FirstStatusBody {
    /// The house prepares it; the public does not see it before it is published.
    Draft,
    /// On sale within its window.
    Open,
}

impl From<FirstStatusBody> for SaleStatus {
    fn from(body: FirstStatusBody) -> Self {
        match body {
            FirstStatusBody::Draft => Self::Draft,
            FirstStatusBody::Open => Self::Open,
        }
    }
}

/// Reads a member that may be null, which is not the same as leaving it out.
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// How strictly single free seats are protected from being stranded.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GapRule)]
pub enum GapRuleBody {
    /// Any pick is taken.
    Off,
    /// A pick that strands a seat is refused when its row offers a better one.
    Lenient,
    /// A pick that strands a seat is refused when its section offers a better one.
    Strict,
}

impl From<GapRuleBody> for GapRule {
    fn from(body: GapRuleBody) -> Self {
        match body {
            GapRuleBody::Off => Self::Off,
            GapRuleBody::Lenient => Self::Lenient,
            GapRuleBody::Strict => Self::Strict,
        }
    }
}

impl From<GapRule> for GapRuleBody {
    fn from(rule: GapRule) -> Self {
        match rule {
            GapRule::Off => Self::Off,
            GapRule::Lenient => Self::Lenient,
            GapRule::Strict => Self::Strict,
        }
    }
}

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
    /// What one place costs.
    pub price: MoneyBody,
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
    /// Of a reserved section: its rows, front to back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<RowBody>>,
    /// Of an area: how many people it admits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// The price tier of the area, or of every row that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_tier: Option<String>,
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

impl NewShowtimeRequest {
    /// The house as a spec, which [`seating::seat_layout::SeatLayout::build`] judges.
    pub fn layout_spec(&self) -> Result<LayoutSpec, Problem> {
        let sections = self.sections.iter().enumerate();
        let sections = sections.map(|(at, section)| section.spec(&format!("sections[{at}]")));
        Ok(LayoutSpec {
            sections: sections.collect::<Result<_, _>>()?,
            price_tiers: self.price_tiers.iter().map(TierBody::spec).collect(),
        })
    }

    /// The sale's terms.
    pub fn settings(&self) -> Result<Settings, Problem> {
        SaleTerms {
            on_sale_from: self.on_sale_from,
            on_sale_until: self.on_sale_until,
            hold_ttl_seconds: self.hold_ttl_seconds,
            hold_ttl_max_seconds: self.hold_ttl_max_seconds,
            max_per_buyer: self.max_per_buyer,
            gap_rule: self.gap_rule,
            status: self.status,
        }
        .settings(timestamp(self.starts_at))
    }
}

/// The sale's terms as a request may give them.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub struct SaleTerms {
    /// Start of sale.
    pub on_sale_from: Option<DateTime<Utc>>,
    /// End of sale; null for never.
    pub on_sale_until: Option<Option<DateTime<Utc>>>,
    /// How long a hold lives.
    pub hold_ttl_seconds: Option<u32>,
    /// How long a buyer keeps a place.
    pub hold_ttl_max_seconds: Option<u32>,
    /// Places one buyer may have.
    pub max_per_buyer: Option<u32>,
    /// How strictly single seats are protected.
    pub gap_rule: Option<GapRuleBody>,
    /// Whether the public sees it from the start.
    pub status: Option<FirstStatusBody>,
}

impl SaleTerms {
    /// With the rules' own defaults for what is left out, of a showtime that begins then.
    pub fn settings(self, starts_at: Timestamp) -> Result<Settings, Problem> {
        let usual = usual_settings(starts_at);
        let on_sale_from = self.on_sale_from.map(timestamp);
        let too_late = on_sale_from.is_some_and(|from| from >= starts_at);
        if too_late && self.on_sale_until.is_none() {
            let message = "must be before starts_at, when the sale ends unless on_sale_until is \
                           given; null ends it never";
            return Err(Problem::invalid("on_sale_from", message));
        }
        let hold_ttl_seconds = self.hold_ttl_seconds.unwrap_or(usual.hold_ttl_seconds);
        Ok(Settings {
            on_sale_from,
            on_sale_until: match self.on_sale_until {
                Some(given) => given.map(timestamp),
                None => usual.on_sale_until,
            },
            max_per_buyer: self.max_per_buyer.unwrap_or(usual.max_per_buyer),
            hold_ttl_seconds,
            hold_ttl_max_seconds: (self.hold_ttl_max_seconds)
                .unwrap_or_else(|| hold_ttl_max_usual(hold_ttl_seconds)),
            gap_rule: self.gap_rule.map_or(usual.gap_rule, GapRule::from),
            status: self.status.map_or(usual.status, SaleStatus::from),
        })
    }
}

impl TierBody {
    fn spec(&self) -> PriceTierSpec {
        PriceTierSpec {
            code: self.code.clone(),
            name: self.name.clone().unwrap_or_else(|| self.code.clone()),
            price: Money::from(self.price.clone()),
        }
    }
}

impl SectionBody {
    fn spec(&self, path: &str) -> Result<SectionSpec, Problem> {
        let kind = match self.kind {
            SectionKindBody::Reserved => self.reserved(path)?,
            SectionKindBody::GeneralAdmission => self.general_admission(path)?,
        };
        Ok(SectionSpec {
            code: self.code.clone(),
            name: self.name.clone().unwrap_or_else(|| self.code.clone()),
            kind,
        })
    }

    fn reserved(&self, path: &str) -> Result<SectionKindSpec, Problem> {
        if self.capacity.is_some() {
            let message = "is for general_admission; a reserved section has rows";
            return Err(Problem::invalid(format!("{path}.capacity"), message));
        }
        let Some(rows) = &self.rows else {
            return Err(Problem::invalid(format!("{path}.rows"), "is missing"));
        };
        let row = |(at, row): (usize, &RowBody)| {
            let price_tier = row.price_tier.as_ref().or(self.price_tier.as_ref());
            let Some(price_tier) = price_tier.cloned() else {
                let field = format!("{path}.rows[{at}].price_tier");
                return Err(Problem::invalid(
                    field,
                    "is missing, and the section has none",
                ));
            };
            let numbers = match &row.seats {
                SeatsBody::Count(count) => NumbersSpec::Count(*count),
                SeatsBody::Numbers(numbers) => NumbersSpec::Each(numbers.clone()),
            };
            Ok(RowSpec {
                label: row.row.clone(),
                seats: RowSeatsSpec::Grid {
                    numbers,
                    price_tier,
                },
            })
        };
        let rows = rows.iter().enumerate().map(row).collect::<Result<_, _>>()?;
        Ok(SectionKindSpec::Reserved { rows })
    }

    fn general_admission(&self, path: &str) -> Result<SectionKindSpec, Problem> {
        if self.rows.is_some() {
            let message = "are for reserved; a general_admission section has a capacity";
            return Err(Problem::invalid(format!("{path}.rows"), message));
        }
        let missing = |member: &str| Problem::invalid(format!("{path}.{member}"), "is missing");
        Ok(SectionKindSpec::GeneralAdmission {
            capacity: self.capacity.ok_or_else(|| missing("capacity"))?,
            price_tier: self
                .price_tier
                .clone()
                .ok_or_else(|| missing("price_tier"))?,
        })
    }
}
