//! Wrong clocks: whatever the wall showed before, a hold lasts its time and a sale its window.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;

use seating::clock::ClockReading;
use seating::command::Command;
use seating::entry::Entry;
use seating::rejection::{PlaceStatus, Rejection};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatIndex;
use seating::seat_map::{Entries, SeatMap};
use seating::timestamp::Timestamp;
use testkit::commands::{buyer, hold, hold_id, seats, staff};
use testkit::layouts::TestLayout;

const DAY: i64 = 86_400;

/// An owner with a clock on the wall, which somebody sets, and time, which passes.
struct Owner {
    map: SeatMap,
    wall: i64,
    passed: u64,
}

impl Owner {
    fn open(terms: SaleTerms) -> Self {
        let mut map = SeatMap::new(TestLayout::of_rows(&[8]).build());
        let opening = SeatMap::opening(terms, None, Timestamp::default());
        map.apply(&opening).unwrap();
        Self {
            map,
            wall: 0,
            passed: 0,
        }
    }

    fn pass(&mut self, seconds: u32) {
        self.wall += i64::from(seconds);
        self.passed += u64::from(seconds);
    }

    fn reading(&self) -> ClockReading {
        ClockReading {
            wall: Timestamp::from_unix_seconds(self.wall),
            passed_micros: self.passed * 1_000_000,
        }
    }

    fn ask(&mut self, command: &Command) -> Result<Vec<Arc<Entry>>, Rejection> {
        let mut entries = Entries::new();
        let before = self.map.at();
        let answer = self
            .map
            .execute(self.reading(), command, None, &mut entries);
        assert!(self.map.at() >= before, "time ran backwards");
        self.map.check().unwrap();
        answer.unwrap().map(|_decision| entries.into_vec())
    }

    /// The next owner, on this machine or another.
    fn restart(&mut self) {
        let snapshot = self.map.snapshot().unwrap();
        self.map = SeatMap::restore(Arc::clone(self.map.layout()), snapshot).unwrap();
        self.passed = 7;
    }

    fn is_held(&mut self, seat: u32) -> bool {
        self.ask(&Command::ExpireDue).unwrap();
        self.map.seat(SeatIndex(seat)).0 == PlaceStatus::Reserved
    }
}

/// One command under a clock that is a day ahead, then the clock is right again.
fn after_a_wrong_day(terms: SaleTerms) -> Owner {
    let mut owner = Owner::open(terms);
    owner.wall += DAY;
    owner.ask(&hold(1, staff(1), seats([0]))).unwrap();
    owner.wall -= DAY;
    owner
}

#[test]
fn a_hold_given_after_a_wrong_day_lasts_its_time_and_no_longer() {
    for restarts in [false, true] {
        let mut owner = after_a_wrong_day(SaleTerms::default());
        owner.pass(100);
        owner.ask(&hold(2, buyer(2), seats([1]))).unwrap();
        if restarts {
            owner.restart();
            assert!(owner.is_held(1));
        }
        owner.pass(599);
        assert!(owner.is_held(1), "it was promised for ten minutes");
        owner.pass(1);
        assert!(!owner.is_held(1), "its time is over");
    }
}

#[test]
fn holds_given_under_the_wrong_clock_last_their_time_too() {
    let mut owner = after_a_wrong_day(SaleTerms::default());
    owner.pass(599);
    assert!(owner.is_held(0));
    owner.pass(1);
    assert!(!owner.is_held(0));
}

#[test]
fn time_goes_on_while_nothing_is_decided() {
    let mut owner = after_a_wrong_day(SaleTerms::default());
    for _ in 0..50 {
        owner.pass(10);
        owner.ask(&hold(1, staff(1), seats([0]))).unwrap_err();
    }
    owner.pass(100);
    assert!(!owner.is_held(0));
}

#[test]
fn the_sale_window_is_judged_by_the_wall_alone() {
    let terms = SaleTerms {
        on_sale_until: Some(Timestamp::from_unix_seconds(3_600)),
        ..SaleTerms::default()
    };
    let mut owner = after_a_wrong_day(terms);
    owner.ask(&hold(2, buyer(2), seats([1]))).unwrap();
    owner.restart();
    owner.ask(&hold(3, buyer(2), seats([2]))).unwrap();
    owner.pass(3_600);
    let late = owner.ask(&hold(4, buyer(2), seats([3])));
    assert_eq!(late, Err(Rejection::NotOnSale { opens_at: None }));
}

#[test]
fn a_deadline_is_given_as_the_wall_will_show_it() {
    let mut owner = after_a_wrong_day(SaleTerms::default());
    owner.pass(60);
    owner.ask(&hold(2, buyer(2), seats([1]))).unwrap();
    let deadline = owner.map.hold(hold_id(2)).unwrap().expires_at;
    assert_eq!(deadline, Timestamp::from_unix_seconds(DAY + 660));
    let told = owner.map.on_the_wall(deadline);
    assert_eq!(told, Timestamp::from_unix_seconds(660));
    let moment = owner.map.now(owner.reading());
    assert_eq!(moment.own, Timestamp::from_unix_seconds(DAY + 60));
}

#[test]
fn a_right_clock_is_the_only_one() {
    let mut owner = Owner::open(SaleTerms::default());
    owner.pass(60);
    owner.ask(&hold(1, buyer(1), seats([0]))).unwrap();
    let moment = owner.map.now(owner.reading());
    assert_eq!(moment.own, moment.wall);
    assert_eq!(moment.ahead_micros(), 0);
}
