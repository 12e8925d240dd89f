//! What may be held, by whom and for how long.

use std::sync::Arc;

use seating::command::{Command, Hold, Party};
use seating::entry::{Decision, Held, RequestStamp};
use seating::places::{AreaQuantity, Places};
use seating::rejection::{Conflict, Field, PlaceStatus, Rejection};
use seating::sale_terms::{SaleStatus, SaleTerms};
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::seat_map::Executed;
use seating::timestamp::Timestamp;
use testkit::commands::{areas, block_places, buyer, hold, hold_id, release, seats, staff, wish};
use testkit::rehearsal::Rehearsal;

use crate::{theatre, with};

#[test]
fn held_seats_are_reserved_until_the_deadline() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1]))).unwrap();
    let deadline = Timestamp::from_unix_seconds(600);
    let seat = rehearsal.map.seat(SeatIndex(0));
    assert_eq!(seat, (PlaceStatus::Reserved, Some(deadline)));
    assert_eq!(rehearsal.map.next_deadline(), Some(deadline));
    assert_eq!(rehearsal.status(2), PlaceStatus::Available);
}

#[test]
fn one_taken_seat_refuses_the_whole_and_every_conflict_is_named() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([1]))).unwrap();
    rehearsal
        .ask(&Command::Block(block_places(&[3], &[])))
        .unwrap();
    let conflicts = vec![
        Conflict::Seat(SeatIndex(1), PlaceStatus::Reserved),
        Conflict::Seat(SeatIndex(3), PlaceStatus::Blocked),
    ];
    let refused = rehearsal
        .ask(&hold(2, buyer(2), seats([0, 1, 2, 3])))
        .unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
    assert_eq!(rehearsal.status(0), PlaceStatus::Available);
}

#[test]
fn seats_and_areas_are_held_together_or_not_at_all() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), areas(&[(1, 4)]))).unwrap();
    let both = Places {
        seats: [SeatIndex(0)].into_iter().collect(),
        areas: vec![AreaQuantity {
            section: SectionIndex(1),
            quantity: 2,
        }],
    };
    let wanted = hold(2, buyer(2), seating::command::Want::Places(both));
    let conflicts = vec![few(PlaceStatus::Available, 1)];
    let refused = rehearsal.ask(&wanted).unwrap_err();
    assert_eq!(refused, Rejection::PlacesUnavailable { conflicts });
    assert_eq!(rehearsal.status(0), PlaceStatus::Available);
}

#[test]
fn full_area_is_sold_out() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), areas(&[(1, 5)]))).unwrap();
    let refused = rehearsal.ask(&hold(2, buyer(2), areas(&[(1, 1)])));
    let conflicts = vec![few(PlaceStatus::Reserved, 0)];
    assert_eq!(refused, Err(Rejection::SoldOut { conflicts }));
}

#[test]
fn one_full_area_among_others_is_a_conflict_and_named() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), areas(&[(1, 5)]))).unwrap();
    let both = seating::command::Want::Places(Places {
        seats: [SeatIndex(0)].into_iter().collect(),
        ..Places::of_areas([AreaQuantity {
            section: SectionIndex(1),
            quantity: 1,
        }])
    });
    let conflicts = vec![few(PlaceStatus::Reserved, 0)];
    let refused = rehearsal.ask(&hold(2, buyer(2), both));
    assert_eq!(refused, Err(Rejection::PlacesUnavailable { conflicts }));
}

#[test]
fn absurd_quantities_are_refused() {
    for quantity in [0, 11, 10_000_000, u32::MAX] {
        refuses(areas(&[(1, quantity)]), Field::Areas);
    }
    refuses(areas(&[(1, u32::MAX), (1, u32::MAX)]), Field::Areas);
}

#[test]
fn nothing_at_all_is_refused() {
    refuses(seats([]), Field::Areas);
}

#[test]
fn eleven_seats_are_refused() {
    let mut rehearsal = testkit::layouts::TestLayout::of_rows(&[20]).open(SaleTerms::default());
    let refused = rehearsal.ask(&hold(1, buyer(1), seats(0..11))).unwrap_err();
    assert!(matches!(
        refused,
        Rejection::Invalid {
            field: Field::Seats,
            ..
        }
    ));
    rehearsal.ask(&hold(1, buyer(1), seats(0..10))).unwrap();
}

