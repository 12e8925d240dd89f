//! Replay: the journal alone tells the whole state, and tells nothing that did not happen.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod damage;
mod history;

use std::sync::Arc;

use proptest::prelude::any;
use proptest::proptest;
use seating::entry::{BlockChange, BookingCancelled, Decision, Entry, Held, RequestStamp, Sale};
use seating::ids::Seq;
use seating::places::Places;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SeatLayout};
use seating::seat_map::{Executed, SeatMap};
use seating::timestamp::Timestamp;
use testkit::commands::{booking_id, buyer, confirm, hold, hold_id, release, seats, staff};
use testkit::rehearsal::Rehearsal;

use crate::history::{play, theatre};

proptest! {
    #[test]
    fn replay_equals_live(seed in any::<u64>()) {
        let live = play(seed, 60);
        let replayed = replay(live.map.layout(), &live.entries);
        assert_eq!(replayed.snapshot(), live.map.snapshot());
        replayed.check().unwrap();
        for seat in live.map.layout().seats() {
            assert_eq!(replayed.seat(seat), live.map.seat(seat));
        }
        assert_eq!(replayed.counts(), live.map.counts());
        assert_eq!(replayed.next_deadline(), live.map.next_deadline());
    }

    #[test]
    fn snapshot_and_suffix_equal_full_replay_at_every_cut(seed in any::<u64>()) {
        let live = play(seed, 40);
        let layout = live.map.layout();
        for cut in 1..=live.entries.len() {
            let (before, after) = live.entries.split_at(cut);
            let snapshot = replay(layout, before).snapshot().unwrap();
            let mut map = SeatMap::restore(Arc::clone(layout), snapshot).unwrap();
            for entry in after {
                map.apply(entry).unwrap();
            }
            assert_eq!(map.snapshot(), live.map.snapshot(), "cut after {cut}");
            map.check().unwrap();
        }
    }

    #[test]
    fn entries_are_gap_free_and_never_go_back_in_time(seed in any::<u64>()) {
        let live = play(seed, 60);
        let numbers = live.entries.iter().map(|entry| entry.seq.0);
        assert!(numbers.eq(1..=live.entries.len() as u64));
        assert!(live.entries.is_sorted_by_key(|entry| entry.at));
        assert_eq!(live.map.seq(), live.entries.last().unwrap().seq);
    }

    #[test]
    fn restored_map_goes_on_like_the_one_that_never_stopped(seed in any::<u64>()) {
        let mut live = play(seed, 40);
        let layout = Arc::clone(live.map.layout());
        let mut restored = Rehearsal {
            map: SeatMap::restore(layout, live.map.snapshot().unwrap()).unwrap(),
            now: live.now,
            entries: Vec::new(),
        };
        for number in 5_000..5_020 {
            let command = hold(number, staff(1), seats([u32::try_from(number % 20).unwrap()]));
            assert_eq!(live.request(&command, None), restored.request(&command, None));
        }
        assert_eq!(live.map.snapshot(), restored.map.snapshot());
    }
}

#[test]
fn rejected_command_changes_nothing() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1]))).unwrap();
    let before = rehearsal.map.snapshot();
    let stamp = Some(RequestStamp {
        key: 7,
        fingerprint: 7,
    });
    for command in [
        hold(2, buyer(2), seats([1, 2])),
        hold(1, buyer(2), seats([3])),
        release(1, buyer(2)),
        release(9, staff(0)),
    ] {
        rehearsal.request(&command, stamp).unwrap_err();
        assert_eq!(rehearsal.map.snapshot(), before);
        assert!(rehearsal.map.changes().seats.len() <= 2);
    }
    assert_eq!(rehearsal.entries.len(), 2);
}

#[test]
fn rejected_request_is_not_remembered() {
    let mut rehearsal = theatre();
    let stamp = Some(RequestStamp {
        key: 7,
        fingerprint: 7,
    });
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    let wanted = hold(2, buyer(2), seats([0]));
    rehearsal.request(&wanted, stamp).unwrap_err();
    rehearsal.ask(&release(1, buyer(1))).unwrap();
    assert_eq!(rehearsal.request(&wanted, stamp), Ok(Executed::Recorded));
}

#[test]
fn apply_refuses_a_gap() {
    refuses_after(5, |entries| entries[6].clone(), "it is not the next one");
}

#[test]
fn apply_refuses_reordered_entries() {
    refuses_after(
        5,
        |entries| entries[4 - 1].clone(),
        "it is not the next one",
    );
}

#[test]
fn apply_refuses_an_entry_twice() {
    refuses_after(5, |entries| entries[4].clone(), "it is not the next one");
}

#[test]
fn apply_refuses_an_entry_from_the_past() {
    let early = |entries: &[Entry]| Entry {
        at: Timestamp::from_unix_seconds(-1),
        ..entries[5].clone()
    };
    refuses_after(5, early, "it is older than the one before");
}

