//! Staff sell what they blocked, in one step.

use seating::command::{Command, Hold, Want};
use seating::entry::Decision;
use seating::places::Places;
use seating::rejection::{Field, PlaceStatus, Rejection};
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::seat_map::SeatMap;
use std::sync::Arc;
use testkit::commands::{
    areas, best, block_places, buyer, cancel, confirm, hold, hold_id, release, seats, staff, wish,
};
use testkit::rehearsal::Rehearsal;

use crate::theatre;

#[test]
fn a_blocked_seat_is_sold_without_ever_being_on_sale() {
    let mut rehearsal = blocked();
    let decision = rehearsal.ask(&take(1, seats([0, 1]))).unwrap();
    let Decision::Held(held) = decision else {
        panic!("{decision:?}");
    };
    assert_eq!(
        held.from_blocked.as_deref(),
        Some(&Places::of_seats([SeatIndex(0)]))
    );
    assert_eq!(rehearsal.status(0), PlaceStatus::Reserved);
    rehearsal.ask(&confirm(1, staff(0), 1)).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Booked);
    rehearsal.ask(&cancel(1, staff(0), None)).unwrap();
    assert_eq!(
        rehearsal.status(0),
        PlaceStatus::Available,
        "what was sold comes back on sale"
    );
}

#[test]
fn what_is_not_sold_is_blocked_again() {
    let mut rehearsal = blocked();
    rehearsal.ask(&take(1, seats([0, 1]))).unwrap();
    rehearsal.ask(&release(1, staff(0))).unwrap();
    let now = [0, 1].map(|seat| rehearsal.status(seat));
    assert_eq!(now, [PlaceStatus::Blocked, PlaceStatus::Available]);
    rehearsal.ask(&take(2, seats([0]))).unwrap();
    rehearsal.pass(3_600);
    // Whatever comes next finds that its time is over.
    rehearsal.ask(&hold(3, buyer(1), seats([5]))).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Blocked);
    rehearsal.map.check().unwrap();
}

#[test]
fn an_area_gives_what_is_free_first() {
    let mut rehearsal = blocked();
    // Of five, three are blocked.
    rehearsal.ask(&take(1, areas(&[(1, 4)]))).unwrap();
    let counts = |rehearsal: &Rehearsal| rehearsal.map.section_counts(SectionIndex(1));
    assert_eq!(
        (counts(&rehearsal).held, counts(&rehearsal).blocked),
        (4, 1)
    );
    rehearsal.ask(&release(1, staff(0))).unwrap();
    assert_eq!(
        (counts(&rehearsal).held, counts(&rehearsal).blocked),
        (0, 3)
    );
    let refused = rehearsal.ask(&hold(2, staff(0), areas(&[(1, 4)])));
    assert!(
        matches!(refused, Err(Rejection::PlacesUnavailable { .. })),
        "only if it says so"
    );
}

#[test]
fn a_replaced_hold_gives_back_what_was_blocked() {
    let mut rehearsal = blocked();
    rehearsal.ask(&take(1, seats([0]))).unwrap();
    let swap = |number, include_blocked| {
        Command::Hold(Hold {
            replace: Some(hold_id(1)),
            include_blocked,
            ..wish(number, staff(0), seats([0, 1]))
        })
    };
    let refused = rehearsal.ask(&swap(2, false));
    assert!(matches!(refused, Err(Rejection::PlacesUnavailable { .. })));
    rehearsal.ask(&swap(3, true)).unwrap();
    rehearsal.ask(&release(3, staff(0))).unwrap();
    assert_eq!(rehearsal.status(0), PlaceStatus::Blocked);
}

#[test]
fn buyers_and_wishes_for_the_best_take_nothing_blocked() {
    for (by, want) in [
        (buyer(1), seats([0])),
        (staff(1), Want::BestAvailable(best(2))),
    ] {
        let wanted = Hold {
            include_blocked: true,
            ..wish(1, by, want)
        };
        let refused = blocked().ask(&Command::Hold(wanted)).unwrap_err();
        assert!(matches!(
            refused,
            Rejection::Invalid {
                field: Field::IncludeBlocked,
                ..
            }
        ));
    }
}

#[test]
fn a_restored_map_knows_what_is_blocked_again() {
    let mut rehearsal = blocked();
    rehearsal.ask(&take(1, seats([0]))).unwrap();
    let snapshot = rehearsal.map.snapshot().unwrap();
    let layout = Arc::clone(rehearsal.map.layout());
    let mut restored = SeatMap::restore(layout, snapshot).unwrap();
    rehearsal.ask(&release(1, staff(0))).unwrap();
    restored.apply(rehearsal.entries.last().unwrap()).unwrap();
    assert_eq!(restored.seat(SeatIndex(0)).0, PlaceStatus::Blocked);
    assert_eq!(restored.snapshot(), rehearsal.map.snapshot());
}

fn blocked() -> Rehearsal {
    let mut rehearsal = theatre();
    let places = block_places(&[0], &[(1, 3)]);
    rehearsal.ask(&Command::Block(places)).unwrap();
    rehearsal
}

/// Staff take places, blocked or not.
fn take(number: u128, want: Want) -> Command {
    Command::Hold(Hold {
        include_blocked: true,
        ..wish(number, staff(0), want)
    })
}
