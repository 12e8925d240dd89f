//! Aisles: a plan has rows, the house has runs of adjacent seats.
//!
//! Seats whose neighbours stand noticeably farther away than is usual in their row have an aisle
//! between them, and nobody there sits together.

use seating::layout_spec::SeatSpec;

/// A step this many times the usual one is an aisle.
const AISLE_STEPS: f64 = 1.75;

/// Splits a row at its aisles.
pub(super) fn split(seats: Vec<SeatSpec>) -> Vec<Vec<SeatSpec>> {
    let steps: Vec<f64> = seats
        .windows(2)
        .map(|pair| distance(&pair[0], &pair[1]))
        .collect();
    let mut sorted = steps.clone();
    sorted.sort_by(f64::total_cmp);
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let mut runs: Vec<Vec<SeatSpec>> = Vec::new();
    for (at, seat) in seats.into_iter().enumerate() {
        let step = at
            .checked_sub(1)
            .and_then(|before| steps.get(before))
            .copied();
        // Without positions every step is 0, and the row stays whole.
        let aisle = step.is_some_and(|step| usual > 0.0 && step > usual * AISLE_STEPS);
        match runs.last_mut() {
            Some(run) if !aisle => run.push(seat),
            _ => runs.push(vec![seat]),
        }
    }
    runs
}

fn distance(a: &SeatSpec, b: &SeatSpec) -> f64 {
    let across = f64::from(a.position.x) - f64::from(b.position.x);
    let away = f64::from(a.position.y) - f64::from(b.position.y);
    across.hypot(away)
}
