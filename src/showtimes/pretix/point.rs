//! Where things lie in a plan.

use seating::seat_layout::spec::{COORDINATE_MAX, Position};

use crate::wire::PointBody;

/// A point of the plan, in its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Across.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl From<PointBody> for Point {
    fn from(PointBody { x, y }: PointBody) -> Self {
        Self { x, y }
    }
}

impl Point {
    /// Seen from another point.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            x: self.x + other.x,
            y: self.y + other.y,
        }
    }
}

/// Hundredths of the plan's unit, which is a pixel in practice.
///
/// # Errors
///
/// Says the bounds when the point is beyond them.
pub fn hundredths(point: Point) -> Result<Position, &'static str> {
    let coordinate = |value: f64| {
        let hundredths = (value * 100.0).round();
        // NaN and infinity fail the comparison too.
        let near = hundredths.abs() <= f64::from(COORDINATE_MAX);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounded by the comparison above"
        )]
        near.then_some(hundredths as i32)
    };
    match (coordinate(point.x), coordinate(point.y)) {
        (Some(x), Some(y)) => Ok(Position { x, y }),
        _ => Err("must have x and y from -1000000 to 1000000"),
    }
}
