//! A damaged snapshot is refused, never believed and never a panic.

use std::sync::Arc;

use seating::places::{AreaQuantity, Places};
use seating::rejection::HoldEnd;
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::seat_map::SeatMap;
use seating::snapshot::{BookingState, HoldLife, Snapshot};
use testkit::commands::{begin_payment, booking_id, buyer, confirm, hold, hold_id, seats, staff};

use crate::history::theatre;

#[test]
fn damaged_snapshot_is_refused() {
    let damages: [fn(&mut Snapshot); 22] = [
        |s| s.seq = seating::ids::Seq::ZERO,
        |s| s.holds[0].life = HoldLife::Ended(HoldEnd::Released),
        |s| s.holds[0].life = HoldLife::Pinned(booking_id(77)),
        |s| s.holds.push(s.holds[0].clone()),
        |s| s.holds.push(s.ended_holds[0].clone()),
        |s| s.holds[0].places = Places::of_seats([SeatIndex(20)]),
        |s| s.holds[0].places = Places::of_seats([SeatIndex(u32::MAX)]),
        |s| s.holds[0].places = Places::of_seats((0..11).map(SeatIndex)),
        |s| s.holds[0].places = pit(u32::MAX),
        |s| s.holds[0].places = Places::of_areas([quantity(0, 1)]),
        |s| drop(s.holds.pop()),
        |s| s.ended_holds[0].life = HoldLife::Held,
        |s| s.ended_holds.push(s.ended_holds[0].clone()),
        |s| s.ended_holds[0].places = Places::of_seats([SeatIndex(99)]),
        |s| s.bookings.push(s.bookings[0].clone()),
        |s| s.bookings[0].places = Places::of_seats([SeatIndex(5), SeatIndex(5)]),
        |s| s.bookings[0].places = pit(3_000_000),
        |s| s.bookings[0].cancelled_tickets = u16::MAX,
        |s| s.bookings[1].state = BookingState::Expired,
        |s| s.bookings[1].buyer = buyer(3).buyer,
        |s| s.blocked_seats.push(SeatIndex(0)),
        |s| s.blocked_areas.push(quantity(1, 13)),
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let (layout, mut snapshot) = sound();
        damage(&mut snapshot);
        let restored = SeatMap::restore(layout, snapshot);
        assert!(restored.is_err(), "damage {at} was believed");
    }
}

#[test]
fn sound_snapshot_is_believed() {
    let (layout, snapshot) = sound();
    let map = SeatMap::restore(layout, snapshot.clone()).unwrap();
    assert_eq!(map.snapshot(), Some(snapshot));
}

/// A plain hold, a pinned one, an ended one, a booking and a pending one.
fn sound() -> (Arc<seating::seat_layout::SeatLayout>, Snapshot) {
    let mut rehearsal = theatre();
    for (number, seat) in [(1, 0), (2, 2), (3, 4)] {
        let wanted = hold(number, buyer(number), seats([seat, seat + 1]));
        rehearsal.ask(&wanted).unwrap();
    }
    rehearsal.ask(&confirm(3, staff(0), 1)).unwrap();
    rehearsal.ask(&begin_payment(2, staff(0), 2, 60)).unwrap();
    let snapshot = rehearsal.map.snapshot().unwrap();
    assert_eq!(snapshot.ended_holds[0].id, hold_id(3));
    (Arc::clone(rehearsal.map.layout()), snapshot)
}

fn pit(places: u32) -> Places {
    Places::of_areas([quantity(1, places)])
}

fn quantity(section: u16, quantity: u32) -> AreaQuantity {
    let section = SectionIndex(section);
    AreaQuantity { section, quantity }
}
