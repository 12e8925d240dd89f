//! What only the house does: blocking, unblocking and changing the terms.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use seating::command::{BlockPlaces, Command, SettingsChange};
use seating::event::Event;
use seating::rehearsal::{
    House, Rehearsal, areas, block_places, buyer, confirm, hold, house, seats,
};
use seating::rejection::{Conflict, PlaceStatus, Rejection};
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::seat_map::Decision;
use seating::settings::{GapRule, SaleStatus, Settings};
use seating::timestamp::Timestamp;

#[test]
fn blocked_seats_are_off_sale_until_unblocked() {
    let mut rehearsal = theatre();
    rehearsal.ask(&block(&[0, 1], &[(1, 2)])).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Blocked);
    assert_eq!(rehearsal.map.house_counts().blocked, 4);
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap_err();
    rehearsal.ask(&unblock(&[0, 1], &[(1, 2)])).unwrap();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
}

#[test]
fn what_was_promised_cannot_be_blocked() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.ask(&hold(2, buyer(1), seats([1]))).unwrap();
    rehearsal.ask(&confirm(2, house(0), 2)).unwrap();
    let conflicts = vec![
        Conflict::Seat(SeatIndex(0), PlaceStatus::Reserved),
        Conflict::Seat(SeatIndex(1), PlaceStatus::Booked),
    ];
    let refused = rehearsal.ask(&block(&[0, 1, 2], &[])).unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
    assert_eq!(rehearsal.status(2), PlaceStatus::Available);
}

#[test]
fn area_conflict_says_what_takes_most_of_it() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), areas(&[(1, 3)]))).unwrap();
    rehearsal.ask(&confirm(1, house(0), 1)).unwrap();
    let conflicts = vec![Conflict::Area(SectionIndex(1), PlaceStatus::Booked)];
    let refused = rehearsal.ask(&block(&[], &[(1, 3)])).unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
}

#[test]
fn what_is_not_blocked_cannot_be_unblocked() {
    let mut rehearsal = theatre();
    rehearsal.ask(&block(&[0], &[(1, 1)])).unwrap();
    let conflicts = vec![
        Conflict::Seat(SeatIndex(1), PlaceStatus::Available),
        Conflict::Area(SectionIndex(1), PlaceStatus::Available),
    ];
    let refused = rehearsal.ask(&unblock(&[0, 1], &[(1, 2)])).unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
    assert_eq!(rehearsal.status(0), PlaceStatus::Blocked);
}

#[test]
fn malformed_blocks_are_refused() {
    let endless = vec![0; 10_001];
    for (seats, areas, field) in [
        (&[][..], &[][..], "seats"),
        (&[10], &[], "seats"),
        (&[u32::MAX], &[], "seats"),
        (&[1, 1], &[], "seats"),
        (&endless, &[], "seats"),
        (&[], &[(1, 0)], "areas"),
        (&[], &[(0, 1)], "areas"),
        (&[], &[(u16::MAX, 1)], "areas"),
        (&[], &[(1, 1), (1, 1)], "areas"),
    ] {
        for command in [block(seats, areas), unblock(seats, areas)] {
            let refused = theatre().ask(&command).unwrap_err();
            assert!(matches!(refused, Rejection::Invalid { field: at, .. } if at == field));
        }
    }
}

#[test]
fn absurd_area_quantities_are_conflicts() {
    for quantity in [6, 10_000_000, u32::MAX] {
        let refused = theatre().ask(&block(&[], &[(1, quantity)])).unwrap_err();
        assert!(matches!(refused, Rejection::PlacesUnavailable { .. }));
        let refused = theatre().ask(&unblock(&[], &[(1, quantity)])).unwrap_err();
        assert!(matches!(refused, Rejection::PlacesUnavailable { .. }));
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
                field: "reason",
                ..
            }
        ));
    }
}

