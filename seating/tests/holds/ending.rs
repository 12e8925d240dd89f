//! Extending and releasing.

use seating::command::{Command, Hold, Party};
use seating::entry::Decision;
use seating::rejection::{Field, HoldEnd, PlaceStatus, Rejection};
use seating::timestamp::Timestamp;
use testkit::commands::{
    begin_payment, buyer, confirm, hold, hold_id, release, seats, staff, wish,
};
use testkit::rehearsal::Rehearsal;

use crate::theatre;

#[test]
fn released_seats_are_for_sale_again() {
    let mut rehearsal = with_hold();
    rehearsal.ask(&release(1, buyer(1))).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Available);
    rehearsal.ask(&hold(2, buyer(2), seats([0, 1]))).unwrap();
}

#[test]
fn release_says_whether_staff_did_it() {
    for (by, wanted) in [(buyer(1), false), (staff(9), true)] {
        let released = with_hold().ask(&release(1, by)).unwrap();
        assert!(matches!(released, Decision::Released { by_staff, .. } if by_staff == wanted));
    }
}

#[test]
fn hold_of_another_is_not_to_be_found() {
    let mut rehearsal = with_hold();
    assert_eq!(
        rehearsal.ask(&release(1, buyer(2))),
        Err(Rejection::HoldNotFound)
    );
    assert_eq!(
        extend(&mut rehearsal, buyer(2), 700),
        Err(Rejection::HoldNotFound)
    );
    let pay = begin_payment(1, buyer(2), 1, 60);
    assert_eq!(rehearsal.ask(&pay), Err(Rejection::HoldNotFound));
    let sell = confirm(1, buyer(2), 1);
    assert_eq!(rehearsal.ask(&sell), Err(Rejection::HoldNotFound));
}

#[test]
fn hold_ends_once() {
    let mut rehearsal = with_hold();
    rehearsal.ask(&release(1, buyer(1))).unwrap();
    let how = HoldEnd::Released;
    let again = rehearsal.ask(&release(1, buyer(1)));
    assert_eq!(again, Err(Rejection::HoldEnded { how }));
    let sold = rehearsal.ask(&confirm(1, staff(1), 1));
    assert_eq!(sold, Err(Rejection::HoldEnded { how }));
}

#[test]
fn pinned_hold_is_neither_released_nor_extended_nor_replaced() {
    let mut rehearsal = with_hold();
    rehearsal.ask(&begin_payment(1, buyer(1), 1, 900)).unwrap();
    for by in [buyer(1), staff(9)] {
        assert_eq!(rehearsal.ask(&release(1, by)), Err(Rejection::HoldPinned));
    }
    assert_eq!(
        extend(&mut rehearsal, buyer(1), 1_000),
        Err(Rejection::HoldPinned)
    );
    let swap = Command::Hold(Hold {
        replace: Some(hold_id(1)),
        ..wish(2, buyer(1), seats([0]))
    });
    assert_eq!(rehearsal.ask(&swap), Err(Rejection::HoldPinned));
}

#[test]
fn extension_adds_to_the_deadline() {
    let mut rehearsal = with_hold();
    rehearsal.pass(100);
    extend(&mut rehearsal, buyer(1), 300).unwrap();
    assert_eq!(deadline(&rehearsal), Timestamp::from_unix_seconds(900));
    assert_eq!(rehearsal.map.next_deadline(), Some(deadline(&rehearsal)));
}

#[test]
fn no_chain_of_extensions_outlives_the_cap() {
    let mut rehearsal = with_hold();
    extend(&mut rehearsal, buyer(1), 1_000).unwrap();
    let limit_seconds = 1_800;
    let refused = extend(&mut rehearsal, buyer(1), 201);
    assert_eq!(refused, Err(Rejection::CannotExtend { limit_seconds }));
    extend(&mut rehearsal, buyer(1), 200).unwrap();
    assert_eq!(deadline(&rehearsal), Timestamp::from_unix_seconds(1_800));
}

#[test]
fn extension_has_bounds() {
    for seconds in [0, 3_601, u32::MAX] {
        let refused = extend(&mut with_hold(), buyer(1), seconds).unwrap_err();
        assert!(matches!(
            refused,
            Rejection::Invalid {
                field: Field::Seconds,
                ..
            }
        ));
    }
}

#[test]
fn staff_do_not_extend_the_hold_of_a_buyer() {
    assert_eq!(
        extend(&mut with_hold(), staff(9), 700),
        Err(Rejection::HoldNotFound)
    );
}

#[test]
fn unknown_hold_is_not_found() {
    let mut rehearsal = theatre();
    for command in [
        release(1, buyer(1)),
        begin_payment(1, staff(1), 1, 60),
        confirm(1, staff(1), 1),
    ] {
        assert_eq!(rehearsal.ask(&command), Err(Rejection::HoldNotFound));
    }
}

fn with_hold() -> Rehearsal {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1]))).unwrap();
    rehearsal
}

fn extend(rehearsal: &mut Rehearsal, by: Party, seconds: u32) -> Result<Decision, Rejection> {
    let hold = hold_id(1);
    rehearsal.ask(&Command::Extend { hold, by, seconds })
}

fn deadline(rehearsal: &Rehearsal) -> Timestamp {
    rehearsal.map.hold(hold_id(1)).unwrap().expires_at
}
