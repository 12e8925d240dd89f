//! Seat map and model, asked the same and compared.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use seating::clock::ClockReading;
use seating::command::{BlockPlaces, Command, Want};
use seating::counts::Counts;
use seating::entry::{Decision, Entry, RequestStamp};
use seating::ids::BuyerId;
use seating::places::Places;
use seating::rejection::Rejection;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::seat_map::{Asked, Entries, Executed, SeatMap};
use seating::snapshot::HoldImage;
use seating::timestamp::Timestamp;

use crate::ask::Said;
use crate::layouts::{self, LAYOUTS};
use crate::reference::Model;
use crate::resolve::Resolver;
use crate::steps::{Stamp, Step};
use crate::wishes;

/// Where a history begins.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    layout: usize,
    terms: SaleTerms,
    /// Seats that are blocked from the start, so that the layout is full of holes.
    taken: Vec<u8>,
}

pub(crate) fn scenarios(taken: Range<usize>) -> impl Strategy<Value = Scenario> {
    let scenario = (0..LAYOUTS, wishes::terms(), vec(any::<u8>(), taken));
    scenario.prop_map(|(layout, terms, taken)| Scenario {
        layout,
        terms,
        taken,
    })
}

pub(crate) struct Lockstep {
    map: SeatMap,
    model: Model,
    clock: i64,
    passed: u64,
    steps: u128,
    stamped: Vec<(Command, RequestStamp)>,
}

impl Lockstep {
    pub(crate) fn begin(scenario: &Scenario) -> Self {
        let (layout, facts) = layouts::layout(scenario.layout);
        let at = Timestamp::default();
        let mut map = SeatMap::new(layout);
        map.apply(&SeatMap::opening(scenario.terms.clone(), None, at))
            .unwrap();
        let mut both = Self {
            map,
            model: Model::new(facts, scenario.terms.clone(), at),
            clock: 0,
            passed: 0,
            steps: 0,
            stamped: Vec::new(),
        };
        both.block(&scenario.taken);
        both
    }

    pub(crate) fn take(&mut self, step: &Step) {
        self.clock += i64::from(step.seconds);
        self.passed += u64::from(step.passed_seconds);
        self.steps += 1;
        let resolver = Resolver {
            model: &self.model,
            fresh: self.steps,
        };
        let asked = step.action.command(&resolver);
        let (command, stamp) = self.stamp(&step.stamp, asked);
        self.ask(&command, stamp);
        if self.steps.is_multiple_of(7) {
            self.restart();
        }
    }

    fn block(&mut self, taken: &[u8]) {
        let count = self.model.facts.seats.len();
        let mut seats: Vec<usize> = taken.iter().map(|&at| usize::from(at) % count).collect();
        seats.sort_unstable();
        seats.dedup();
        let seats: Vec<SeatIndex> = seats
            .into_iter()
            .map(|at| SeatIndex(u32::try_from(at).unwrap()))
            .collect();
        if !seats.is_empty() {
            let places = BlockPlaces {
                seats,
                ..BlockPlaces::default()
            };
            self.ask(&Command::Block(places), None);
        }
    }

    fn stamp(&mut self, stamp: &Stamp, asked: Command) -> (Command, Option<RequestStamp>) {
        let earlier = |at: &u8| {
            let at = usize::from(*at).checked_rem(self.stamped.len())?;
            Some(self.stamped[at].clone())
        };
        let stamp = match stamp {
            Stamp::None => return (asked, None),
            Stamp::Fresh => RequestStamp {
                key: self.steps,
                fingerprint: self.steps << 64,
            },
            Stamp::Again(at) => match earlier(at) {
                Some((command, stamp)) => return (command, Some(stamp)),
                None => return (asked, None),
            },
            Stamp::Reused(at) => match earlier(at) {
                Some((_, stamp)) => RequestStamp {
                    fingerprint: self.steps << 64,
                    ..stamp
                },
                None => return (asked, None),
            },
        };
        self.stamped.push((asked.clone(), stamp));
        (asked, Some(stamp))
    }

