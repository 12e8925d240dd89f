//! The sale's terms: what may be changed, into what, and what a change leaves as it was.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use seating::command::{Command, SaleTermsChange};
use seating::entry::Decision;
use seating::rejection::{Field, Rejection};
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms};
use seating::seat_layout::SeatIndex;
use seating::seat_map::Executed;
use seating::timestamp::Timestamp;
use testkit::commands::{buyer, confirm, hold, seats, staff};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

#[test]
fn only_the_named_terms_change() {
    let mut rehearsal = theatre();
    let change = SaleTermsChange {
        max_per_buyer: Some(3),
        on_sale_from: Some(Some(Timestamp::from_unix_seconds(5))),
        ..SaleTermsChange::default()
    };
    let wanted = SaleTerms {
        max_per_buyer: 3,
        on_sale_from: Some(Timestamp::from_unix_seconds(5)),
        ..SaleTerms::default()
    };
    let decision = rehearsal.ask(&Command::Reconfigure(change)).unwrap();
    assert_eq!(decision, Decision::Reconfigured(wanted.clone()));
    assert_eq!(rehearsal.map.terms(), Some(&wanted));
}

#[test]
fn bound_of_the_sale_is_removed_by_naming_none() {
    let mut rehearsal = TestLayout::of_rows(&[3]).open(SaleTerms {
        on_sale_from: Some(Timestamp::from_unix_seconds(5)),
        ..SaleTerms::default()
    });
    let change = SaleTermsChange {
        on_sale_from: Some(None),
        ..SaleTermsChange::default()
    };
    rehearsal.ask(&Command::Reconfigure(change)).unwrap();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
}

#[test]
fn change_of_nothing_records_nothing() {
    let mut rehearsal = theatre();
    let same = SaleTermsChange {
        gap_rule: Some(GapRule::Off),
        ..SaleTermsChange::default()
    };
    for change in [SaleTermsChange::default(), same] {
        let answer = rehearsal.request(&Command::Reconfigure(change), None);
        assert_eq!(answer, Ok(Executed::Nothing));
    }
    assert_eq!(rehearsal.entries.len(), 1);
}

#[test]
fn lower_cap_takes_nothing_from_anybody() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1, 2]))).unwrap();
    change(&mut rehearsal, |change| change.max_per_buyer = Some(1)).unwrap();
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    let refused = rehearsal.ask(&hold(2, buyer(1), seats([5])));
    assert_eq!(
        refused,
        Err(Rejection::TicketLimitReached { max: 1, current: 3 })
    );
}

#[test]
fn new_default_time_is_for_new_holds() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    change(&mut rehearsal, |change| change.hold_ttl_seconds = Some(60)).unwrap();
    rehearsal.ask(&hold(2, buyer(1), seats([1]))).unwrap();
    let deadlines = [0, 1].map(|seat| rehearsal.map.seat(SeatIndex(seat)).1.unwrap());
    assert_eq!(deadlines, [600, 60].map(Timestamp::from_unix_seconds));
}

#[test]
fn cap_has_bounds() {
    for cap in [0, 1_001, u32::MAX] {
        refuses_change(
            |change| change.max_per_buyer = Some(cap),
            Field::MaxPerBuyer,
        );
    }
    for cap in [1, 1_000] {
        change(&mut theatre(), |change| change.max_per_buyer = Some(cap)).unwrap();
    }
}

#[test]
fn default_time_of_a_hold_has_bounds() {
    for seconds in [0, 59, 3_601, u32::MAX] {
        let edit = |change: &mut SaleTermsChange| change.hold_ttl_seconds = Some(seconds);
        refuses_change(edit, Field::HoldTtlSeconds);
    }
    for seconds in [60, 3_600] {
        change(&mut theatre(), |change| {
            change.hold_ttl_seconds = Some(seconds);
            change.hold_ttl_max_seconds = Some(3_600);
        })
        .unwrap();
    }
}

#[test]
fn longest_time_of_a_hold_has_bounds() {
    for seconds in [0, 59, 3_601, u32::MAX] {
        let edit = |change: &mut SaleTermsChange| change.hold_ttl_max_seconds = Some(seconds);
        refuses_change(edit, Field::HoldTtlMaxSeconds);
    }
    let shorter = |change: &mut SaleTermsChange| change.hold_ttl_max_seconds = Some(599);
    refuses_change(shorter, Field::HoldTtlSeconds);
    let longer = |change: &mut SaleTermsChange| change.hold_ttl_seconds = Some(1_801);
    refuses_change(longer, Field::HoldTtlSeconds);
}

