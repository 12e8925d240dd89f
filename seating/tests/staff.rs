//! What only staff do: blocking and unblocking, and under which name.

use seating::command::{BlockPlaces, Command, SaleTermsChange};
use seating::rejection::{Conflict, Field, PlaceStatus, Rejection};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SectionIndex};
use testkit::commands::{areas, block_places, buyer, cancel, confirm, hold, release, seats, staff};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

#[test]
fn blocked_seats_are_off_sale_until_unblocked() {
    let mut rehearsal = theatre();
    rehearsal.ask(&block(&[0, 1], &[(1, 2)])).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Blocked);
    assert_eq!(rehearsal.map.total_counts().blocked, 4);
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap_err();
    rehearsal.ask(&unblock(&[0, 1], &[(1, 2)])).unwrap();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
}

#[test]
fn what_was_promised_cannot_be_blocked() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.ask(&hold(2, buyer(1), seats([1]))).unwrap();
    rehearsal.ask(&confirm(2, staff(0), 2)).unwrap();
    let conflicts = vec![
        Conflict::Seat(SeatIndex(0), PlaceStatus::Reserved),
        Conflict::Seat(SeatIndex(1), PlaceStatus::Booked),
    ];
    let refused = rehearsal.ask(&block(&[0, 1, 2], &[])).unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
    assert_eq!(rehearsal.status(2), PlaceStatus::Available);
}

#[test]
fn area_conflict_says_how_many_are_left_or_what_takes_most_of_it() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), areas(&[(1, 3)]))).unwrap();
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    let conflicts = vec![few(PlaceStatus::Available, 2)];
    let refused = rehearsal.ask(&block(&[], &[(1, 3)])).unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
    rehearsal.ask(&block(&[], &[(1, 2)])).unwrap();
    let conflicts = vec![few(PlaceStatus::Booked, 0)];
    let refused = rehearsal.ask(&block(&[], &[(1, 1)])).unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
}

#[test]
fn what_is_not_blocked_cannot_be_unblocked() {
    let mut rehearsal = theatre();
    rehearsal.ask(&block(&[0], &[(1, 1)])).unwrap();
    let conflicts = vec![
        Conflict::Seat(SeatIndex(1), PlaceStatus::Available),
        few(PlaceStatus::Available, 4),
    ];
    let refused = rehearsal.ask(&unblock(&[0, 1], &[(1, 2)])).unwrap_err();
    assert_eq!(refused, Rejection::NotBlocked { conflicts });
    assert_eq!(rehearsal.status(0), PlaceStatus::Blocked);
}

#[test]
fn malformed_blocks_are_refused() {
    let endless = vec![0; 10_001];
    for (seats, areas, field) in [
        (&[][..], &[][..], Field::Seats),
        (&[10], &[], Field::Seats),
        (&[u32::MAX], &[], Field::Seats),
        (&[1, 1], &[], Field::Seats),
        (&endless, &[], Field::Seats),
        (&[], &[(1, 0)], Field::Areas),
        (&[], &[(1, 6)], Field::Areas),
        (&[], &[(1, u32::MAX)], Field::Areas),
        (&[], &[(0, 1)], Field::Areas),
        (&[], &[(u16::MAX, 1)], Field::Areas),
        (&[], &[(1, 1), (1, 1)], Field::Areas),
    ] {
        for command in [block(seats, areas), unblock(seats, areas)] {
            let refused = theatre().ask(&command).unwrap_err();
            assert!(matches!(refused, Rejection::Invalid { field: at, .. } if at == field));
        }
    }
}

#[test]
fn reason_is_short_and_printable() {
    for reason in [
        "x".repeat(501),
        "line\nbreak".to_owned(),
        "\u{0}".to_owned(),
    ] {
        let places = BlockPlaces {
            reason,
            ..block_places(&[0], &[])
        };
        let refused = theatre().ask(&Command::Block(places)).unwrap_err();
        assert!(matches!(
            refused,
            Rejection::Invalid {
                field: Field::Reason,
                ..
            }
        ));
    }
}

#[test]
fn ten_thousand_seats_are_blocked_at_once() {
    let mut rehearsal = TestLayout::of_rows(&[1_000; 11]).open(SaleTerms::default());
    let all: Vec<u32> = (0..10_000).collect();
    rehearsal.ask(&block(&all, &[])).unwrap();
    assert_eq!(rehearsal.available(), 1_000);
}

#[test]
fn block_never_expires() {
    let mut rehearsal = theatre();
    rehearsal.ask(&block(&[0], &[])).unwrap();
    rehearsal.pass(u32::MAX);
    rehearsal.request(&Command::ExpireDue, None).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Blocked);
}

#[test]
fn every_entry_of_staff_says_who_asked() {
    let mut rehearsal = theatre();
    let by = Some(staff(9).buyer);
    let change = SaleTermsChange {
        by,
        max_per_buyer: Some(4),
        ..SaleTermsChange::default()
    };
    rehearsal.ask(&block(&[0], &[])).unwrap();
    rehearsal.ask(&unblock(&[0], &[])).unwrap();
    rehearsal.ask(&Command::Reconfigure(change)).unwrap();
    for number in 1..4 {
        rehearsal.ask(&hold(number, buyer(1), seats([1]))).unwrap();
        match number {
            1 => rehearsal.ask(&release(1, staff(9))).unwrap(),
            2 => rehearsal.ask(&confirm(2, staff(9), 2)).unwrap(),
            _ => continue,
        };
        if number == 2 {
            rehearsal.ask(&cancel(2, staff(9), None)).unwrap();
        }
    }
    let said: Vec<_> = rehearsal.entries[1..]
        .iter()
        .map(|entry| entry.by)
        .collect();
    assert_eq!(said, [by, by, by, None, by, None, by, by, None]);
}

#[test]
fn changes_name_every_seat_and_section_touched() {
    let mut rehearsal = theatre();
    rehearsal.ask(&block(&[3, 4], &[(1, 1)])).unwrap();
    let changes = rehearsal.map.changes();
    assert_eq!(changes.seats, [SeatIndex(3), SeatIndex(4)]);
    assert_eq!(
        changes.sections.as_slice(),
        [SectionIndex(0), SectionIndex(1)]
    );
    rehearsal.map.clear_changes();
    assert!(rehearsal.map.changes().seats.is_empty());
}

/// Ten seats in two rows, and an area of five.
fn theatre() -> Rehearsal {
    TestLayout::empty()
        .tier("GOLD", 100)
        .section("HALL", "GOLD", &[("A", 6), ("B", 4)])
        .area("PIT", "GOLD", 5)
        .open(SaleTerms::default())
}

fn block(seats: &[u32], areas: &[(u16, u32)]) -> Command {
    Command::Block(block_places(seats, areas))
}

fn unblock(seats: &[u32], areas: &[(u16, u32)]) -> Command {
    Command::Unblock(block_places(seats, areas))
}

/// The conflict of the area with so many places left.
fn few(status: PlaceStatus, available: u32) -> Conflict {
    Conflict::Area {
        section: SectionIndex(1),
        status,
        available,
    }
}