#[test]
fn endless_lists_are_refused_before_they_are_read() {
    refuses(seats((0..100_000).map(|_| 3)), Field::Seats);
    refuses(areas(&vec![(1, 1); 100_000]), Field::Areas);
}

#[test]
fn duplicate_seat_is_refused() {
    refuses(seats([1, 2, 1]), Field::Seats);
    refuses(areas(&[(1, 1), (1, 1)]), Field::Areas);
}

#[test]
fn unknown_indexes_are_refused() {
    refuses(seats([10]), Field::Seats);
    refuses(seats([u32::MAX]), Field::Seats);
    refuses(areas(&[(0, 1)]), Field::Areas);
    refuses(areas(&[(2, 1)]), Field::Areas);
    refuses(areas(&[(u16::MAX, 1)]), Field::Areas);
}

#[test]
fn ttl_has_bounds() {
    for (ttl, of_buyer, of_staff) in [
        (0, false, false),
        (59, false, false),
        (60, true, true),
        (1_800, true, true),
        (1_801, false, true),
        (3_600, false, true),
        (3_601, false, false),
    ] {
        for (by, good) in [(buyer(1), of_buyer), (staff(1), of_staff)] {
            assert_eq!(for_seconds(&mut theatre(), by, ttl).is_ok(), good, "{ttl}");
        }
    }
    let refused = for_seconds(&mut theatre(), buyer(1), u32::MAX).unwrap_err();
    assert!(matches!(
        refused,
        Rejection::Invalid {
            field: Field::HoldSeconds,
            ..
        }
    ));
}

#[test]
fn known_id_is_not_used_for_another_hold() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    let again = hold(1, buyer(1), seats([1]));
    let in_use = Rejection::IdInUse(hold_id(1).uuid());
    assert_eq!(rehearsal.ask(&again), Err(in_use.clone()));
    rehearsal.ask(&release(1, buyer(1))).unwrap();
    assert_eq!(rehearsal.ask(&again), Err(in_use));
}

#[test]
fn cap_counts_holds_and_bookings_together() {
    let mut rehearsal = with(SaleTerms {
        max_per_buyer: 4,
        ..SaleTerms::default()
    });
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1]))).unwrap();
    rehearsal
        .ask(&testkit::commands::confirm(1, staff(9), 1))
        .unwrap();
    rehearsal.ask(&hold(2, buyer(1), areas(&[(1, 1)]))).unwrap();
    let refused = rehearsal.ask(&hold(3, buyer(1), seats([3, 4])));
    assert_eq!(
        refused,
        Err(Rejection::TicketLimitReached { max: 4, current: 3 })
    );
    rehearsal.ask(&hold(4, buyer(2), seats([3, 4]))).unwrap();
}

#[test]
fn staff_are_above_the_cap_the_window_and_the_pause() {
    let mut rehearsal = with(SaleTerms {
        max_per_buyer: 1,
        on_sale_from: Some(Timestamp::from_unix_seconds(100)),
        status: SaleStatus::Paused,
        ..SaleTerms::default()
    });
    rehearsal.ask(&hold(1, staff(1), seats([0, 1, 2]))).unwrap();
}

#[test]
fn sale_begins_and_ends_on_the_second() {
    let mut rehearsal = with(SaleTerms {
        on_sale_from: Some(Timestamp::from_unix_seconds(100)),
        on_sale_until: Some(Timestamp::from_unix_seconds(200)),
        ..SaleTerms::default()
    });
    rehearsal.pass(99);
    let opens_at = Some(Timestamp::from_unix_seconds(100));
    let early = rehearsal.ask(&hold(1, buyer(1), seats([0])));
    assert_eq!(early, Err(Rejection::NotOnSale { opens_at }));
    rehearsal.pass(1);
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.pass(100);
    let late = rehearsal.ask(&hold(2, buyer(1), seats([1])));
    assert_eq!(late, Err(Rejection::NotOnSale { opens_at: None }));
}

#[test]
fn cancelled_showtime_gives_no_holds_even_to_staff() {
    let mut rehearsal = with(SaleTerms {
        status: SaleStatus::Cancelled,
        ..SaleTerms::default()
    });
    let refused = rehearsal.ask(&hold(1, staff(1), seats([0])));
    assert_eq!(refused, Err(Rejection::NotOnSale { opens_at: None }));
}

