//! The gap rule: no pick strands a single seat while another pick avoids it.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use seating::command::{Command, Hold};
use seating::entry::Decision;
use seating::rejection::Rejection;
use seating::sale_terms::{GapRule, SaleTerms};
use seating::seat_layout::SeatIndex;
use testkit::commands::{block_places, buyer, hold, hold_id, seats, staff, wish};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

#[test]
fn off_takes_any_pick() {
    pick(&mut rows(GapRule::Off, &[6]), [1, 2]).unwrap();
}

#[test]
fn seat_left_alone_at_the_end_of_the_row_is_stranded() {
    strands(&mut rows(GapRule::Lenient, &[6]), &[1, 2], &[0]);
    strands(&mut rows(GapRule::Lenient, &[6]), &[3, 4], &[5]);
}

#[test]
fn seat_left_alone_between_taken_ones_is_stranded() {
    let mut rehearsal = rows(GapRule::Lenient, &[10]);
    take(&mut rehearsal, &[4]);
    strands(&mut rehearsal, &[6, 7], &[5]);
}

#[test]
fn hole_inside_the_pick_is_stranded_too() {
    strands(&mut rows(GapRule::Lenient, &[8]), &[2, 4], &[3]);
}

#[test]
fn every_stranded_seat_is_named() {
    strands(&mut rows(GapRule::Lenient, &[10]), &[1, 3], &[0, 2]);
}

#[test]
fn pick_that_leaves_pairs_is_fine() {
    pick(&mut rows(GapRule::Strict, &[6]), [2, 3]).unwrap();
    pick(&mut rows(GapRule::Strict, &[6]), [0, 1]).unwrap();
}

#[test]
fn seat_that_was_alone_before_is_nobodys_fault() {
    let mut rehearsal = rows(GapRule::Strict, &[8]);
    take(&mut rehearsal, &[1]);
    pick(&mut rehearsal, [2, 3]).unwrap();
}

#[test]
fn taking_the_lonely_seat_is_welcome() {
    let mut rehearsal = rows(GapRule::Strict, &[8]);
    take(&mut rehearsal, &[1]);
    pick(&mut rehearsal, [0]).unwrap();
}

#[test]
fn unavoidable_gap_is_allowed_under_both_rules() {
    pick(&mut rows(GapRule::Lenient, &[3]), [0, 1]).unwrap();
    pick(&mut rows(GapRule::Strict, &[3, 3]), [0, 1]).unwrap();
}

#[test]
fn lenient_asks_for_a_better_pick_in_the_same_row_only() {
    pick(&mut rows(GapRule::Lenient, &[3, 6]), [0, 1]).unwrap();
    strands(&mut rows(GapRule::Strict, &[3, 6]), &[0, 1], &[2]);
}

#[test]
fn strict_does_not_send_anybody_to_another_section() {
    let mut rehearsal = TestLayout::empty()
        .tier("T", 1)
        .section("LEFT", "T", &[("A", 3)])
        .section("RIGHT", "T", &[("A", 8)])
        .open(under(GapRule::Strict));
    pick(&mut rehearsal, [0, 1]).unwrap();
}

#[test]
fn staff_are_free_of_the_gap_rule() {
    let mut rehearsal = rows(GapRule::Strict, &[6]);
    rehearsal.ask(&hold(1, staff(1), seats([1, 2]))).unwrap();
}

#[test]
fn seats_given_back_count_as_free() {
    let mut rehearsal = rows(GapRule::Lenient, &[6]);
    pick(&mut rehearsal, [0, 1]).unwrap();
    // Without 0 and 1 in between, 2 and 3 would leave nobody alone; with them, 1 is left.
    let swap = Command::Hold(Hold {
        replace: Some(hold_id(1)),
        ..wish(2, buyer(1), seats([1, 2]))
    });
    let stranded = vec![SeatIndex(0)];
    assert_eq!(
        rehearsal.ask(&swap),
        Err(Rejection::StrandedSeat { seats: stranded })
    );
}

#[test]
fn every_row_of_a_pick_is_judged_by_itself() {
    strands(&mut rows(GapRule::Lenient, &[6, 6]), &[0, 1, 7, 8], &[6]);
}

#[test]
fn rows_are_walls() {
    // The last seat of the first row and the first of the second are not neighbours.
    strands(&mut rows(GapRule::Lenient, &[4, 4]), &[1, 2], &[0, 3]);
}

#[test]
fn long_row_is_judged_across_its_words() {
    let mut rehearsal = rows(GapRule::Lenient, &[200]);
    strands(&mut rehearsal, &[62, 64], &[63]);
    pick(&mut rehearsal, [63, 64]).unwrap();
    strands(&mut rehearsal, &[66, 67], &[65]);
    strands(&mut rehearsal, &[60, 61], &[62]);
}

#[test]
fn areas_have_no_gaps() {
    let mut rehearsal = TestLayout::empty()
        .tier("T", 1)
        .area("PIT", "T", 3)
        .open(under(GapRule::Strict));
    rehearsal
        .ask(&hold(1, buyer(1), testkit::commands::areas(&[(0, 2)])))
        .unwrap();
}

fn rows(rule: GapRule, lengths: &[u32]) -> Rehearsal {
    TestLayout::of_rows(lengths).open(under(rule))
}

fn under(gap_rule: GapRule) -> SaleTerms {
    SaleTerms {
        gap_rule,
        ..SaleTerms::default()
    }
}

fn take(rehearsal: &mut Rehearsal, seats: &[u32]) {
    rehearsal
        .ask(&Command::Block(block_places(seats, &[])))
        .unwrap();
}

fn pick(
    rehearsal: &mut Rehearsal,
    wanted: impl IntoIterator<Item = u32>,
) -> Result<Decision, Rejection> {
    rehearsal.ask(&hold(1, buyer(1), seats(wanted)))
}

fn strands(rehearsal: &mut Rehearsal, wanted: &[u32], stranded: &[u32]) {
    let refused = rehearsal.ask(&hold(99, buyer(1), seats(wanted.iter().copied())));
    let seats = stranded.iter().copied().map(SeatIndex).collect();
    assert_eq!(refused, Err(Rejection::StrandedSeat { seats }));
}
