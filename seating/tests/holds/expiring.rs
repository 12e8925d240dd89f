//! Expiry, clocks and memory of what has ended.

use seating::command::Command;
use seating::entry::{Decision, RequestStamp};
use seating::limits::{ENDED_HOLDS_REMEMBERED, HOLDS_PER_EXPIRY_MAX};
use seating::rejection::{PlaceStatus, Rejection};
use seating::sale_terms::SaleTerms;
use seating::seat_map::{Entries, Executed};
use seating::timestamp::Timestamp;
use testkit::commands::{begin_payment, buyer, hold, hold_id, release, seats, staff};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

use crate::theatre;

#[test]
fn expired_hold_frees_its_seats() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1]))).unwrap();
    rehearsal.pass(600);
    assert_eq!(expire(&mut rehearsal), [vec![hold_id(1)]]);
    assert_eq!(rehearsal.status(0), PlaceStatus::Available);
    assert_eq!(
        rehearsal.ask(&release(1, buyer(1))),
        Err(Rejection::HoldExpired)
    );
}

#[test]
fn hold_lives_to_the_last_microsecond() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.now = Timestamp::from_unix_micros(599_999_999);
    assert!(expire(&mut rehearsal).is_empty());
    rehearsal.now = Timestamp::from_unix_micros(600_000_000);
    assert_eq!(expire(&mut rehearsal).len(), 1);
}

#[test]
fn expired_hold_never_blocks_a_newer_command() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0, 1]))).unwrap();
    rehearsal.pass(601);
    rehearsal.ask(&hold(2, buyer(2), seats([0, 1]))).unwrap();
    assert_eq!(rehearsal.entries.len(), 4, "opened, held, expired, held");
}

#[test]
fn expiry_is_recorded_even_when_the_command_is_refused() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.pass(601);
    let refused = rehearsal.ask(&release(1, buyer(1)));
    assert_eq!(refused, Err(Rejection::HoldExpired));
    assert_eq!(rehearsal.entries.len(), 3);
    assert_eq!(rehearsal.map.next_deadline(), None);
}

#[test]
fn expiry_answers_no_request() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.pass(601);
    let stamp = RequestStamp {
        key: 1,
        fingerprint: 1,
    };
    let wanted = hold(2, buyer(2), seats([0]));
    rehearsal.request(&wanted, Some(stamp)).unwrap();
    let requests: Vec<_> = rehearsal
        .entries
        .iter()
        .map(|entry| entry.request)
        .collect();
    assert_eq!(requests, [None, None, None, Some(stamp)]);
}

#[test]
fn holds_expire_in_the_order_of_their_deadlines() {
    let mut rehearsal = theatre();
    for number in [3, 1, 2] {
        let seat = u32::try_from(number).unwrap();
        rehearsal
            .ask(&hold(number, buyer(number), seats([seat])))
            .unwrap();
        rehearsal.pass(1);
    }
    rehearsal.pass(700);
    let expired = expire(&mut rehearsal);
    assert_eq!(expired, [[hold_id(3), hold_id(1), hold_id(2)]]);
}

#[test]
fn nothing_due_is_nothing_recorded() {
    let mut rehearsal = theatre();
    let answer = rehearsal.request(&Command::ExpireDue, None);
    assert_eq!(answer, Ok(Executed::Nothing));
    assert_eq!(rehearsal.entries.len(), 1);
}

#[test]
fn clock_running_backwards_stands_still() {
    let mut rehearsal = theatre();
    rehearsal.pass(1_000);
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.now = Timestamp::from_unix_seconds(-5_000);
    rehearsal.ask(&hold(2, buyer(1), seats([1]))).unwrap();
    let deadlines = [1, 2].map(|n| rehearsal.map.hold(hold_id(n)).unwrap().expires_at);
    assert_eq!(deadlines, [Timestamp::from_unix_seconds(1_600); 2]);
    assert_eq!(rehearsal.map.at(), Timestamp::from_unix_seconds(1_000));
}