#[test]
fn sale_is_within_the_calendar() {
    for seconds in [-1, 253_402_300_800] {
        let at = Some(Some(Timestamp::from_unix_seconds(seconds)));
        refuses_change(|change| change.on_sale_from = at, Field::OnSaleFrom);
        refuses_change(|change| change.on_sale_until = at, Field::OnSaleUntil);
    }
}

#[test]
fn sale_ends_after_it_began() {
    let at = |seconds| Some(Some(Timestamp::from_unix_seconds(seconds)));
    for (from, until) in [(7, 7), (8, 7), (i64::MAX, i64::MIN)] {
        let backwards = |change: &mut SaleTermsChange| {
            (change.on_sale_from, change.on_sale_until) = (at(from), at(until));
        };
        refuses_change(backwards, Field::OnSaleUntil);
    }
}

#[test]
fn cancelled_showtime_stays_cancelled() {
    let mut rehearsal = theatre();
    change(&mut rehearsal, |change| {
        change.status = Some(SaleStatus::Cancelled);
    })
    .unwrap();
    let refused = change(&mut rehearsal, |change| {
        change.status = Some(SaleStatus::Open);
    });
    let status = SaleStatus::Cancelled;
    assert!(matches!(refused, Err(Rejection::ShowtimeState { status: was, .. }) if was == status));
    let again = SaleTermsChange {
        status: Some(status),
        ..SaleTermsChange::default()
    };
    let answer = rehearsal.request(&Command::Reconfigure(again), None);
    assert_eq!(answer, Ok(Executed::Nothing));
}

#[test]
fn draft_is_published_or_stays_one_and_nothing_becomes_one_again() {
    use SaleStatus::{Cancelled, Draft, Open, Paused};
    let may = [
        (Draft, Open),
        (Open, Paused),
        (Open, Cancelled),
        (Paused, Open),
        (Paused, Cancelled),
    ];
    for from in [Draft, Open, Paused, Cancelled] {
        for to in [Draft, Open, Paused, Cancelled] {
            let mut rehearsal = TestLayout::of_rows(&[3]).open(SaleTerms {
                status: from,
                ..SaleTerms::default()
            });
            let change = SaleTermsChange {
                status: Some(to),
                ..SaleTermsChange::default()
            };
            let answer = rehearsal.request(&Command::Reconfigure(change), None);
            match answer {
                Ok(Executed::Recorded) => assert!(may.contains(&(from, to)), "{from:?} {to:?}"),
                Ok(Executed::Nothing) => assert_eq!(from, to),
                Err(Rejection::ShowtimeState { status, .. }) => {
                    assert!(status == from && from != to && !may.contains(&(from, to)));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn draft_is_held_by_staff_alone() {
    let mut rehearsal = TestLayout::of_rows(&[3]).open(SaleTerms {
        status: SaleStatus::Draft,
        ..SaleTerms::default()
    });
    let refused = rehearsal.ask(&hold(1, buyer(1), seats([0])));
    assert_eq!(refused, Err(Rejection::NotOnSale { opens_at: None }));
    rehearsal.ask(&hold(1, staff(1), seats([0]))).unwrap();
    rehearsal.ask(&confirm(1, staff(1), 1)).unwrap();
}

/// Ten seats in two rows, and an area of five.
fn theatre() -> Rehearsal {
    TestLayout::empty()
        .tier("GOLD", 100)
        .section("HALL", "GOLD", &[("A", 6), ("B", 4)])
        .area("PIT", "GOLD", 5)
        .open(SaleTerms::default())
}

fn change(
    rehearsal: &mut Rehearsal,
    edit: impl Fn(&mut SaleTermsChange),
) -> Result<Decision, Rejection> {
    let mut change = SaleTermsChange::default();
    edit(&mut change);
    rehearsal.ask(&Command::Reconfigure(change))
}

fn refuses_change(edit: impl Fn(&mut SaleTermsChange), field: Field) {
    let refused = change(&mut theatre(), edit).unwrap_err();
    assert!(matches!(refused, Rejection::Invalid { field: found, .. } if found == field));
}
