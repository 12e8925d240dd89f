//! Best available: against brute force on small layouts, and one plain case for every promise.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod aisles;
mod areas;
mod brute_force;
mod measure;
mod plan;

mod selling_out;

use proptest::proptest;
use seating::command::{BestAvailable, Command, Hold, Want};
use seating::entry::Decision;
use seating::rejection::{Field, Rejection};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SectionIndex, TierIndex};
use testkit::commands::{best, block_places, buyer, hold, hold_id, seats, staff, wish};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

use crate::brute_force::{Best, BruteForce};
use crate::plan::{Plan, drawn_plans, plans, plans_of_many_aisles};

proptest! {
    #[test]
    fn answer_is_the_best_there_is(plan in plans()) {
        assert_best(&plan);
    }

    #[test]
    fn answer_is_the_best_there_is_in_layouts_of_any_shape(plan in drawn_plans()) {
        assert_best(&plan);
    }

    #[test]
    fn answer_is_the_best_there_is_among_many_aisles(plan in plans_of_many_aisles()) {
        assert_best(&plan);
    }
}

#[test]
fn pair_sits_in_the_middle_of_the_front_row() {
    assert_eq!(found(&mut rows(&[6, 6]), best(2)), [2, 3]);
}

#[test]
fn single_seat_comes_from_the_middle_too() {
    assert_eq!(found(&mut rows(&[7]), best(1)), [3]);
}

#[test]
fn equal_distances_go_to_the_lower_seat() {
    assert_eq!(found(&mut rows(&[8]), best(1)), [3]);
}

#[test]
fn block_that_strands_nobody_beats_a_closer_one() {
    let mut rehearsal = rows(&[7]);
    take(&mut rehearsal, &[5]);
    // 0 1 2 3 4 x 6: three in the middle would leave 0 or 4 alone on one side.
    assert_eq!(found(&mut rehearsal, best(3)), [2, 3, 4]);
}

#[test]
fn stranding_block_is_better_than_none() {
    let mut rehearsal = rows(&[3]);
    assert_eq!(found(&mut rehearsal, best(2)), [0, 1]);
}

#[test]
fn group_is_split_over_neighbouring_rows_when_no_row_has_room() {
    assert_eq!(found(&mut rows(&[3, 3, 3]), best(5)), [0, 1, 2, 3, 4]);
}

#[test]
fn nobody_of_a_split_group_sits_alone() {
    let mut rehearsal = rows(&[2, 1, 2]);
    assert_eq!(
        refused(&mut rehearsal, best(3)),
        Rejection::NoBlock { quantity: 3 }
    );
    assert_eq!(
        refused(&mut rehearsal, best(4)),
        Rejection::NoBlock { quantity: 4 }
    );
}

#[test]
fn split_crosses_an_aisle_rather_than_a_row_in_between() {
    let labels = [("A", 2), ("B", 1), ("C", 2)];
    let mut apart = TestLayout::empty()
        .tier("T", 1)
        .section("S", "T", &labels)
        .open(SaleTerms::default());
    assert_eq!(
        refused(&mut apart, best(4)),
        Rejection::NoBlock { quantity: 4 }
    );
}

#[test]
fn sections_are_never_mixed_in_a_split() {
    let mut rehearsal = TestLayout::empty()
        .tier("T", 1)
        .section("LEFT", "T", &[("A", 2)])
        .section("RIGHT", "T", &[("A", 2)])
        .open(SaleTerms::default());
    assert_eq!(
        refused(&mut rehearsal, best(4)),
        Rejection::NoBlock { quantity: 4 }
    );
}

#[test]
fn seats_apart_are_given_only_when_allowed() {
    let mut rehearsal = rows(&[5]);
    take(&mut rehearsal, &[1, 3]);
    assert_eq!(
        refused(&mut rehearsal, best(2)),
        Rejection::NoBlock { quantity: 2 }
    );
    let apart = BestAvailable {
        allow_split: true,
        ..best(2)
    };
    assert_eq!(found(&mut rehearsal, apart), [0, 2]);
}

#[test]
fn only_the_wanted_sections_are_searched() {
    let mut rehearsal = two_sections();
    let balcony = BestAvailable {
        sections: vec![SectionIndex(1)],
        ..best(2)
    };
    assert_eq!(found(&mut rehearsal, balcony), [4, 5]);
}

#[test]
fn only_the_wanted_tiers_are_searched() {
    let mut rehearsal = two_sections();
    let cheap = BestAvailable {
        tiers: vec![TierIndex(1)],
        ..best(4)
    };
    assert_eq!(found(&mut rehearsal, cheap), [4, 5, 6, 7]);
}

#[test]
fn filters_that_leave_nothing_are_sold_out() {
    let mut rehearsal = two_sections();
    let nowhere = BestAvailable {
        sections: vec![SectionIndex(0)],
        tiers: vec![TierIndex(1)],
        ..best(1)
    };
    assert_eq!(
        refused(&mut rehearsal, nowhere),
        Rejection::SoldOut { conflicts: vec![] }
    );
}

#[test]
fn filters_may_repeat_themselves() {
    let mut rehearsal = two_sections();
    let twice = BestAvailable {
        sections: vec![SectionIndex(1); 2],
        tiers: vec![TierIndex(1); 2],
        ..best(2)
    };
    assert_eq!(found(&mut rehearsal, twice), [4, 5]);
}