#[test]
fn ends_of_time_are_only_points_in_time() {
    let mut rehearsal = theatre();
    rehearsal.now = Timestamp::MIN;
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal.now = Timestamp::from_unix_micros(i64::MAX);
    rehearsal.ask(&hold(2, buyer(2), seats([0]))).unwrap();
    // At the end of time every deadline has come.
    rehearsal.ask(&hold(3, buyer(3), seats([0]))).unwrap();
    assert_eq!(
        rehearsal.ask(&release(2, buyer(2))),
        Err(Rejection::HoldExpired)
    );
}

#[test]
fn pinned_hold_expires_at_its_payment_deadline() {
    let mut rehearsal = theatre();
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    rehearsal
        .ask(&begin_payment(1, buyer(1), 1, 2_700))
        .unwrap();
    rehearsal.pass(2_699);
    assert!(expire(&mut rehearsal).is_empty());
    rehearsal.pass(1);
    assert_eq!(expire(&mut rehearsal).len(), 1);
}

#[test]
fn ten_thousand_holds_expire_at_once() {
    let mut rehearsal = TestLayout::of_rows(&[1_000; 20]).open(SaleTerms::default());
    for number in 0..10_000_u32 {
        let wanted = seats([number * 2, number * 2 + 1]);
        let by = buyer(u128::from(number));
        rehearsal
            .unchecked(&hold(number.into(), by, wanted), None)
            .unwrap();
    }
    assert_eq!(rehearsal.map.live_holds(), 10_000);
    rehearsal.pass(600);
    let expired = expire(&mut rehearsal);
    assert_eq!(expired.len(), 10_000 / HOLDS_PER_EXPIRY_MAX);
    assert!(
        expired
            .iter()
            .all(|holds| holds.len() == HOLDS_PER_EXPIRY_MAX)
    );
    assert_eq!(rehearsal.available(), 20_000);
    assert_eq!(rehearsal.map.next_deadline(), None);
}

#[test]
fn longest_ended_holds_are_forgotten() {
    let mut rehearsal = theatre();
    let ends = u128::try_from(ENDED_HOLDS_REMEMBERED).unwrap() + 2;
    for number in 0..ends {
        rehearsal
            .unchecked(&hold(number, buyer(1), seats([0])), None)
            .unwrap();
        rehearsal
            .unchecked(&release(number, buyer(1)), None)
            .unwrap();
    }
    rehearsal.map.check().unwrap();
    let ended = rehearsal.map.snapshot().unwrap().ended_holds;
    assert_eq!(ended.len(), ENDED_HOLDS_REMEMBERED);
    assert_eq!(ended[0].id, hold_id(2));
    assert_eq!(
        rehearsal.ask(&release(1, buyer(1))),
        Err(Rejection::HoldNotFound)
    );
    // What is forgotten is new again.
    rehearsal.ask(&hold(1, buyer(1), seats([0]))).unwrap();
}

#[test]
fn live_hold_is_never_forgotten() {
    let mut rehearsal = theatre();
    rehearsal
        .ask(&hold(u128::MAX, buyer(2), seats([5])))
        .unwrap();
    for number in 0..=u128::try_from(ENDED_HOLDS_REMEMBERED).unwrap() {
        rehearsal
            .unchecked(&hold(number, buyer(1), seats([0])), None)
            .unwrap();
        rehearsal
            .unchecked(&release(number, buyer(1)), None)
            .unwrap();
    }
    rehearsal.ask(&release(u128::MAX, staff(0))).unwrap();
}

fn expire(rehearsal: &mut Rehearsal) -> Vec<Vec<seating::ids::HoldId>> {
    let mut entries = Entries::new();
    let answer = rehearsal
        .map
        .execute(rehearsal.now, &Command::ExpireDue, None, &mut entries);
    assert_eq!(answer, Ok(Ok(Executed::Nothing)));
    rehearsal.map.check().unwrap();
    let expired = entries.iter().map(|entry| {
        let Decision::Expired { holds } = &entry.decision else {
            panic!("{entry:?}");
        };
        holds.clone()
    });
    expired.collect()
}
