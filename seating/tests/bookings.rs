//! Bookings: paying, confirming in time or late, and cancelling.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use seating::command::{Command, Confirm};
use seating::entry::{BookingCancelled, Decision, Sale};
use seating::ids::BuyerId;
use seating::rejection::{Field, HoldEnd, PlaceStatus, Rejection};
use seating::sale_terms::{SaleStatus, SaleTerms};
use seating::seat_layout::SectionIndex;
use seating::snapshot::BookingState;
use seating::timestamp::Timestamp;
use testkit::commands::{
    areas, begin_payment, booking_id, buyer, cancel, confirm, hold, hold_id, release, seats, staff,
    tickets,
};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

#[test]
fn box_office_confirms_a_plain_hold() {
    let mut rehearsal = with_hold();
    let sale = sale(rehearsal.ask(&confirm(1, staff(9), 1)).unwrap());
    assert_eq!(sale.buyer, buyer(1).buyer);
    assert_eq!(sale.tickets, tickets(1)[..3]);
    assert_eq!(rehearsal.status(0), PlaceStatus::Booked);
    assert_eq!(state(&rehearsal), BookingState::Confirmed);
}

#[test]
fn buyer_does_not_confirm_what_costs_money() {
    let refused = with_hold().ask(&confirm(1, buyer(1), 1));
    assert_eq!(refused, Err(Rejection::PaymentRequired));
}

#[test]
fn buyer_confirms_what_costs_nothing() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), areas(&[(2, 2)]))).unwrap();
    rehearsal.ask(&confirm(1, buyer(1), 1)).unwrap();
    assert_eq!(rehearsal.map.section_counts(SectionIndex(2)).booked, 2);
}

#[test]
fn pinned_hold_is_confirmed_under_its_own_booking_only() {
    let mut rehearsal = with_pin();
    assert_eq!(state(&rehearsal), BookingState::Pending);
    assert_eq!(
        rehearsal.ask(&confirm(1, staff(0), 2)),
        Err(Rejection::HoldPinned)
    );
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    assert_eq!(state(&rehearsal), BookingState::Confirmed);
}

#[test]
fn confirming_twice_sells_once() {
    let mut rehearsal = with_hold();
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    let how = HoldEnd::Confirmed(Some(booking_id(1)));
    let again = rehearsal.ask(&confirm(1, staff(0), 1));
    assert_eq!(again, Err(Rejection::HoldEnded { how }));
}

#[test]
fn known_booking_id_is_not_used_for_another_hold() {
    let mut rehearsal = with_pin();
    rehearsal.ask(&hold(2, buyer(1), seats([5]))).unwrap();
    let in_use = Rejection::IdInUse(booking_id(1).uuid());
    assert_eq!(rehearsal.ask(&confirm(2, staff(0), 1)), Err(in_use.clone()));
    assert_eq!(
        rehearsal.ask(&begin_payment(2, staff(0), 1, 60)),
        Err(in_use)
    );
}

#[test]
fn payment_time_has_bounds() {
    for (seconds, good) in [(0, false), (1, true), (2_700, true), (2_701, false)] {
        let begun = with_hold().ask(&begin_payment(1, buyer(1), 1, seconds));
        assert_eq!(begun.is_ok(), good, "{seconds}");
    }
    let begun = with_hold().ask(&begin_payment(1, buyer(1), 1, u32::MAX));
    assert!(matches!(
        begun,
        Err(Rejection::Invalid {
            field: Field::Seconds,
            ..
        })
    ));
}

#[test]
fn beginning_to_pay_never_shortens_the_hold() {
    let mut rehearsal = with_hold();
    rehearsal.ask(&begin_payment(1, buyer(1), 1, 1)).unwrap();
    let deadline = rehearsal.map.next_deadline();
    assert_eq!(deadline, Some(Timestamp::from_unix_seconds(600)));
}

#[test]
fn pause_keeps_promises_already_given() {
    let mut rehearsal = with_pin();
    set_status(&mut rehearsal, SaleStatus::Paused);
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
}

#[test]
fn cancelled_showtime_sells_nothing_more() {
    let mut rehearsal = with_hold();
    set_status(&mut rehearsal, SaleStatus::Cancelled);
    let refused = Err(Rejection::NotOnSale { opens_at: None });
    assert_eq!(rehearsal.ask(&confirm(1, staff(0), 1)), refused);
    assert_eq!(rehearsal.ask(&begin_payment(1, buyer(1), 1, 60)), refused);
    rehearsal.ask(&release(1, buyer(1))).unwrap();
}

#[test]
fn expired_booking_frees_its_places() {
    let rehearsal = with_expired_booking();
    assert_eq!(state(&rehearsal), BookingState::Expired);
    assert_eq!(rehearsal.available(), rehearsal.map.layout().capacity());
}

