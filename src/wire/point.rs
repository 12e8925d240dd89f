//! Points of a house's plan.

use seating::seat_layout::spec::Position;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A point of the house's plan.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Point)]
pub struct PointBody {
    /// Across.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub x: f64,
    /// Down.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub y: f64,
}

impl From<Position> for PointBody {
    fn from(position: Position) -> Self {
        Self {
            x: f64::from(position.x) / 100.0,
            y: f64::from(position.y) / 100.0,
        }
    }
}
