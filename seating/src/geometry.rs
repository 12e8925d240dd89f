//! Where seats are, and what that says about who sits beside whom.
//!
//! A plan lists seats; people see a room. This is the one model of it that everything shares:
//!
//! - **Order.** The seats of a row follow one another along the row, whatever order they are listed
//!   in ([`walk`]).
//! - **Step.** The distance from a seat to the next; what is usual in a row is its lower quartile.
//! - **Aisle.** A step of more than 1.75 usual ones, across which nobody sits together
//!   ([`arrange`]). Where the row turns back at such a step it goes round a table, and all of the
//!   table is one run.
//! - **Run.** Seats that follow one another without an aisle. Runs of one label that go on in one
//!   line are one row.
//! - **Neighbours.** Runs near each other: not more than 1.75 times as far apart as a row of the
//!   section usually is from the next, or parts of one row across an aisle ([`near`]).
//!
//! Coordinates are whole numbers and so are squared distances, which decide what is sold; roots and
//! fractions only order a plan before it is stored.

pub mod arrange;
pub(crate) mod near;
mod walk;

use crate::seat_layout::spec::Position;

/// What is more than this many quarters of the usual distance is far.
const FAR_QUARTERS: i64 = 7;

/// An aisle that is wider than so many usual steps parts two rows.
const AISLE_STEPS_MAX: i64 = 5;

/// Squared distance of two points.
pub(crate) fn squared(a: Position, b: Position) -> i64 {
    let x = i64::from(a.x) - i64::from(b.x);
    let y = i64::from(a.y) - i64::from(b.y);
    x * x + y * y
}

/// Whether a distance is far where another is usual, both squared.
///
/// Sixteen and 49 times the largest squared distance fit in 64 bits; see
/// [`COORDINATE_MAX`](crate::seat_layout::spec::COORDINATE_MAX).
pub(crate) fn is_far(distance: i64, usual: i64) -> bool {
    16 * distance > FAR_QUARTERS * FAR_QUARTERS * usual
}

/// What is usual among some squared distances: the lower quartile of those that are not zero, so
/// that a row with as many aisles as pairs has the step of the pairs. `None` where there are none.
pub(crate) fn usual(mut distances: Vec<i64>) -> Option<i64> {
    distances.retain(|&distance| distance > 0);
    let at = distances.len().checked_sub(1)? / 4;
    Some(*distances.select_nth_unstable(at).1)
}

/// Squared distances from each of these to the next.
pub(crate) fn steps(positions: &[Position]) -> impl Iterator<Item = i64> {
    positions.windows(2).map(|pair| squared(pair[0], pair[1]))
}