#[test]
fn late_payment_gets_the_same_places_when_they_are_free() {
    let mut rehearsal = with_expired_booking();
    let decision = rehearsal.ask(&late()).unwrap();
    assert!(
        matches!(decision, Decision::ConfirmedLate(Sale { ref tickets, .. }) if tickets.len() == 3)
    );
    assert_eq!(rehearsal.status(1), PlaceStatus::Booked);
    assert_eq!(state(&rehearsal), BookingState::Confirmed);
}

#[test]
fn late_payment_is_orphaned_when_one_place_is_gone() {
    for taken in [seats([1]), areas(&[(1, 5)])] {
        let mut rehearsal = with_expired_booking();
        rehearsal.ask(&hold(2, buyer(2), taken)).unwrap();
        let decision = rehearsal.ask(&late()).unwrap();
        assert!(matches!(decision, Decision::PaymentOrphaned { .. }));
        assert_eq!(state(&rehearsal), BookingState::Orphaned);
        assert_eq!(rehearsal.status(0), PlaceStatus::Available);
    }
}

#[test]
fn payment_that_is_not_late_confirms_as_usual() {
    let mut rehearsal = with_pin();
    let decision = rehearsal.ask(&late()).unwrap();
    assert!(matches!(decision, Decision::Confirmed(_)));
}

#[test]
fn late_payment_of_anything_else_is_refused() {
    let mut rehearsal = with_pin();
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    let confirmed = Rejection::BookingState { state: "confirmed" };
    assert_eq!(rehearsal.ask(&late()), Err(confirmed));
    assert_eq!(theatre().ask(&late()), Err(Rejection::BookingNotFound));
}

#[test]
fn cancelling_gives_the_places_back_and_names_the_refund() {
    let mut rehearsal = with_booking();
    let cancelled = cancelled(rehearsal.ask(&cancel(1, buyer(1), None)).unwrap());
    assert_eq!(cancelled.tickets, [1, 2, 3]);
    assert_eq!(cancelled.refund_minor_units, 100 + 100 + 30);
    assert!(cancelled.whole && !cancelled.by_staff);
    assert_eq!(rehearsal.available(), rehearsal.map.layout().capacity());
    let again = rehearsal.ask(&cancel(1, buyer(1), None));
    assert_eq!(again, Err(Rejection::BookingState { state: "cancelled" }));
}

#[test]
fn some_tickets_are_cancelled_and_the_others_stay() {
    let mut rehearsal = with_booking();
    let first = cancelled(rehearsal.ask(&cancel(1, staff(9), Some(&[3, 1]))).unwrap());
    assert_eq!(first.tickets, [1, 3], "in the order of their numbers");
    assert_eq!(first.refund_minor_units, 130);
    assert!(!first.whole && first.by_staff);
    assert_eq!(rehearsal.status(0), PlaceStatus::Available);
    assert_eq!(rehearsal.status(1), PlaceStatus::Booked);
    let rest = cancelled(rehearsal.ask(&cancel(1, buyer(1), None)).unwrap());
    assert!(rest.whole);
    assert_eq!(rest.tickets, [2]);
}

#[test]
fn cancelled_ticket_is_not_cancelled_again() {
    let mut rehearsal = with_booking();
    rehearsal.ask(&cancel(1, buyer(1), Some(&[1]))).unwrap();
    refuses_tickets(&mut rehearsal, &[1]);
}

#[test]
fn absurd_ticket_numbers_are_refused() {
    let mut rehearsal = with_booking();
    for numbers in [&[][..], &[0], &[4], &[1, 1], &[1, 17], &[255], &[1; 1_000]] {
        refuses_tickets(&mut rehearsal, numbers);
    }
}

#[test]
fn cancelled_seats_are_sold_again_and_the_old_booking_cannot_touch_them() {
    let mut rehearsal = with_booking();
    rehearsal.ask(&cancel(1, buyer(1), Some(&[1]))).unwrap();
    rehearsal.ask(&hold(2, buyer(2), seats([0]))).unwrap();
    rehearsal.ask(&confirm(2, staff(0), 2)).unwrap();
    rehearsal.ask(&cancel(1, buyer(1), None)).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Booked);
}

#[test]
fn cancelling_makes_room_under_the_cap() {
    let mut rehearsal = TestLayout::of_rows(&[8]).open(SaleTerms {
        max_per_buyer: 2,
        ..SaleTerms::default()
    });
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1]))).unwrap();
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    rehearsal.ask(&hold(2, buyer(1), seats([2]))).unwrap_err();
    rehearsal.ask(&cancel(1, buyer(1), Some(&[2]))).unwrap();
    rehearsal.ask(&hold(2, buyer(1), seats([2]))).unwrap();
}

