//! Amounts of money.

use seating::seat_layout::spec::Money;
use seating::seat_layout::{CellIndex, SeatLayout};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount in minor units of a currency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub struct MoneyBody {
    /// Minor units: paise, cents.
    #[schema(example = 150_000)]
    pub amount: i64,
    /// Three capital letters, ISO 4217.
    #[schema(example = "INR")]
    pub currency: String,
}

impl From<MoneyBody> for Money {
    fn from(body: MoneyBody) -> Self {
        Self {
            amount: body.amount,
            currency: body.currency,
        }
    }
}

/// An amount on its way out, borrowing its currency.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MoneyView<'a> {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: &'a str,
}

impl<'a> MoneyView<'a> {
    /// A price that may be missing: such places are not for sale.
    pub fn of_price(price: Option<&'a Money>) -> Option<Self> {
        price.map(|price| Self {
            amount: price.amount,
            currency: &price.currency,
        })
    }

    /// What a place of this cell costs that is held or sold, so that it has a price.
    pub fn of_cell(layout: &'a SeatLayout, cell: CellIndex) -> Self {
        Self {
            amount: layout.cell_price(cell),
            currency: layout.currency(),
        }
    }
}
