//! Members of bodies that give a sale's terms.

use seating::sale_terms::{GapRule, SaleStatus};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// How a showtime begins.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FirstStatus)]
pub enum FirstStatusBody {
    /// Staff prepare it; the public does not see it before it is published.
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
///
/// # Errors
///
/// When the member is there, is not null, and is no `T`.
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
