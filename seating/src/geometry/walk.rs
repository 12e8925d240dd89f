//! In which order the seats of a row follow one another.
//!
//! Plans number seats from the middle outwards, odd ones to one side and even ones to the other, or
//! round a table. Of the ways to go along a row the shortest is the row.

use crate::geometry::{is_far, squared, steps, usual};
use crate::seat_layout::spec::Position;

/// Rows of more seats are not walked from seat to seat: that takes the square of their number.
const VISITED_MAX: usize = 250;

/// The order of seats along their row, as indexes of `seats`. As they are listed, unless another
/// walk is shorter.
pub(super) fn along(seats: &[Position]) -> Vec<usize> {
    let mut best: Vec<usize> = (0..seats.len()).collect();
    if seats.len() < 3 {
        return best;
    }
    best = shorter(seats, best, by_direction(seats));
    if is_smooth(seats, &best) {
        return best;
    }
    let other = by_nearest(seats);
    shorter(seats, best, other)
}

fn shorter(seats: &[Position], walk: Vec<usize>, other: Vec<usize>) -> Vec<usize> {
    if length(seats, &other) < length(seats, &walk) {
        other
    } else {
        walk
    }
}

/// Whether every step of the walk is a usual one, so that no other walk is worth a look.
fn is_smooth(seats: &[Position], walk: &[usize]) -> bool {
    let walked = positions(seats, walk);
    let Some(usual) = usual(steps(&walked).collect()) else {
        return true;
    };
    steps(&walked).all(|step| !is_far(step, usual))
}

pub(super) fn positions(seats: &[Position], walk: &[usize]) -> Vec<Position> {
    walk.iter().map(|&at| seats[at]).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the lengths of walks are compared, not stored"
)]
fn length(seats: &[Position], walk: &[usize]) -> f64 {
    let walked = positions(seats, walk);
    steps(&walked).map(|step| (step as f64).sqrt()).sum()
}

/// Along the direction in which the seats spread the most; from left to right, or from top to
/// bottom where the row stands upright.
fn by_direction(seats: &[Position]) -> Vec<usize> {
    let (x, y) = direction(seats);
    let along = |at: usize| f64::from(seats[at].x) * x + f64::from(seats[at].y) * y;
    let mut walk: Vec<usize> = (0..seats.len()).collect();
    walk.sort_by(|&a, &b| along(a).total_cmp(&along(b)));
    walk
}

/// The principal axis of some points, as a vector of length 1.
fn direction(seats: &[Position]) -> (f64, f64) {
    let count = f64::from(u32::try_from(seats.len()).unwrap_or(u32::MAX));
    let mean =
        |of: fn(&Position) -> i32| seats.iter().map(|p| f64::from(of(p))).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|p| p.x), mean(|p| p.y));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for seat in seats {
        let (x, y) = (f64::from(seat.x) - mean_x, f64::from(seat.y) - mean_y);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let (y, x) = angle.sin_cos();
    // Nearly upright rows go downwards, whatever the sign that rounding left.
    if x > 1e-6 || (x > -1e-6 && y > 0.0) {
        (x, y)
    } else {
        (-x, -y)
    }
}

/// From the seat farthest out always on to the nearest one that was not visited.
fn by_nearest(seats: &[Position]) -> Vec<usize> {
    if seats.len() > VISITED_MAX {
        return (0..seats.len()).collect();
    }
    let farthest = (0..seats.len()).max_by_key(|&at| {
        let sum: i128 = seats
            .iter()
            .map(|seat| i128::from(squared(*seat, seats[at])))
            .sum();
        // The first of several.
        (sum, std::cmp::Reverse(at))
    });
    let mut left: Vec<usize> = (0..seats.len()).collect();
    let mut walk = Vec::with_capacity(seats.len());
    let mut next = farthest;
    while let Some(at) = next {
        left.retain(|&other| other != at);
        walk.push(at);
        next = left
            .iter()
            .copied()
            .min_by_key(|&other| (squared(seats[at], seats[other]), other));
    }
    walk
}
