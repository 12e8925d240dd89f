//! Selling the house of a plan.

use std::sync::Arc;

use seating::command::{Command, Want};
use seating::event::Event;
use seating::rejection::Rejection;
use seating::seat_layout::SeatIndex;
use seating::settings::{GapRule, Settings};
use testkit::commands::{best, block_places, buyer, wish};
use testkit::rehearsal::Rehearsal;

use super::PlannedHouse;

/// A buyer after the other asks the house of a plan for so many places together.
pub(super) struct Sale(pub(super) Rehearsal);

impl Sale {
    pub(super) fn of(house: PlannedHouse) -> Self {
        Self::under(house, GapRule::Off)
    }

    pub(super) fn under(house: PlannedHouse, gap_rule: GapRule) -> Self {
        let settings = Settings {
            gap_rule,
            ..Settings::default()
        };
        Self(Rehearsal::open(Arc::new(house.layout), settings))
    }

    pub(super) fn ask(&mut self, want: Want) -> Result<Vec<String>, Rejection> {
        let number = self.0.entries.len() as u128;
        let event = self
            .0
            .ask(&Command::Hold(wish(number, buyer(number), want)))?;
        let Event::Held(held) = event else {
            unreachable!("{event:?}");
        };
        let layout = self.0.map.layout();
        Ok(held
            .places
            .seats
            .iter()
            .map(|&seat| layout.seat_id(seat).to_owned())
            .collect())
    }

    pub(super) fn best(&mut self, quantity: u32) -> Result<Vec<String>, Rejection> {
        self.ask(Want::BestAvailable(best(quantity)))
    }

    pub(super) fn seat(&self, id: &str) -> SeatIndex {
        self.0.map.layout().find_seat(id).unwrap()
    }

    pub(super) fn take_all_but(&mut self, free: impl Fn(&str) -> bool) {
        let layout = Arc::clone(self.0.map.layout());
        let taken = layout.seats().filter(|seat| !free(layout.seat_id(*seat)));
        let taken: Vec<u32> = taken.map(|seat| seat.0).collect();
        self.0
            .ask(&Command::Block(block_places(&taken, &[])))
            .unwrap();
    }
}
