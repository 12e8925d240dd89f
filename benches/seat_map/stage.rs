//! Floors in the states that are measured, and what is asked on them.

use std::hint::black_box;
use std::sync::Arc;

use seating::command::Command;
use seating::entry::{Entry, RequestStamp};
use seating::rejection::PlaceStatus;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatIndex;
use seating::seat_layout::spec::{
    NumbersSpec, Position, RowSeatsSpec, RowSpec, SeatSpec, SectionKindSpec,
};
use seating::seat_map::{Entries, SeatMap};
use testkit::commands::{buyer, confirm, hold, release, seats, staff};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

use crate::floor::{Dice, Floor};

impl Floor {
    pub(crate) fn half_sold(seats: u32) -> Self {
        Self::sold(seats, 50)
    }

    /// So many parts of two seats, all of one row, and three seats that are near none of them.
    pub(crate) fn of_pairs(pairs: u32) -> Self {
        let numbers = |at: u32| [2 * at, 2 * at + 1].map(|number| number.to_string());
        let rows = (0..pairs).map(|at| RowSpec {
            label: "A".to_owned(),
            seats: RowSeatsSpec::Grid {
                numbers: NumbersSpec::Each(numbers(at).to_vec()),
                price_tier: "GOLD".to_owned(),
            },
        });
        let rows = rows.collect();
        let described = TestLayout::empty().tier("GOLD", 500_000);
        let described = described.with("S", SectionKindSpec::Reserved { rows, stage: None });
        let described = described.section("T", "GOLD", &[("A", 3)]);
        let Rehearsal { map, now, .. } = described.open(SaleTerms::default());
        Self { map, now }
    }

    /// So many rows of two seats, all of which a plan puts in one place.
    pub(crate) fn of_a_pile(rows: u32) -> Self {
        let seat = |row: u32, at: u32| SeatSpec {
            id: format!("{row}-{at}"),
            number: at.to_string(),
            price_tier: "GOLD".to_owned(),
            position: Position {
                x: i32::from(at > 1) * 2_500,
                y: 0,
            },
        };
        let rows = (0..rows).map(|row| RowSpec {
            label: row.to_string(),
            seats: RowSeatsSpec::Listed(vec![seat(row, 1), seat(row, 2)]),
        });
        let rows = rows.collect();
        let described = TestLayout::empty().tier("GOLD", 500_000);
        let described = described.with("S", SectionKindSpec::Reserved { rows, stage: None });
        let Rehearsal { map, now, .. } = described.open(SaleTerms::default());
        Self { map, now }
    }

    /// Another floor in the same state.
    pub(crate) fn twin(&self) -> Self {
        let layout = Arc::clone(self.map.layout());
        let snapshot = self.map.snapshot().unwrap();
        Self {
            map: SeatMap::restore(layout, snapshot).unwrap(),
            now: self.now,
        }
    }

    pub(crate) fn decide_all(&mut self, commands: &[Command]) {
        for command in commands {
            self.decide(command);
        }
    }

    /// Every command under an idempotency key of its own.
    pub(crate) fn decide_all_under_keys(&mut self, commands: &[Command]) {
        for (key, command) in (1..).zip(commands) {
            let fingerprint = key;
            self.decide_under(command, Some(RequestStamp { key, fingerprint }));
        }
    }

    pub(crate) fn try_decide(&mut self, command: &Command) -> bool {
        let mut entries = Entries::new();
        let answer = self.map.execute(self.now, command, None, &mut entries);
        self.map.clear_changes();
        answer.unwrap().is_ok()
    }

    /// Seats with a free right neighbour, no two of these pairs sharing a seat, in random order.
    pub(crate) fn free_pairs(&self) -> Vec<u32> {
        let available = |seat: u32| self.map.seat(SeatIndex(seat)).0 == PlaceStatus::Available;
        let count = u32::try_from(self.map.layout().seat_count()).unwrap();
        let starts = (0..count).step_by(2);
        let mut pairs: Vec<u32> = starts
            .filter(|&s| available(s) && available(s + 1))
            .collect();
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for last in (1..pairs.len()).rev() {
            pairs.swap(last, usize::try_from(dice.roll()).unwrap() % (last + 1));
        }
        pairs
    }

    pub(crate) fn hold_pairs(&mut self, count: usize) -> Vec<u128> {
        let pairs = self.free_pairs().into_iter().take(count);
        let numbered = (1 << 50..).zip(pairs);
        numbered
            .map(|(number, pair)| {
                self.decide(&hold(number, buyer(number), seats([pair, pair + 1])));
                number
            })
            .collect()
    }

    /// Holds, releases and sales of pairs.
    pub(crate) fn busy_history(&mut self, length: usize) -> Vec<Entry> {
        let mut entries = Entries::new();
        let pairs = self.free_pairs();
        for (number, &pair) in (1 << 60..).zip(pairs.iter().cycle()) {
            if entries.len() >= length {
                break;
            }
            let by = buyer(number % 30_000);
            let wanted = hold(number, by, seats([pair, pair + 1]));
            let then = if number % 60 == 0 {
                confirm(number, staff(0), number)
            } else {
                release(number, by)
            };
            for command in [wanted, then] {
                let answer = self.map.execute(self.now, &command, None, &mut entries);
                black_box(answer.unwrap().is_ok());
                self.map.clear_changes();
            }
        }
        entries.truncate(length);
        entries.into_iter().map(Arc::unwrap_or_clone).collect()
    }
}
