//! A seat map to rehearse the rules on: asked one command after the other, every answer checked.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::sync::Arc;

use seating::command::Command;
use seating::entry::{Decision, Entry, RequestStamp};
use seating::rejection::{PlaceStatus, Rejection};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SeatLayout};
use seating::seat_map::{Asked, Entries, Executed, SeatMap};
use seating::timestamp::Timestamp;

/// A seat map with a clock, asked one command after the other.
#[derive(Debug)]
pub struct Rehearsal {
    pub map: SeatMap,
    /// The time at which it is asked.
    pub now: Timestamp,
    /// Everything recorded so far.
    pub entries: Vec<Entry>,
}

impl Rehearsal {
    /// Opens a showtime at time 0.
    pub fn open(layout: Arc<SeatLayout>, terms: SaleTerms) -> Self {
        let now = Timestamp::default();
        let opening = SeatMap::opening(terms, None, now);
        let mut map = SeatMap::new(layout);
        map.apply(&opening).expect("the first entry fits");
        Self {
            map,
            now,
            entries: vec![opening],
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: u32) {
        self.now = self.now.plus_seconds(seconds);
    }

    /// Asks, and answers with the decision recorded. The invariants hold afterwards, and a
    /// rejection has changed nothing.
    ///
    /// # Errors
    ///
    /// The rejection by the rules.
    pub fn ask(&mut self, command: &Command) -> Result<Decision, Rejection> {
        let executed = self.request(command, None)?;
        let decision = self.entries.last().map(|entry| entry.decision.clone());
        match (executed, decision) {
            (Executed::Recorded, Some(decision)) => Ok(decision),
            other => panic!("{command:?} was not recorded: {other:?}"),
        }
    }

    /// Asks under an idempotency stamp or none.
    ///
    /// # Errors
    ///
    /// The rejection by the rules.
    pub fn request(
        &mut self,
        command: &Command,
        stamp: Option<RequestStamp>,
    ) -> Result<Executed, Rejection> {
        let before = self.map.snapshot();
        let recorded = self.entries.len();
        let answer = self.unchecked(command, stamp);
        if let Err(violation) = self.map.check() {
            panic!("after {command:?}: {violation}");
        }
        if answer.is_err() && self.entries.len() == recorded {
            assert_eq!(before, self.map.snapshot(), "a rejection changed something");
        }
        answer
    }

    /// Asks without checking what costs time in proportion to the layout.
    ///
    /// # Errors
    ///
    /// The rejection by the rules.
    pub fn unchecked(
        &mut self,
        command: &Command,
        stamp: Option<RequestStamp>,
    ) -> Result<Executed, Rejection> {
        let mut entries = Entries::new();
        let answer = (self.map).execute(self.now, command, stamp.map(Asked::from), &mut entries);
        self.entries
            .extend(entries.into_iter().map(Arc::unwrap_or_clone));
        answer.expect("the seat map fits its own entries")
    }

    /// Whether a seat is for sale, reserved, booked or blocked.
    pub fn status(&self, seat: u32) -> PlaceStatus {
        self.map.seat(SeatIndex(seat)).0
    }

    /// How many places are for sale.
    pub fn available(&self) -> u32 {
        self.map.total_counts().available()
    }
}