#[test]
fn ten_thousand_seats_are_blocked_at_once() {
    let mut rehearsal = House::of_rows(&[1_000; 11]).open(Settings::default());
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
fn only_the_named_terms_change() {
    let mut rehearsal = theatre();
    let change = SettingsChange {
        max_per_buyer: Some(3),
        on_sale_from: Some(Some(Timestamp::from_unix_seconds(5))),
        ..SettingsChange::default()
    };
    let wanted = Settings {
        max_per_buyer: 3,
        on_sale_from: Some(Timestamp::from_unix_seconds(5)),
        ..Settings::default()
    };
    let event = rehearsal.ask(&Command::Reconfigure(change)).unwrap();
    assert_eq!(event, Event::Reconfigured(wanted.clone()));
    assert_eq!(rehearsal.map.settings(), Some(&wanted));
}

#[test]
fn bound_of_the_sale_is_removed_by_naming_none() {
    let mut rehearsal = House::of_rows(&[3]).open(Settings {
        on_sale_from: Some(Timestamp::from_unix_seconds(5)),
        ..Settings::default()
    });
    let change = SettingsChange {
        on_sale_from: Some(None),
        ..SettingsChange::default()
    };
    rehearsal.ask(&Command::Reconfigure(change)).unwrap();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
}

#[test]
fn change_of_nothing_records_nothing() {
    let mut rehearsal = theatre();
    let same = SettingsChange {
        gap_rule: Some(GapRule::Off),
        ..SettingsChange::default()
    };
    for change in [SettingsChange::default(), same] {
        let answer = rehearsal.request(&Command::Reconfigure(change), None);
        assert_eq!(answer, Ok(Decision::Nothing));
    }
    assert_eq!(rehearsal.entries.len(), 1);
}

#[test]
fn lower_cap_takes_nothing_from_anybody() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1, 2]))).unwrap();
    change(&mut rehearsal, |change| change.max_per_buyer = Some(1)).unwrap();
    rehearsal.ask(&confirm(1, house(0), 1)).unwrap();
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
        refuses_change(|change| change.max_per_buyer = Some(cap), "max_per_buyer");
    }
    for cap in [1, 1_000] {
        change(&mut theatre(), |change| change.max_per_buyer = Some(cap)).unwrap();
    }
}

#[test]
fn default_time_of_a_hold_has_bounds() {
    for seconds in [0, 59, 3_601, u32::MAX] {
        let edit = |change: &mut SettingsChange| change.hold_ttl_seconds = Some(seconds);
        refuses_change(edit, "hold_ttl_seconds");
    }
    for seconds in [60, 3_600] {
        change(&mut theatre(), |change| {
            change.hold_ttl_seconds = Some(seconds);
        })
        .unwrap();
    }
}

#[test]
fn sale_ends_after_it_began() {
    let at = |seconds| Some(Some(Timestamp::from_unix_seconds(seconds)));
    for (from, until) in [(7, 7), (8, 7), (i64::MAX, i64::MIN)] {
        let backwards = |change: &mut SettingsChange| {
            (change.on_sale_from, change.on_sale_until) = (at(from), at(until));
        };
        refuses_change(backwards, "on_sale_until");
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
    assert_eq!(refused, Err(Rejection::NotOnSale { opens_at: None }));
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
    House::empty()
        .tier("GOLD", 100)
        .section("HALL", "GOLD", &[("A", 6), ("B", 4)])
        .area("PIT", "GOLD", 5)
        .open(Settings::default())
}

fn block(seats: &[u32], areas: &[(u16, u32)]) -> Command {
    Command::Block(block_places(seats, areas))
}

fn unblock(seats: &[u32], areas: &[(u16, u32)]) -> Command {
    Command::Unblock(block_places(seats, areas))
}

fn change(
    rehearsal: &mut Rehearsal,
    edit: impl Fn(&mut SettingsChange),
) -> Result<Event, Rejection> {
    let mut change = SettingsChange::default();
    edit(&mut change);
    rehearsal.ask(&Command::Reconfigure(change))
}

fn refuses_change(edit: impl Fn(&mut SettingsChange), field: &str) {
    let refused = change(&mut theatre(), edit).unwrap_err();
    assert!(matches!(refused, Rejection::Invalid { field: found, .. } if found == field));
}
