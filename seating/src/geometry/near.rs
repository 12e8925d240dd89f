//! Which runs are near each other, so that a group may be split over them.

use std::collections::BTreeMap;

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::geometry::{AISLE_STEPS_MAX, FAR_QUARTERS, is_far, squared, steps, usual};
use crate::seat_layout::spec::Position;

/// Runs that are neighbours of one; where more are near, the nearest. A long row behind many short
/// parts of one has as many.
pub(crate) const NEIGHBOURS_MAX: usize = 32;

/// Rows farther apart than so many steps are never neighbours. Looked for in rings of 1, 2, 4, …
const ROW_STEPS_MAX: i64 = 16;

/// Runs that are asked how far the nearest row is from theirs.
const ROWS_ASKED_MAX: usize = 1_024;

/// Seats that one box is drawn around.
const STRETCH_SEATS: usize = 32;

/// Stretches that are looked at around one of them. Only a plan that piles its seats on one another
/// has more there.
const STRETCHES_AROUND_MAX: usize = 256;

/// A run as it is looked at here.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The label of its row.
    pub(crate) label: &'a str,
    /// Where its seats are, in order.
    pub(crate) seats: &'a [Position],
}

/// A part of a run, with its box around it.
type Stretch<'a> = GeomWithData<Rectangle<[i64; 2]>, (usize, &'a [Position])>;

/// The pairs of runs of one section that are neighbours, the lower one first.
///
/// Takes time in proportion to the seats, wherever they are.
pub(crate) fn neighbours(runs: &[Run<'_>]) -> Vec<(usize, usize)> {
    let Some(step) = usual(runs.iter().flat_map(|run| steps(run.seats)).collect()) else {
        // Nobody sits beside anybody, so no group has parts.
        return Vec::new();
    };
    let nearby = NearbyRuns::new(runs);
    let apart = nearby.usual_row_distance(step).unwrap_or(0);
    let mut pairs: Vec<(i64, usize, usize)> = Vec::new();
    let far = (FAR_QUARTERS * FAR_QUARTERS * apart / 16).isqrt();
    let reach = far.max((AISLE_STEPS_MAX * AISLE_STEPS_MAX * step).isqrt()) + 1;
    for run in 0..runs.len() {
        for (other, distance) in nearby.around(run, reach) {
            let aisle = runs[run].label == runs[other].label
                && distance <= AISLE_STEPS_MAX * AISLE_STEPS_MAX * step;
            if run < other && (aisle || !is_far(distance, apart)) {
                pairs.push((distance, run, other));
            }
        }
    }
    nearest_of(pairs, runs.len())
}

/// Of these pairs, nearest first, as many as leave nobody with too many neighbours.
fn nearest_of(mut pairs: Vec<(i64, usize, usize)>, runs: usize) -> Vec<(usize, usize)> {
    pairs.sort_unstable();
    let mut count = vec![0; runs];
    let mut kept = Vec::with_capacity(pairs.len());
    for (_, a, b) in pairs {
        if count[a] < NEIGHBOURS_MAX && count[b] < NEIGHBOURS_MAX {
            count[a] += 1;
            count[b] += 1;
            kept.push((a, b));
        }
    }
    kept
}

/// The runs of a section, to be found by where they are.
struct NearbyRuns<'a> {
    runs: &'a [Run<'a>],
    stretches: RTree<Stretch<'a>>,
}

impl<'a> NearbyRuns<'a> {
    fn new(runs: &'a [Run<'a>]) -> Self {
        let numbered = runs.iter().enumerate();
        let stretches = numbered.flat_map(|(at, run)| {
            let parts = run.seats.chunks(STRETCH_SEATS);
            parts.map(move |seats| Stretch::new(box_of(seats).into(), (at, seats)))
        });
        Self {
            runs,
            stretches: RTree::bulk_load(stretches.collect()),
        }
    }

    /// How far a row usually is from the next: the median of the distances from each run to the
    /// nearest one of another label, squared. `None` where all are far from one another.
    fn usual_row_distance(&self, step: i64) -> Option<i64> {
        // The middle of many is about the middle of all.
        let every = self.runs.len() / ROWS_ASKED_MAX + 1;
        let runs = (0..self.runs.len()).step_by(every);
        let mut nearest: Vec<i64> = runs.filter_map(|run| self.next_row(run, step)).collect();
        let middle = nearest.len().checked_sub(1)? / 2;
        Some(*nearest.select_nth_unstable(middle).1)
    }

    fn next_row(&self, run: usize, step: i64) -> Option<i64> {
        let rings = std::iter::successors(Some(1), |steps| Some(2 * steps));
        let rings = rings.take_while(|&steps| steps <= ROW_STEPS_MAX);
        let label = self.runs[run].label;
        rings
            .map(|steps| steps * step.isqrt() + 1)
            .find_map(|reach| {
                let others = self.around(run, reach).into_iter();
                let others = others.filter(|&(other, _)| self.runs[other].label != label);
                let nearest = others.map(|(_, distance)| distance).min()?;
                (nearest <= reach * reach).then_some(nearest)
            })
    }

    /// Runs with a stretch whose box is within reach of one of this run's, and their distances.
    fn around(&self, run: usize, reach: i64) -> BTreeMap<usize, i64> {
        let mut found = BTreeMap::new();
        for seats in self.runs[run].seats.chunks(STRETCH_SEATS) {
            let near = box_of(seats);
            let ([left, top], [right, bottom]) = (near.lower(), near.upper());
            let wide =
                AABB::from_corners([left - reach, top - reach], [right + reach, bottom + reach]);
            let others = self.stretches.locate_in_envelope_intersecting(&wide);
            let others = others.filter(|stretch| stretch.data.0 != run);
            for stretch in others.take(STRETCHES_AROUND_MAX) {
                let known = found.entry(stretch.data.0).or_insert(i64::MAX);
                *known = distance(seats, stretch.data.1, *known);
            }
        }
        found
    }
}

fn box_of(seats: &[Position]) -> AABB<[i64; 2]> {
    let points: Vec<[i64; 2]> = seats
        .iter()
        .map(|p| [i64::from(p.x), i64::from(p.y)])
        .collect();
    AABB::from_points(&points)
}

/// The squared distance of the two seats that are nearest each other, or `known` if that is less.
fn distance(a: &[Position], b: &[Position], known: i64) -> i64 {
    let around_b = box_of(b);
    let mut least = known;
    for seat in a {
        let to_box =
            rstar::Envelope::distance_2(&around_b, &[i64::from(seat.x), i64::from(seat.y)]);
        if to_box < least {
            least = b
                .iter()
                .map(|other| squared(*seat, *other))
                .fold(least, i64::min);
        }
    }
    least
}