#[test]
fn apply_refuses_entries_of_another_showtime() {
    let foreign = [
        (released(77), "no such hold"),
        (Decision::Held(held(77, &[400])), "no such seat"),
        (Decision::Held(held(77, &[0])), "the seat is taken"),
        (Decision::Held(held(0, &[12])), "the hold exists"),
        (
            Decision::Held(Held {
                replaced: Some(hold_id(77)),
                ..held(78, &[12])
            }),
            "no such hold",
        ),
        (
            Decision::Confirmed(sale(1, 0, &[12])),
            "the hold covers other places",
        ),
        (Decision::Confirmed(sale(1, 77, &[0])), "no such hold"),
        (Decision::ConfirmedLate(sale(1, 0, &[0])), "no such booking"),
        (Decision::Blocked(blocked(&[0])), "the seat is taken"),
        (Decision::Blocked(blocked(&[400])), "no such seat"),
        (
            Decision::Unblocked(blocked(&[0])),
            "the seat is not blocked",
        ),
        (
            Decision::Unblocked(blocked(&[12])),
            "the seat is not blocked",
        ),
        (
            Decision::Expired {
                holds: vec![hold_id(77)],
            },
            "no such hold",
        ),
    ];
    for (decision, what) in foreign {
        let next = |entries: &[Entry]| Entry {
            decision: decision.clone(),
            ..entries[5].clone()
        };
        refuses_after(5, next, what);
    }
}

#[test]
fn apply_refuses_a_sale_to_somebody_else() {
    let next = |entries: &[Entry]| Entry {
        decision: Decision::Confirmed(Sale {
            buyer: buyer(2).buyer,
            ..sale(1, 0, &[0])
        }),
        ..entries[5].clone()
    };
    refuses_after(5, next, "the hold is somebody else's");
}

#[test]
fn apply_refuses_a_cancellation_that_is_wrong_about_what_is_left() {
    let mut live = theatre_with_history();
    live.ask(&confirm(0, staff(1), 1)).unwrap();
    let mut map = replay(live.map.layout(), &live.entries);
    let wrong = Entry {
        seq: live.map.seq().next(),
        at: live.now,
        request: None,
        by: None,
        decision: Decision::BookingCancelled(BookingCancelled {
            booking: booking_id(1),
            tickets: vec![1],
            whole: false,
            refund_minor_units: 100,
            by_staff: true,
        }),
    };
    assert_eq!(map.apply(&wrong).unwrap_err().what, "whole says otherwise");
}

#[test]
fn apply_refuses_a_second_opening() {
    let again = |entries: &[Entry]| Entry {
        decision: Decision::Opened(SaleTerms::default()),
        ..entries[5].clone()
    };
    refuses_after(
        5,
        again,
        "the first entry, and no other, opens the showtime",
    );
}

#[test]
fn apply_refuses_anything_before_the_opening() {
    let live = theatre_with_history();
    let mut map = SeatMap::new(Arc::clone(live.map.layout()));
    let early = Entry {
        seq: Seq(1),
        ..live.entries[1].clone()
    };
    let broken = map.apply(&early).unwrap_err();
    assert_eq!(
        broken.what,
        "the first entry, and no other, opens the showtime"
    );
    assert_eq!(broken.seq, Seq(1));
}

#[test]
fn apply_refuses_the_same_request_twice() {
    let mut live = theatre();
    let stamp = RequestStamp {
        key: 1,
        fingerprint: 1,
    };
    let wanted = hold(1, buyer(1), seats([0]));
    live.request(&wanted, Some(stamp)).unwrap();
    let mut map = replay(live.map.layout(), &live.entries);
    let again = Entry {
        seq: Seq(3),
        at: live.now,
        request: Some(stamp),
        by: None,
        decision: released(1),
    };
    let broken = map.apply(&again).unwrap_err();
    assert_eq!(broken.what, "its request was answered before");
}

#[test]
fn snapshot_before_the_opening_does_not_exist() {
    assert_eq!(
        SeatMap::new(Arc::clone(theatre().map.layout())).snapshot(),
        None
    );
}

fn released(hold: u128) -> Decision {
    Decision::Released {
        hold: hold_id(hold),
        by_staff: false,
    }
}

fn held(hold: u128, seats: &[u32]) -> Held {
    Held {
        hold: hold_id(hold),
        buyer: buyer(1).buyer,
        places: Places::of_seats(seats.iter().copied().map(SeatIndex)),
        expires_at: Timestamp::from_unix_seconds(900),
        replaced: None,
        began_at: None,
        from_blocked: None,
    }
}

fn sale(booking: u128, hold: u128, seats: &[u32]) -> Sale {
    Sale {
        booking: booking_id(booking),
        hold: hold_id(hold),
        buyer: buyer(1).buyer,
        places: Places::of_seats(seats.iter().copied().map(SeatIndex)),
        tickets: Vec::new(),
        payment_reference: None,
    }
}

fn blocked(seats: &[u32]) -> BlockChange {
    BlockChange {
        seats: seats.iter().copied().map(SeatIndex).collect(),
        areas: Vec::new(),
        reason: String::new(),
    }
}

fn refuses_after(count: usize, next: impl Fn(&[Entry]) -> Entry, what: &str) {
    let live = theatre_with_history();
    let mut map = replay(live.map.layout(), &live.entries[..count]);
    let broken = map.apply(&next(&live.entries)).unwrap_err();
    assert_eq!(broken.what, what);
}

fn theatre_with_history() -> Rehearsal {
    let mut rehearsal = theatre();
    for number in 0..8_u32 {
        let wanted = hold(u128::from(number), staff(1), seats([number]));
        rehearsal.pass(1);
        rehearsal.ask(&wanted).unwrap();
    }
    rehearsal
}

fn replay(layout: &Arc<SeatLayout>, entries: &[Entry]) -> SeatMap {
    let mut map = SeatMap::new(Arc::clone(layout));
    for entry in entries {
        map.apply(entry).unwrap();
    }
    map
}