    fn ask(&mut self, command: &Command, stamp: Option<RequestStamp>) {
        let clock = Timestamp::from_unix_seconds(self.clock);
        let reading = ClockReading {
            wall: clock,
            passed_micros: self.passed * 1_000_000,
        };
        let mut entries = Entries::new();
        let answer = self
            .map
            .execute(reading, command, stamp.map(Asked::from), &mut entries);
        let answer = answer.expect("the seat map fits its own entries");
        let entries: Vec<Entry> = entries.into_iter().map(Arc::unwrap_or_clone).collect();
        let said = said(command, &answer, &entries);
        let expected = self.model.ask((clock, self.passed), command, stamp, &said);
        assert_eq!(without_words(answer), expected.answer, "{command:?}");
        assert_eq!(entries, expected.entries, "{command:?}");
        self.compare();
    }

    fn compare(&mut self) {
        let (map, model) = (&mut self.map, &self.model);
        map.check().unwrap();
        assert_eq!(map.snapshot().unwrap(), model.snapshot());
        for seat in map.layout().seats() {
            assert_eq!(map.seat(seat), model.seat(seat), "{seat:?}");
        }
        for section in (0..).map(SectionIndex).take(model.facts.sections.len()) {
            let counts = map.section_counts(section);
            assert_eq!(public(counts), model.public_counts(section), "{section:?}");
        }
        let deadline = model.live_holds().map(|hold| hold.expires_at).min();
        assert_eq!(map.next_deadline(), deadline);
        assert_eq!(map.live_holds(), model.live_holds().count());
        compare_lists(map, model);
        map.clear_changes();
    }

    /// The owner dies, and the next one begins with the snapshot.
    fn restart(&mut self) {
        let snapshot = self.map.snapshot().unwrap();
        let layout = Arc::clone(self.map.layout());
        self.map = SeatMap::restore(layout, snapshot.clone()).unwrap();
        self.model.passed_at = None;
        assert_eq!(self.map.snapshot().unwrap(), snapshot);
    }
}

/// The lists of live holds: of each buyer, and of all by deadline, three at a time.
fn compare_lists(map: &SeatMap, model: &Model) {
    let by_id = |mut holds: Vec<HoldImage>| {
        holds.sort_unstable_by_key(|hold| hold.id);
        holds
    };
    let buyers: BTreeSet<BuyerId> = model.holds.values().map(|hold| hold.buyer).collect();
    for buyer in buyers {
        let own = model.live_holds().filter(|hold| hold.buyer == buyer);
        let own: Vec<HoldImage> = own.cloned().collect();
        assert_eq!(by_id(map.holds_of(buyer, usize::MAX)), own);
        assert_eq!(map.holds_of(buyer, 1).len(), own.len().min(1));
    }
    let (mut all, mut next) = map.holds_after(None, 3);
    while let Some(after) = next {
        let (more, then) = map.holds_after(Some(after), 3);
        assert!(!more.is_empty(), "there was said to be more");
        all.extend(more);
        next = then;
    }
    assert!(all.is_sorted_by_key(|hold| hold.expires_at));
    assert_eq!(by_id(all), model.live_holds().cloned().collect::<Vec<_>>());
}

fn said(command: &Command, answer: &Result<Executed, Rejection>, entries: &[Entry]) -> Said {
    let mut said = Said::default();
    if let Some(Decision::Expired { holds }) = entries.first().map(|entry| &entry.decision) {
        said.expired.clone_from(holds);
    }
    let best =
        matches!(command, Command::Hold(hold) if matches!(hold.want, Want::BestAvailable(_)));
    if best && *answer == Ok(Executed::Recorded) {
        said.chosen = entries.last().and_then(places_held);
    }
    said
}

fn places_held(entry: &Entry) -> Option<Places> {
    if let Decision::Held(held) = &entry.decision {
        return Some(held.places.clone());
    }
    None
}

fn without_words(answer: Result<Executed, Rejection>) -> Result<Executed, Rejection> {
    answer.map_err(|rejection| {
        if let Rejection::Invalid { field, .. } = rejection {
            return crate::rules_of_holds::invalid(field);
        }
        rejection
    })
}

/// Capacity, reserved, booked and blocked.
fn public(counts: Counts) -> [u32; 4] {
    [
        counts.capacity,
        counts.reserved(),
        counts.booked,
        counts.blocked,
    ]
}
