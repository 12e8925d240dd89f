//! Every limit holds at its bound and refuses one beyond it.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use seating::limits::{
    AREA_CAPACITY_MAX, LABEL_BYTES_MAX, PRICE_MINOR_UNITS_MAX, PRICE_TIERS_MAX, ROWS_MAX,
    SEATS_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX,
};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::spec::{NumbersSpec, RowSeatsSpec, RowSpec, SectionKindSpec};
use seating::seat_layout::{LayoutFaults, SeatLayout};
use seating::seat_map::SeatMap;
use seating::timestamp::Timestamp;
use testkit::commands::{buyer, hold, seats};
use testkit::layouts::TestLayout;

#[test]
fn layout_of_two_hundred_thousand_seats_is_built_and_sold() {
    let described = of_thousands(&[1_000; 200]);
    let layout = described.build();
    assert_eq!(layout.seat_count(), SEATS_MAX);
    let last = layout.seats().last().unwrap();
    assert_eq!(layout.find_seat(layout.seat_id(last)), Some(last));
    let mut rehearsal = described.open(SaleTerms::default());
    rehearsal.ask(&hold(1, buyer(1), seats([last.0]))).unwrap();
    let snapshot = rehearsal.map.snapshot().unwrap();
    SeatMap::restore(layout, snapshot).unwrap();
}

#[test]
fn layout_has_no_seat_beyond_its_bound() {
    let mut lengths = vec![1_000; 200];
    lengths.push(1);
    refused(&of_thousands(&lengths), "at most 200000 seats");
}

#[test]
fn row_is_bounded() {
    let bound = u32::try_from(SEATS_PER_ROW_MAX).unwrap();
    TestLayout::of_rows(&[bound]).build();
    for seats in [bound + 1, 10_000_000, u32::MAX] {
        refused(
            &TestLayout::of_rows(&[seats]),
            "a row has from 1 to 1000 seats",
        );
        // However absurd a row is, the ones before it are not placed by it.
        refused(
            &TestLayout::of_rows(&[5, seats]),
            "a row has from 1 to 1000 seats",
        );
    }
}

#[test]
fn rows_are_bounded() {
    let one_each = |count: usize| {
        let rows: Vec<_> = (0..count).map(|row| (row, 1)).collect();
        TestLayout::empty().tier("T", 1).section("S", "T", &rows)
    };
    assert_eq!(one_each(ROWS_MAX).build().rows().len(), ROWS_MAX);
    refused(&one_each(ROWS_MAX + 1), "at most 65535 rows");
}

#[test]
fn sections_are_bounded() {
    let areas = |count: usize| {
        let areas = (0..count).map(|at| format!("A{at}"));
        areas.fold(TestLayout::empty().tier("T", 1), |described, code| {
            described.area(&code, "T", 1)
        })
    };
    areas(SECTIONS_MAX).build();
    refused(&areas(SECTIONS_MAX + 1), "at most 600");
}

#[test]
fn price_tiers_are_bounded() {
    let tiers = |count: usize| {
        let tiers = (0..count).map(|at| format!("T{at}"));
        let described = tiers.fold(TestLayout::empty(), |described, code| {
            described.tier(&code, 1)
        });
        described.area("A", "T0", 1)
    };
    tiers(PRICE_TIERS_MAX).build();
    refused(&tiers(PRICE_TIERS_MAX + 1), "at most 100");
}

#[test]
fn areas_are_bounded_one_by_one_and_together() {
    let areas = |capacities: &[u32]| {
        let areas = capacities.iter().enumerate();
        areas.fold(
            TestLayout::empty().tier("T", 1),
            |described, (at, capacity)| described.area(&at.to_string(), "T", *capacity),
        )
    };
    areas(&[AREA_CAPACITY_MAX; 4]).build();
    refused(
        &areas(&[
            AREA_CAPACITY_MAX,
            AREA_CAPACITY_MAX,
            AREA_CAPACITY_MAX,
            AREA_CAPACITY_MAX,
            1,
        ]),
        "together",
    );
    for capacity in [0, AREA_CAPACITY_MAX + 1, 10_000_000, u32::MAX] {
        refused(&areas(&[capacity]), "must be from 1 to 1000000");
    }
}

#[test]
fn prices_are_bounded() {
    let priced = |amount| TestLayout::empty().tier("T", amount).area("A", "T", 1);
    priced(0).build();
    priced(PRICE_MINOR_UNITS_MAX).build();
    for amount in [-1, PRICE_MINOR_UNITS_MAX + 1, i64::MAX, i64::MIN] {
        refused(
            &priced(amount),
            "must be from 0 to 100000000000 minor units",
        );
    }
}