#[test]
fn cancelling_a_pending_booking_releases_its_hold() {
    let mut rehearsal = with_pin();
    let decision = cancelled(rehearsal.ask(&cancel(1, buyer(1), None)).unwrap());
    assert!(decision.whole && decision.tickets.is_empty());
    assert_eq!(decision.refund_minor_units, 0);
    let hold = rehearsal.map.hold(hold_id(1)).unwrap();
    assert_eq!(
        hold.life,
        seating::snapshot::HoldLife::Ended(HoldEnd::Released)
    );
    assert_eq!(rehearsal.status(0), PlaceStatus::Available);
}

#[test]
fn booking_of_another_is_not_to_be_found() {
    let refused = with_booking().ask(&cancel(1, buyer(2), None));
    assert_eq!(refused, Err(Rejection::BookingNotFound));
    let unknown = with_booking().ask(&cancel(7, staff(0), None));
    assert_eq!(unknown, Err(Rejection::BookingNotFound));
}

#[test]
fn expired_booking_is_not_cancelled() {
    let refused = with_expired_booking().ask(&cancel(1, buyer(1), None));
    assert_eq!(refused, Err(Rejection::BookingState { state: "expired" }));
}

#[test]
fn payment_reference_is_short_and_printable() {
    for (reference, good) in [
        ("x".repeat(500), true),
        ("x".repeat(501), false),
        ("a\0b".into(), false),
    ] {
        let mut rehearsal = with_hold();
        let Command::Confirm(plain) = confirm(1, staff(0), 1) else {
            panic!("not a confirm");
        };
        let confirm = Command::Confirm(Confirm {
            payment_reference: Some(reference),
            ..plain
        });
        assert_eq!(rehearsal.ask(&confirm).is_ok(), good);
    }
}

/// Six seats at 100, an area of five at 30 and one that is free of charge.
fn theatre() -> Rehearsal {
    TestLayout::empty()
        .tier("GOLD", 100)
        .tier("PIT", 30)
        .tier("FREE", 0)
        .section("HALL", "GOLD", &[("A", 6)])
        .area("PIT", "PIT", 5)
        .area("LAWN", "FREE", 50)
        .open(SaleTerms::default())
}

/// Two seats and a place in the pit.
fn with_hold() -> Rehearsal {
    use seating::command::Want;
    let mut rehearsal = theatre();
    let (Want::Places(mut both), Want::Places(pit)) = (seats([0, 1]), areas(&[(1, 1)])) else {
        panic!("not places");
    };
    both.areas = pit.areas;
    rehearsal
        .ask(&hold(1, buyer(1), Want::Places(both)))
        .unwrap();
    rehearsal
}

fn with_pin() -> Rehearsal {
    let mut rehearsal = with_hold();
    rehearsal.ask(&begin_payment(1, buyer(1), 1, 900)).unwrap();
    rehearsal
}

fn with_booking() -> Rehearsal {
    let mut rehearsal = with_hold();
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    rehearsal
}

fn with_expired_booking() -> Rehearsal {
    let mut rehearsal = with_pin();
    rehearsal.pass(900);
    rehearsal.request(&Command::ExpireDue, None).unwrap();
    rehearsal
}

fn late() -> Command {
    Command::SettlePayment {
        booking: booking_id(1),
        tickets: tickets(7),
        payment_reference: Some("order 7".to_owned()),
    }
}

fn set_status(rehearsal: &mut Rehearsal, status: SaleStatus) {
    let change = seating::command::SaleTermsChange {
        status: Some(status),
        ..Default::default()
    };
    rehearsal.ask(&Command::Reconfigure(change)).unwrap();
}

fn state(rehearsal: &Rehearsal) -> BookingState {
    let booking = rehearsal.map.booking(booking_id(1)).unwrap();
    assert_eq!(booking.buyer, BuyerId::new(uuid::Uuid::from_u128(1)));
    booking.state
}

fn sale(decision: Decision) -> Sale {
    let Decision::Confirmed(sale) = decision else {
        panic!("{decision:?}");
    };
    sale
}

fn cancelled(decision: Decision) -> BookingCancelled {
    let Decision::BookingCancelled(cancelled) = decision else {
        panic!("{decision:?}");
    };
    cancelled
}

fn refuses_tickets(rehearsal: &mut Rehearsal, numbers: &[u8]) {
    let refused = rehearsal.ask(&cancel(1, buyer(1), Some(numbers)));
    assert!(
        matches!(
            refused,
            Err(Rejection::Invalid {
                field: Field::Tickets,
                ..
            })
        ),
        "{numbers:?}"
    );
}
