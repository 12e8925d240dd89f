//! Groups split over the parts of rows with aisles.

use seating::rejection::Rejection;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::spec::{NumbersSpec, RowSeatsSpec, RowSpec, SectionKindSpec};
use testkit::commands::best;
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

use crate::{found, refused, take};

#[test]
fn parts_of_neighbouring_rows_on_one_side_of_an_aisle_are_neighbours() {
    let mut rehearsal = aisle();
    // Of both rows only the left side is free.
    take(&mut rehearsal, &[2, 3, 6, 7]);
    assert_eq!(found(&mut rehearsal, best(4)), [0, 1, 4, 5]);
}

#[test]
fn both_sides_of_an_aisle_are_one_row() {
    let mut rehearsal = aisle();
    take(&mut rehearsal, &[4, 5, 6, 7]);
    assert_eq!(found(&mut rehearsal, best(4)), [0, 1, 2, 3]);
}

#[test]
fn a_group_may_have_several_blocks_in_a_row_where_it_has_no_other_way() {
    let mut rehearsal = TestLayout::of_rows(&[5]).open(SaleTerms::default());
    take(&mut rehearsal, &[2]);
    assert_eq!(
        refused(&mut rehearsal, best(3)),
        Rejection::NoBlock { quantity: 3 }
    );
    assert_eq!(found(&mut rehearsal, best(4)), [0, 1, 3, 4]);
}

/// Tried one by one, the ways to put five blocks here would not be through in a lifetime.
#[test]
fn rows_of_thousands_of_parts_are_searched_like_others() {
    for parts_per_row in [30_000, 1_000, 1] {
        let mut rehearsal = pairs(30_000, parts_per_row);
        let none = Rejection::NoBlock { quantity: 9 };
        assert_eq!(refused(&mut rehearsal, best(9)), none);
        let together = found(&mut rehearsal, best(10));
        assert!(together.chunks(2).all(|pair| pair[0] + 1 == pair[1]));
    }
}

/// Two rows of two and two seats with an aisle between them.
fn aisle() -> Rehearsal {
    pairs(4, 2)
}

/// Parts of two seats, so many to a row with aisles between them.
fn pairs(parts: u32, parts_per_row: u32) -> Rehearsal {
    let part = |at: u32| RowSpec {
        label: (at / parts_per_row).to_string(),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Each([2 * at, 2 * at + 1].map(|n| n.to_string()).to_vec()),
            price_tier: "T".to_owned(),
        },
    };
    let rows = (0..parts).map(part).collect();
    let described = TestLayout::empty().tier("T", 1);
    described
        .with("S", SectionKindSpec::Reserved { rows, stage: None })
        .open(SaleTerms::default())
}