#[test]
fn unknown_section_is_no_filter() {
    for section in [1, u16::MAX] {
        let wanted = BestAvailable {
            sections: vec![SectionIndex(section)],
            ..best(1)
        };
        assert!(matches!(
            refused(&mut rows(&[4]), wanted),
            Rejection::Invalid {
                field: Field::BestSections,
                ..
            }
        ));
    }
}

#[test]
fn unknown_tier_is_no_filter() {
    let wanted = BestAvailable {
        tiers: vec![TierIndex(u8::MAX)],
        ..best(1)
    };
    let rejection = refused(&mut rows(&[4]), wanted);
    assert!(matches!(
        rejection,
        Rejection::Invalid {
            field: Field::BestTiers,
            ..
        }
    ));
}

#[test]
fn endless_filters_are_refused() {
    let wanted = BestAvailable {
        sections: vec![SectionIndex(0); 100_000],
        ..best(1)
    };
    assert!(matches!(
        refused(&mut rows(&[4]), wanted),
        Rejection::Invalid { .. }
    ));
}

#[test]
fn absurd_quantities_are_refused_at_once() {
    for quantity in [0, 11, 10_000_000, u32::MAX] {
        let rejection = refused(&mut rows(&[20]), best(quantity));
        assert!(matches!(
            rejection,
            Rejection::Invalid {
                field: Field::BestQuantity,
                ..
            }
        ));
    }
}

#[test]
fn full_layout_is_sold_out() {
    let mut rehearsal = rows(&[3]);
    take(&mut rehearsal, &[0, 1, 2]);
    assert_eq!(
        refused(&mut rehearsal, best(1)),
        Rejection::SoldOut { conflicts: vec![] }
    );
}

#[test]
fn replaced_seats_may_be_part_of_the_better_block() {
    let mut rehearsal = rows(&[4]);
    rehearsal.ask(&hold(1, buyer(1), seats([1, 2]))).unwrap();
    assert_eq!(
        refused(&mut rehearsal, best(4)),
        Rejection::NoBlock { quantity: 4 }
    );
    let swap = Command::Hold(Hold {
        replace: Some(hold_id(1)),
        ..wish(2, buyer(1), Want::BestAvailable(best(4)))
    });
    let Decision::Held(held) = rehearsal.ask(&swap).unwrap() else {
        panic!("not held");
    };
    assert_eq!(held.places.count(), 4);
    assert_eq!(rehearsal.map.live_holds(), 1);
}

#[test]
fn row_of_a_thousand_seats_is_searched_to_its_end() {
    let mut rehearsal = rows(&[1_000]);
    let all_but_the_end: Vec<u32> = (0..990).collect();
    take(&mut rehearsal, &all_but_the_end);
    assert!(
        found(&mut rehearsal, best(10))
            .iter()
            .copied()
            .eq(990..1_000)
    );
}

#[test]
fn layout_sells_out_to_the_last_seat() {
    let mut rehearsal = rows(&[12, 7, 10]);
    let mut wanted = [4, 3, 2, 1].into_iter().peekable();
    let mut number = 0;
    while let Some(&quantity) = wanted.peek() {
        number += 1;
        let command = hold(number, staff(1), Want::BestAvailable(best(quantity)));
        if rehearsal.ask(&command).is_err() {
            wanted.next();
        }
    }
    assert_eq!(rehearsal.available(), 0);
}

fn assert_best(plan: &Plan) {
    let mut rehearsal = plan.set_up();
    let twin = plan.set_up();
    let brute_force = BruteForce::new(&twin.map, plan);
    for at in 0..twin.map.layout().sections().len() {
        let stage = plan.stage_of(at);
        assert!(stage.is_none_or(|stage| brute_force.focal_point_of(at) == stage));
    }
    let answer = plan.answer(&mut rehearsal);
    match (brute_force.best(plan.allow_split), answer) {
        (Best::Exactly(wanted), Ok(found)) => {
            let found: Vec<u32> = found.iter().map(|seat| seat.0).collect();
            assert_eq!(found, wanted);
        }
        (Best::Split { rows, distance }, Ok(found)) => {
            assert_eq!(brute_force.measure(&found), (rows, distance), "{found:?}");
        }
        (Best::Refused(wanted), Err(found)) => assert_eq!(found, wanted),
        (wanted, found) => panic!("{wanted:?} is not {found:?}"),
    }
}

fn rows(lengths: &[u32]) -> Rehearsal {
    TestLayout::of_rows(lengths).open(SaleTerms::default())
}

fn two_sections() -> Rehearsal {
    TestLayout::empty()
        .tier("GOLD", 2)
        .tier("SILVER", 1)
        .section("HALL", "GOLD", &[("A", 4)])
        .section("BALCONY", "SILVER", &[("A", 4)])
        .open(SaleTerms::default())
}

fn take(rehearsal: &mut Rehearsal, seats: &[u32]) {
    rehearsal
        .ask(&Command::Block(block_places(seats, &[])))
        .unwrap();
}

fn found(rehearsal: &mut Rehearsal, wanted: BestAvailable) -> Vec<u32> {
    let wanted = hold(999, buyer(9), Want::BestAvailable(wanted));
    let decision = rehearsal.ask(&wanted).unwrap();
    let Decision::Held(held) = decision else {
        panic!("{decision:?}");
    };
    held.places.seats.iter().map(|seat| seat.0).collect()
}

fn refused(rehearsal: &mut Rehearsal, wanted: BestAvailable) -> Rejection {
    rehearsal
        .ask(&hold(999, buyer(9), Want::BestAvailable(wanted)))
        .unwrap_err()
}