#[test]
fn dearest_hold_has_a_total() {
    let mut rehearsal = TestLayout::empty()
        .tier("T", PRICE_MINOR_UNITS_MAX)
        .section("S", "T", &[("A", 10)])
        .open(SaleTerms::default());
    rehearsal.ask(&hold(1, buyer(1), seats(0..10))).unwrap();
    let places = &rehearsal
        .map
        .hold(testkit::commands::hold_id(1))
        .unwrap()
        .places;
    assert_eq!(
        places.total(rehearsal.map.layout()),
        10 * PRICE_MINOR_UNITS_MAX
    );
}

#[test]
fn texts_are_bounded_in_bytes_not_characters() {
    let label = "é".repeat(LABEL_BYTES_MAX / 2);
    let named = |label: &str| TestLayout::empty().tier("T", 1).area(label, "T", 1);
    named(&label).build();
    refused(&named(&format!("{label}x")), "has more than 200 bytes");
}

#[test]
fn grid_id_made_of_long_parts_is_refused() {
    let long = "x".repeat(120);
    let described = TestLayout::empty()
        .tier("T", 1)
        .section(&long, "T", &[(&long, 1)]);
    refused(&described, "has more than 200 bytes");
}

#[test]
fn every_number_of_a_row_is_checked() {
    let numbers = (0..1_001).map(|n| n.to_string()).collect();
    let row = RowSpec {
        label: "A".to_owned(),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Each(numbers),
            price_tier: "T".to_owned(),
        },
    };
    let described = TestLayout::empty().tier("T", 1);
    let described = described.with(
        "S",
        SectionKindSpec::Reserved {
            rows: vec![row],
            stage: None,
        },
    );
    refused(&described, "a row has from 1 to 1000 seats");
}

#[test]
fn seats_and_section_tiers_of_the_largest_layout_fit_their_numbers() {
    let mut described = TestLayout::empty();
    for tier in 0..PRICE_TIERS_MAX {
        described = described.tier(&format!("T{tier}"), 1);
    }
    for section in 0..SECTIONS_MAX {
        let row = (0..PRICE_TIERS_MAX).map(|tier| RowSpec {
            label: tier.to_string(),
            seats: RowSeatsSpec::Grid {
                numbers: NumbersSpec::Count(3),
                price_tier: format!("T{tier}"),
            },
        });
        let rows = row.collect();
        described = described.with(
            &format!("S{section}"),
            SectionKindSpec::Reserved { rows, stage: None },
        );
    }
    let layout = described.build();
    assert_eq!(layout.section_tiers().len(), PRICE_TIERS_MAX * SECTIONS_MAX);
    assert!(
        layout
            .section_tiers()
            .iter()
            .all(|section_tier| section_tier.capacity == 3)
    );
}

#[test]
fn budget_of_bytes_per_seat_is_kept() {
    let rows: Vec<_> = (1..=25).map(|row| (row, 50)).collect();
    let mut described = TestLayout::empty().tier("T", 1);
    for section in 0..40 {
        described = described.section(&format!("S{section:02}"), "T", &rows);
    }
    let layout = described.build();
    let seats = layout.seat_count();
    assert_eq!(seats, 50_000);
    assert!(SeatMap::new(layout).memory_bytes() <= 32 * seats);
}

#[test]
fn time_saturates_at_its_ends() {
    let end = Timestamp::from_unix_micros(i64::MAX);
    assert_eq!(end.plus_seconds(1), end);
    assert_eq!(Timestamp::from_unix_seconds(i64::MAX), end);
    assert_eq!(Timestamp::from_unix_seconds(i64::MIN), Timestamp::MIN);
    assert_eq!(end.micros_after(Timestamp::MIN), i64::MAX.unsigned_abs());
    assert_eq!(Timestamp::MIN.micros_after(end), 0);
    assert_eq!(end.seconds_after(end), 0);
    let soon = Timestamp::from_unix_micros(1);
    assert_eq!(
        soon.seconds_after(Timestamp::default()),
        1,
        "never shows 0 while it lives"
    );
}

fn of_thousands(lengths: &[u32]) -> TestLayout {
    let rows: Vec<_> = lengths.iter().copied().enumerate().collect();
    TestLayout::empty().tier("T", 1).section("S", "T", &rows)
}

fn refused(described: &TestLayout, reason: &str) {
    let faults: LayoutFaults = SeatLayout::build(&described.spec).unwrap_err();
    assert!(faults.to_string().contains(reason), "{faults}");
}
