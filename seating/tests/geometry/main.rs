//! From a plan as somebody drew it to the rows in which people sit.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod drawing;

use proptest::prelude::{Just, Strategy, any, prop_assert_eq};
use proptest::proptest;
use seating::geometry::arrange::arrange;
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::{Position, RowSeatsSpec, RowSpec, SectionKindSpec};
use testkit::layouts::TestLayout;

use crate::drawing::{Listing, Row, Shape, listed, section};

proptest! {
    /// Whatever the shape of the rows, and in whatever order and pieces a plan lists their seats,
    /// those who sit together in the room sit together in the layout.
    #[test]
    fn runs_of_a_plan_are_the_runs_of_the_room(
        shape in shapes(),
        listing in listings(),
        lengths in proptest::collection::vec(proptest::collection::vec(2..12_usize, 1..4), 1..6),
        turned in 0..360_i32,
    ) {
        let rows: Vec<Row> = lengths.iter().enumerate().map(|(at, parts)| shape.row(at, parts, turned)).collect();
        let wanted: Vec<Vec<String>> = rows.iter().flat_map(Row::runs).collect();
        let found = runs(section(&rows, listing));
        prop_assert_eq!(sorted(found), sorted(wanted));
    }
}

#[test]
fn odd_numbers_to_one_side_and_even_ones_to_the_other_are_one_row() {
    let numbers = [1, 2, 3, 4, 5, 6];
    let place = |number: i32| {
        if number % 2 == 1 {
            50 - 25 * number
        } else {
            25 * number
        }
    };
    let seats = numbers.map(|number| listed(&number.to_string(), place(number), 0));
    let one = vec![vec!["5", "3", "1", "2", "4", "6"]];
    assert_eq!(runs(vec![row("1", seats)]), one);
}

#[test]
fn a_gap_in_the_middle_of_odd_and_even_numbers_is_an_aisle() {
    let seats = [
        ("1", -25),
        ("2", 25),
        ("3", -50),
        ("4", 50),
        ("5", -75),
        ("6", 75),
    ];
    let seats = seats.map(|(id, x)| listed(id, x, 0));
    let two = vec![vec!["5", "3", "1"], vec!["2", "4", "6"]];
    assert_eq!(runs(vec![row("1", seats)]), two);
}

#[test]
fn halves_of_a_row_that_touch_are_one_row_wherever_they_are_listed() {
    let half = |label: &str, from: i32, y: i32| {
        let seats =
            [0, 1, 2].map(|at| listed(&format!("{label}{}", from + at), 25 * (from + at), y));
        row(label, seats)
    };
    let rows = vec![
        half("A", 0, 0),
        half("B", 0, 30),
        half("B", 3, 30),
        half("A", 3, 0),
    ];
    let wanted =
        ["A", "B"].map(|label| (0..6).map(|at| format!("{label}{at}")).collect::<Vec<_>>());
    assert_eq!(runs(rows), wanted);
}

#[test]
fn rows_of_one_label_that_are_not_on_one_line_stay_apart() {
    let stand = |id: &str, y: i32| {
        row(
            "1",
            [0, 1, 2].map(|at| listed(&format!("{id}{at}"), 25 * at, y)),
        )
    };
    let behind = vec![stand("a", 0), stand("b", 30)];
    assert_eq!(runs(behind), [["a0", "a1", "a2"], ["b0", "b1", "b2"]]);
    let beside = |id: &str, from: i32, y: i32| {
        row(
            "1",
            [0, 1, 2].map(|at| listed(&format!("{id}{at}"), 25 * (from + at), y)),
        )
    };
    let stepped = vec![beside("a", 0, 0), beside("b", 3, 30)];
    assert_eq!(
        runs(stepped),
        [["a0", "a1", "a2"], ["b0", "b1", "b2"]],
        "half a row behind"
    );
}

#[test]
fn short_rows_are_parted_by_their_smallest_step() {
    let three = |label: &str, y: i32| {
        row(
            label,
            [480, 510, 570].map(|x| listed(&format!("{label}-{x}"), x, y)),
        )
    };
    let wanted = [
        ["1-480", "1-510"].to_vec(),
        vec!["1-570"],
        ["2-480", "2-510"].to_vec(),
        vec!["2-570"],
    ];
    assert_eq!(runs(vec![three("1", 310), three("2", 335)]), wanted);
}

#[test]
fn a_short_row_has_its_aisles_where_others_of_its_section_would() {
    let long = row(
        "1",
        [0, 30, 60, 90, 120, 150].map(|x| listed(&format!("1-{x}"), x, 0)),
    );
    let holes = row("2", [0, 60, 120].map(|x| listed(&format!("2-{x}"), x, 40)));
    let found = runs(vec![long, holes]);
    assert_eq!(found[1..], [["2-0"], ["2-60"], ["2-120"]]);
}

#[test]
fn two_seats_are_together_if_others_of_their_section_would_be() {
    let long = row(
        "1",
        [0, 25, 50, 75].map(|x| listed(&format!("1-{x}"), x, 0)),
    );
    let far = row("2", [0, 75].map(|x| listed(&format!("2-{x}"), x, 30)));
    let near = row("3", [0, 40].map(|x| listed(&format!("3-{x}"), x, 60)));
    let found = runs(vec![long, far, near]);
    assert_eq!(found[1..], [vec!["2-0"], vec!["2-75"], vec!["3-0", "3-40"]]);
}

