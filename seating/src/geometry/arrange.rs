//! A section as a plan lists it becomes runs of seats that sit together.

use std::collections::HashMap;

use crate::geometry::walk;
use crate::geometry::{AISLE_STEPS_MAX, is_far, squared, steps, usual};
use crate::limits::SEATS_PER_ROW_MAX;
use crate::seat_layout::spec::{
    GRID_STEP, LayoutSpec, Position, RowSeatsSpec, RowSpec, SeatSpec, SectionKindSpec,
};

/// More rows than this of one label are not parts of one row but rows that nobody labelled.
const PARTS_MAX: usize = 16;

/// A row has so many seats at the most, and all of them stay within the bounds of coordinates.
const SPREAD_STEP_MAX: i32 = 100 * GRID_STEP;

/// From so many seats on the steps of a row alone say where it has an aisle; those of a shorter one are
/// compared with what is usual in its section.
const TELLING_SEATS: usize = 5;

/// Puts the listed seats of every section in the order in which they stand and parts rows at their
/// aisles. Grids, which have their order and their aisles already, stay as they are.
pub fn arrange(spec: &mut LayoutSpec) {
    for section in &mut spec.sections {
        let SectionKindSpec::Reserved { rows, .. } = &mut section.kind else {
            continue;
        };
        let all_listed = rows
            .iter()
            .all(|row| matches!(row.seats, RowSeatsSpec::Listed(_)));
        if all_listed {
            *rows = arranged(std::mem::take(rows));
        }
    }
}

/// A row on its way: its label and its seats, along the row.
struct Line {
    label: String,
    seats: Vec<SeatSpec>,
}

impl Line {
    fn positions(&self) -> Vec<Position> {
        self.seats.iter().map(|seat| seat.position).collect()
    }

    fn put_in_order(&mut self) {
        let order = walk::along(&self.positions());
        let mut seats: Vec<Option<SeatSpec>> = self.seats.drain(..).map(Some).collect();
        self.seats = order.iter().filter_map(|&at| seats[at].take()).collect();
    }

    /// Whether the seats follow one another in about one direction, never turning by more than an
    /// eighth of a circle.
    fn is_straight(&self) -> bool {
        let mut points = self.positions();
        points.dedup();
        points.windows(3).all(|three| {
            let (cosine, lengths) = turn(three[0], three[1], three[2]);
            cosine > 0 && 2 * cosine.saturating_mul(cosine) >= lengths
        })
    }
}

fn arranged(rows: Vec<RowSpec>) -> Vec<RowSpec> {
    let mut lines: Vec<Line> = rows
        .into_iter()
        .filter_map(|row| match row.seats {
            RowSeatsSpec::Listed(seats) => Some(Line {
                label: row.label,
                seats,
            }),
            RowSeatsSpec::Grid { .. } => None,
        })
        .collect();
    spread(&mut lines);
    for line in &mut lines {
        line.put_in_order();
    }
    let lines = joined(lines);
    let usual_step = usual(
        lines
            .iter()
            .flat_map(|line| steps(&line.positions()).collect::<Vec<_>>())
            .collect(),
    );
    lines
        .into_iter()
        .flat_map(|line| runs(line, usual_step))
        .collect()
}

/// A section of which no row says where its seats are is laid out as a grid: in the order in which
/// the seats are listed, and rows that are all in one place in the order of theirs. Rows that say where
/// they are have their seats across the way from one to the next, as far apart as the rows.
fn spread(lines: &mut [Line]) {
    let says_nothing = |line: &Line| {
        let first = line.seats.first().map(|seat| seat.position);
        line.seats.iter().all(|seat| Some(seat.position) == first)
    };
    let longest = lines.iter().map(|line| line.seats.len()).max().unwrap_or(0);
    if longest < 2 || !lines.iter().all(says_nothing) {
        return;
    }
    let places: Vec<Position> = lines
        .iter()
        .filter_map(|line| line.seats.first().map(|seat| seat.position))
        .collect();
    let between_rows = usual(steps(&places).collect());
    let step = between_rows.map_or(GRID_STEP, |squared| {
        i32::try_from(squared.isqrt()).map_or(GRID_STEP, |step| step.clamp(1, SPREAD_STEP_MAX))
    });
    let across = match (places.first(), places.last()) {
        (Some(first), Some(last)) => first.x.abs_diff(last.x) > first.y.abs_diff(last.y),
        _ => false,
    };
    for (line, row_at) in lines.iter_mut().zip(0..) {
        for (seat, at) in line.seats.iter_mut().zip(0..) {
            let along = if across {
                &mut seat.position.y
            } else {
                &mut seat.position.x
            };
            *along = along.saturating_add(step * at);
            if between_rows.is_none() {
                seat.position.y += GRID_STEP * row_at;
            }
        }
    }
}

