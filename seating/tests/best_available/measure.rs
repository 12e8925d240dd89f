//! Which rows are near each other, measured seat by seat, as `docs/API.md` puts it into words.

use seating::seat_layout::spec::Position;
use seating::seat_layout::{Row, SeatIndex, SeatLayout};

/// By row, the rows of its section that are near it.
pub(crate) fn neighbours(layout: &SeatLayout) -> Vec<Vec<usize>> {
    let rows = layout.rows();
    let near = |a: usize, b: usize| a != b && are_near(layout, &rows[a], &rows[b]);
    let near_of = |a| (0..rows.len()).filter(|&b| near(a, b)).collect();
    (0..rows.len()).map(near_of).collect()
}

fn are_near(layout: &SeatLayout, a: &Row, b: &Row) -> bool {
    if a.section != b.section {
        return false;
    }
    let section: Vec<&Row> = layout
        .rows()
        .iter()
        .filter(|row| row.section == a.section)
        .collect();
    let Some(step) = usual_step(layout, &section) else {
        return false;
    };
    let apart = distance(layout, a, b);
    if a.label == b.label && apart <= 5.0 * step {
        return true;
    }
    let usual = usual_row_distance(layout, &section, step);
    usual.is_some_and(|usual| apart <= 1.75 * usual + 1e-6)
}

/// The lower quartile of the distances between seats that follow one another in a run.
fn usual_step(layout: &SeatLayout, rows: &[&Row]) -> Option<f64> {
    let steps = rows.iter().flat_map(|row| {
        let seats = seats(layout, row);
        seats
            .windows(2)
            .map(|pair| between(pair[0], pair[1]))
            .collect::<Vec<_>>()
    });
    let mut steps: Vec<f64> = steps.filter(|step| *step > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len().checked_sub(1)? / 4).copied()
}

/// The median of the distances from each row to the nearest one of another label, of those within
/// sixteen steps.
fn usual_row_distance(layout: &SeatLayout, rows: &[&Row], step: f64) -> Option<f64> {
    let nearest = |row: &&Row| {
        let others = rows.iter().filter(|other| other.label != row.label);
        let distances = others.map(|other| distance(layout, row, other));
        distances
            .min_by(f64::total_cmp)
            .filter(|least| *least <= 16.0 * step)
    };
    let mut nearest: Vec<f64> = rows.iter().filter_map(nearest).collect();
    nearest.sort_by(f64::total_cmp);
    nearest.get(nearest.len().checked_sub(1)? / 2).copied()
}

fn distance(layout: &SeatLayout, a: &Row, b: &Row) -> f64 {
    let theirs = seats(layout, b);
    let ours = seats(layout, a);
    let all = ours
        .iter()
        .flat_map(|a| theirs.iter().map(|b| between(*a, *b)));
    all.min_by(f64::total_cmp).unwrap()
}

fn between(a: Position, b: Position) -> f64 {
    f64::from(a.x - b.x).hypot(f64::from(a.y - b.y))
}

fn seats(layout: &SeatLayout, row: &Row) -> Vec<Position> {
    let seats = row.first_seat.0..row.first_seat.0 + u32::from(row.seats);
    seats.map(|seat| layout.position(SeatIndex(seat))).collect()
}