#[test]
fn a_table_is_one_run_round_its_end() {
    let seats = (0..8).map(|at| listed(&format!("S{}", at + 1), 60 * (at % 2), 25 * (at / 2)));
    let round = vec![vec!["S1", "S3", "S5", "S7", "S8", "S6", "S4", "S2"]];
    assert_eq!(runs(vec![row("7", seats)]), round);
}

#[test]
fn a_section_without_positions_is_a_grid_in_the_order_of_the_list() {
    let same = |label: &str| {
        row(
            label,
            ["b", "a", "c"].map(|id| listed(&format!("{label}{id}"), 7, 7)),
        )
    };
    let spec = arranged(vec![same("1"), same("2")]);
    assert_eq!(ids(&spec), [["1b", "1a", "1c"], ["2b", "2a", "2c"]]);
    let layout = TestLayout::empty().tier("T", 1).with("S", spec).build();
    let places: Vec<Position> = layout.seats().map(|seat| layout.position(seat)).collect();
    let at = |x, y| Position {
        x: 700 + x,
        y: 700 + y,
    };
    assert_eq!(places[..4], [at(0, 0), at(100, 0), at(200, 0), at(0, 100)]);
    assert_eq!(
        layout.neighbours(seating::seat_layout::RowIndex(0)).len(),
        1
    );
}

/// Either way, the rows are near enough for a group to be split over them.
#[test]
fn rows_that_have_places_and_seats_that_have_none_are_a_grid_along_the_rows() {
    for (x, y) in [(0, 30), (30, 0)] {
        let places = [0, 1, 2].map(|at| {
            let seats = ["a", "b"].map(|id| listed(&format!("{at}{id}"), x * at, y * at));
            row(&at.to_string(), seats)
        });
        let spec = arranged(places.to_vec());
        assert_eq!(ids(&spec), [["0a", "0b"], ["1a", "1b"], ["2a", "2b"]]);
        let layout = TestLayout::empty().tier("T", 1).with("S", spec).build();
        let places: Vec<Position> = layout.seats().map(|seat| layout.position(seat)).collect();
        let steps = [1, 2].map(|to| {
            let (from, to) = (places[0], places[to]);
            (to.x - from.x, to.y - from.y)
        });
        assert_eq!(steps, [(100 * y, 100 * x), (100 * x, 100 * y)]);
        let middle = layout.neighbours(seating::seat_layout::RowIndex(1));
        assert_eq!(middle.len(), 2);
    }
}

#[test]
fn a_word_for_all_rows_is_no_label() {
    let box_of = |at: i32| {
        row(
            "Box",
            [0, 1].map(|seat| listed(&format!("{at}-{seat}"), 100 * at + 25 * seat, 0)),
        )
    };
    let boxes: Vec<RowSpec> = (0..100).map(box_of).collect();
    assert_eq!(runs(boxes).len(), 100);
}

#[test]
fn what_nobody_would_draw_is_arranged_in_time() {
    let piled = |at: usize| {
        let seats = (0..3).map(|seat| listed(&format!("{at}-{seat}"), seat % 2, 0));
        row(if at.is_multiple_of(2) { "1" } else { "2" }, seats)
    };
    let spec = arranged((0..20_000).map(piled).collect());
    let described = TestLayout::empty().tier("T", 1).with("S", spec);
    assert_eq!(
        SeatLayout::build(&described.spec).unwrap().seat_count(),
        60_000
    );
}

fn shapes() -> impl Strategy<Value = Shape> {
    (0..3_u8, 20..40_i32).prop_map(|(kind, step)| match kind {
        0 => Shape::Straight { step },
        1 => Shape::Curved {
            step,
            radius: 1_500,
        },
        _ => Shape::Ring { step, radius: 250 },
    })
}

fn listings() -> impl Strategy<Value = Listing> {
    (0..5_u8, any::<u64>()).prop_flat_map(|(kind, seed)| {
        Just(match kind {
            0 => Listing::InOrder,
            1 => Listing::Backwards,
            2 => Listing::OddAndEven,
            3 => Listing::PartsApart,
            _ => Listing::Shuffled(seed),
        })
    })
}

fn row(
    label: &str,
    seats: impl IntoIterator<Item = seating::seat_layout::spec::SeatSpec>,
) -> RowSpec {
    RowSpec {
        label: label.to_owned(),
        seats: RowSeatsSpec::Listed(seats.into_iter().collect()),
    }
}

fn arranged(rows: Vec<RowSpec>) -> SectionKindSpec {
    let kind = SectionKindSpec::Reserved { rows, stage: None };
    let mut described = TestLayout::empty().tier("T", 1).with("S", kind);
    arrange(&mut described.spec);
    described.spec.sections.remove(0).kind
}

fn runs(rows: Vec<RowSpec>) -> Vec<Vec<String>> {
    ids(&arranged(rows))
}

fn ids(section: &SectionKindSpec) -> Vec<Vec<String>> {
    let SectionKindSpec::Reserved { rows, .. } = section else {
        panic!("a section of seats");
    };
    let ids = rows.iter().map(|row| match &row.seats {
        RowSeatsSpec::Listed(seats) => seats.iter().map(|seat| seat.id.clone()).collect(),
        RowSeatsSpec::Grid { .. } => panic!("listed seats"),
    });
    ids.collect()
}

/// In an order of their own: which run comes first, and from which end it is counted, is not asked.
fn sorted(mut runs: Vec<Vec<String>>) -> Vec<Vec<String>> {
    for run in &mut runs {
        if run.first() > run.last() {
            run.reverse();
        }
    }
    runs.sort();
    runs
}