#[test]
fn replacing_swaps_in_one_step() {
    let mut rehearsal = with(SaleTerms {
        max_per_buyer: 3,
        ..SaleTerms::default()
    });
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1, 2]))).unwrap();
    let swap = Command::Hold(Hold {
        replace: Some(hold_id(1)),
        ..wish(2, buyer(1), seats([1, 2, 3]))
    });
    let Decision::Held(Held { replaced, .. }) = rehearsal.ask(&swap).unwrap() else {
        panic!("not held");
    };
    assert_eq!(replaced, Some(hold_id(1)));
    assert_eq!(rehearsal.status(0), PlaceStatus::Available);
    assert_eq!(rehearsal.status(3), PlaceStatus::Reserved);
    assert_eq!(rehearsal.map.live_holds(), 1);
}

#[test]
fn refused_swap_keeps_the_old_hold() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.ask(&hold(2, buyer(2), seats([1]))).unwrap();
    let swap = Command::Hold(Hold {
        replace: Some(hold_id(1)),
        ..wish(3, buyer(1), seats([0, 1]))
    });
    rehearsal.ask(&swap).unwrap_err();
    assert_eq!(rehearsal.map.hold(hold_id(1)).unwrap().places.count(), 1);
    assert_eq!(rehearsal.status(0), PlaceStatus::Reserved);
}

#[test]
fn nobody_replaces_the_hold_of_another_not_even_staff() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    for by in [buyer(2), staff(2)] {
        let swap = Command::Hold(Hold {
            replace: Some(hold_id(1)),
            ..wish(2, by, seats([0]))
        });
        assert_eq!(rehearsal.ask(&swap), Err(Rejection::HoldNotFound));
    }
}

#[test]
fn replacing_with_the_same_area_needs_no_extra_room() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), areas(&[(1, 5)]))).unwrap();
    let swap = Command::Hold(Hold {
        replace: Some(hold_id(1)),
        ..wish(2, buyer(1), areas(&[(1, 4)]))
    });
    rehearsal.ask(&swap).unwrap();
    assert_eq!(rehearsal.map.section_counts(SectionIndex(1)).available(), 1);
}

#[test]
fn same_request_gets_the_first_answer() {
    let mut rehearsal = theatre();
    let stamp = Some(RequestStamp {
        key: 1,
        fingerprint: 2,
    });
    let wanted = hold(1, buyer(1), seats([0]));
    assert_eq!(rehearsal.request(&wanted, stamp), Ok(Executed::Recorded));
    let first = rehearsal.entries.last().unwrap().clone();
    rehearsal.pass(10_000);
    let again = rehearsal.request(&wanted, stamp);
    assert_eq!(again, Ok(Executed::Replayed(Arc::new(first))));
}

#[test]
fn key_used_for_another_request_is_refused() {
    let mut rehearsal = theatre();
    let stamp = |fingerprint| {
        Some(RequestStamp {
            key: 1,
            fingerprint,
        })
    };
    rehearsal
        .request(&hold(1, buyer(1), seats([0])), stamp(1))
        .unwrap();
    let refused = rehearsal.request(&hold(2, buyer(1), seats([1])), stamp(2));
    assert_eq!(refused, Err(Rejection::KeyReused));
}

#[test]
fn showtime_that_nobody_opened_sells_nothing() {
    let layout = testkit::layouts::TestLayout::of_rows(&[3]).build();
    let mut map = seating::seat_map::SeatMap::new(layout);
    let mut entries = seating::seat_map::Entries::new();
    let wanted = hold(1, buyer(1), seats([0]));
    let answer = map.execute(Timestamp::default(), &wanted, None, &mut entries);
    assert_eq!(answer, Ok(Err(Rejection::NotOpened)));
}

fn for_seconds(rehearsal: &mut Rehearsal, by: Party, seconds: u32) -> Result<Decision, Rejection> {
    rehearsal.ask(&Command::Hold(Hold {
        ttl_seconds: Some(seconds),
        ..wish(1, by, seats([0]))
    }))
}

fn refuses(want: seating::command::Want, wanted: Field) {
    let answer = theatre().ask(&hold(1, buyer(1), want));
    let Err(Rejection::Invalid { field, .. }) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(field, wanted);
}

#[test]
fn more_of_an_area_than_it_admits_is_refused_as_such() {
    refuses(areas(&[(1, 6)]), Field::Areas);
}

/// The conflict of the area with so many places left.
fn few(status: PlaceStatus, available: u32) -> Conflict {
    Conflict::Area {
        section: SectionIndex(1),
        status,
        available,
    }
}