/// Puts parts of one row together that a plan lists apart, where the first of them is.
fn joined(lines: Vec<Line>) -> Vec<Line> {
    let mut of_label: HashMap<String, Vec<usize>> = HashMap::new();
    let mut kept: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let parts = of_label.entry(line.label.clone()).or_default();
        let tried = if parts.len() < PARTS_MAX {
            parts.as_slice()
        } else {
            &[]
        };
        let whole = tried
            .iter()
            .find_map(|&at| Some((at, join(&kept[at], &line)?)));
        if let Some((at, whole)) = whole {
            kept[at] = whole;
        } else {
            parts.push(kept.len());
            kept.push(line);
        }
    }
    kept
}

/// Both as one row, if they are on one line.
fn join(a: &Line, b: &Line) -> Option<Line> {
    if a.seats.len() + b.seats.len() > SEATS_PER_ROW_MAX || !a.is_straight() || !b.is_straight() {
        return None;
    }
    let mut whole = Line {
        label: a.label.clone(),
        seats: a.seats.iter().chain(&b.seats).cloned().collect(),
    };
    whole.put_in_order();
    whole.is_straight().then_some(whole)
}

/// Parts a row at its aisles. A row of two seats has but one step, so what is usual is what is
/// usual in its section; so it is in a short row of which all steps are far beyond that.
fn runs(line: Line, usual_of_section: Option<i64>) -> Vec<RowSpec> {
    let points = line.positions();
    let own = if points.len() > 2 {
        usual(steps(&points).collect())
    } else {
        None
    };
    let of_aisles = |own: &i64| {
        points.len() < TELLING_SEATS && usual_of_section.is_some_and(|usual| is_far(*own, usual))
    };
    let usual = own.filter(|own| !of_aisles(own)).or(usual_of_section);
    let aisle_before = |at: usize| {
        usual.is_some_and(|usual| {
            let step = squared(points[at - 1], points[at]);
            is_far(step, usual) && !turns_back(&points, at, usual)
        })
    };
    let label = line.label;
    let mut runs: Vec<Vec<SeatSpec>> = Vec::new();
    for (at, seat) in line.seats.into_iter().enumerate() {
        match runs.last_mut() {
            Some(run) if !aisle_before(at) => run.push(seat),
            _ => runs.push(vec![seat]),
        }
    }
    let run = |seats| RowSpec {
        label: label.clone(),
        seats: RowSeatsSpec::Listed(seats),
    };
    runs.into_iter().map(run).collect()
}

/// Whether the row goes on behind this step in the direction that it came from: round the end of a
/// table, where those who sit face to face sit together.
fn turns_back(points: &[Position], at: usize, usual: i64) -> bool {
    let (before, after) = (at.checked_sub(2), at + 1);
    let wide = squared(points[at - 1], points[at]) > AISLE_STEPS_MAX * AISLE_STEPS_MAX * usual;
    let (Some(before), false) = (before.map(|at| points[at]), wide || after >= points.len()) else {
        return false;
    };
    let came = (points[at - 1].x - before.x, points[at - 1].y - before.y);
    let goes = (
        points[after].x - points[at].x,
        points[after].y - points[at].y,
    );
    let product = |a: i32, b: i32| i64::from(a) * i64::from(b);
    product(came.0, goes.0) + product(came.1, goes.1) < 0
}

/// The scalar product of the steps from `a` to `b` and on to `c`, and the product of their squared
/// lengths.
fn turn(a: Position, b: Position, c: Position) -> (i128, i128) {
    let step = |from: Position, to: Position| {
        (
            i128::from(to.x) - i128::from(from.x),
            i128::from(to.y) - i128::from(from.y),
        )
    };
    let (first, second) = (step(a, b), step(b, c));
    let lengths = i128::from(squared(a, b)) * i128::from(squared(b, c));
    (first.0 * second.0 + first.1 * second.1, lengths)
}
