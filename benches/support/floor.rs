//! A seat map in the middle of its sale.

use std::hint::black_box;

use seating::command::Command;
use seating::entry::RequestStamp;
use seating::sale_terms::SaleTerms;
use seating::seat_map::{Asked, Entries, Executed, SeatMap};
use seating::timestamp::Timestamp;
use testkit::commands::{buyer, confirm, hold, seats, staff};
use testkit::rehearsal::Rehearsal;

use crate::arena::arena;

/// A seat map being sold.
pub(crate) struct Floor {
    pub(crate) map: SeatMap,
    pub(crate) now: Timestamp,
}

impl Floor {
    /// So many seats in a hundred are sold at random, each by itself.
    pub(crate) fn sold(size: u32, percent: u64) -> Self {
        let terms = SaleTerms {
            max_per_buyer: 1_000,
            ..SaleTerms::default()
        };
        let Rehearsal { map, now, .. } = arena(size).open(terms);
        let mut floor = Self { map, now };
        let mut dice = Dice(88_172_645_463_325_252);
        for seat in 0..size {
            if dice.roll() % 100 < percent {
                let number = u128::from(seat) + 1;
                floor.decide(&hold(number, buyer(number), seats([seat])));
                floor.decide(&confirm(number, staff(0), number));
            }
        }
        floor
    }

    /// Has a command decided that must be granted.
    pub(crate) fn decide(&mut self, command: &Command) {
        self.decide_under(command, None);
    }

    /// The same under a request of its own, if one is given.
    pub(crate) fn decide_under(&mut self, command: &Command, stamp: Option<RequestStamp>) {
        let mut entries = Entries::new();
        let answer = self
            .map
            .execute(self.now, command, stamp.map(Asked::from), &mut entries);
        assert_eq!(answer.unwrap().unwrap(), Executed::Recorded);
        black_box(&entries);
        self.map.clear_changes();
    }
}

/// The same numbers every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// The next number.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
}
