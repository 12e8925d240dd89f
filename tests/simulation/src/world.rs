//! The common store, the processes that are up, and what everybody in the simulation shares.

use std::sync::Arc;
use std::time::Duration;

use actors::options::{HoldAck, OwnerOptions};
use journal::Journal;
use journal::memory::MemoryJournal;
use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};
use seating::entry::Entry;
use seating::ids::{Seq, ShowtimeId};
use seating::sale_terms::{GapRule, SaleTerms};
use seating::seat_layout::SeatLayout;
use seating::seat_map::SeatMap;
use testkit::layouts::TestLayout;
use uuid::Uuid;

use crate::books::Books;
use crate::clock::{JumpingClock, START};
use crate::faulty_journal::FaultyJournal;
use crate::process::Process;
use crate::shared::Shared;
use crate::story::{Failure, Story};

#[derive(Debug)]
pub(super) struct World {
    seed: u64,
    pub(super) store: Arc<MemoryJournal>,
    pub(super) books: Arc<Books>,
    pub(super) layout: Arc<SeatLayout>,
    pub(super) showtimes: Vec<ShowtimeId>,
    options: OwnerOptions,
    backlog: usize,
    processes: Shared<Up>,
}

#[derive(Debug, Default)]
struct Up {
    /// Those that run or are frozen, the oldest first.
    running: Vec<Arc<Process>>,
    started: u32,
}

impl World {
    /// The beginning of a seed: its layouts, its terms and its bounds.
    pub(super) fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let layout = TestLayout::empty()
            .tier("T", 1_000)
            .section("S", "T", &[("A", 8), ("B", 7), ("C", 6)])
            .area("G", "T", 9)
            .build();
        let store = MemoryJournal::new(0);
        let showtimes = (0..random.random_range(1..=3)).map(|_| ShowtimeId::new(id(&mut random)));
        let showtimes: Vec<ShowtimeId> = showtimes.collect();
        for showtime in &showtimes {
            let gap_rule = match random.random_range(0..3) {
                0 => GapRule::Lenient,
                _ => GapRule::Off,
            };
            let terms = SaleTerms {
                hold_ttl_seconds: random.random_range(60..=240),
                gap_rule,
                ..SaleTerms::default()
            };
            let opening = SeatMap::opening(terms, None, START);
            store.create(*showtime, Arc::clone(&layout), opening);
        }
        let early = random.random_ratio(1, 8);
        let options = OwnerOptions {
            door_patience: Duration::from_millis(50),
            hold_ack: if early {
                HoldAck::Memory
            } else {
                HoldAck::Journaled
            },
            in_flight_max: random.random_range(8..40),
            call_timeout: Duration::from_millis(random.random_range(200..4_000)),
            passivate_after: Duration::from_secs(random.random_range(4..40)),
            snapshot_every: random.random_range(2..20),
            rehydrations_max: random.random_range(1..=2),
            owners_max: random.random_range(1..=4),
            round_every: Duration::from_secs(random.random_range(1..60)),
            ..OwnerOptions::default()
        };
        Self {
            seed,
            store,
            books: Books::open(),
            layout,
            showtimes,
            options,
            backlog: random.random_range(8..64),
            processes: Shared::default(),
        }
    }

    /// Randomness for one part of the simulation, the same for the same seed and part.
    pub(super) fn random(&self, part: u64) -> SmallRng {
        SmallRng::seed_from_u64(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ part)
    }

    /// Starts a process whose clock is ahead of the others' by so much.
    pub(super) async fn start(&self, ahead: Duration) -> Result<Arc<Process>, String> {
        self.start_with(ahead, self.options).await
    }

    /// Starts a process that has room for every showtime.
    pub(super) async fn start_with_room(&self) -> Result<Arc<Process>, String> {
        let options = OwnerOptions {
            owners_max: self.showtimes.len(),
            ..self.options
        };
        self.start_with(Duration::ZERO, options).await
    }

    async fn start_with(
        &self,
        ahead: Duration,
        options: OwnerOptions,
    ) -> Result<Arc<Process>, String> {
        let number = self.processes.with(|up| {
            up.started += 1;
            up.started
        });
        self.books.note(&format_args!("p{number} starts"));
        self.books.count(|tally| tally.starts += 1);
        let journal = FaultyJournal::start(
            (number, self.random(1_000 + u64::from(number))),
            self.backlog,
            Arc::clone(&self.store),
            Arc::clone(&self.books),
        );
        let latest = Arc::clone(&self.books.furthest_ahead_micros);
        let clock = JumpingClock::new(self.books.begun(), ahead, latest);
        let process = Process::start(number, journal, clock, options).await?;
        let process = Arc::new(process);
        let up = Arc::clone(&process);
        self.processes.with(|all| all.running.push(up));
        Ok(process)
    }

    /// Takes a process out, so that nobody new comes to it.
    pub(super) fn take_out(&self, process: &Process) {
        let number = process.number;
        self.processes
            .with(|up| up.running.retain(|other| other.number != number));
    }

    pub(super) fn running(&self) -> Vec<Arc<Process>> {
        self.processes.with(|up| up.running.clone())
    }

    /// Some process that is up.
    pub(super) fn some_process(&self, random: &mut SmallRng) -> Option<Arc<Process>> {
        self.processes.with(|up| match up.running.len() {
            0 => None,
            up_now => Some(Arc::clone(&up.running[random.random_range(0..up_now)])),
        })
    }

    pub(super) fn some_showtime(&self, random: &mut SmallRng) -> ShowtimeId {
        self.showtimes[random.random_range(0..self.showtimes.len())]
    }

    /// What is durable at a number now.
    pub(super) async fn durable(&self, showtime: ShowtimeId, seq: Seq) -> Option<Entry> {
        let before = Seq(seq.0.saturating_sub(1));
        let entries = self.store.entries(showtime, before, 1).await;
        entries.ok()?.into_iter().next()
    }

    /// How many entries are durable now.
    pub(super) fn durable_count(&self, showtime: ShowtimeId) -> usize {
        self.store.durable_count(showtime)
    }

    /// The story that it was, or what is wrong with it.
    pub(super) fn close(&self, judged: Result<(), String>) -> Result<Story, Failure> {
        let virtual_ms = self.books.begun().elapsed().as_millis();
        self.books.count(|tally| {
            tally.seeds += 1;
            tally.virtual_ms += u64::try_from(virtual_ms).unwrap_or(u64::MAX);
        });
        let journals = self.showtimes.iter().map(|of| self.store.durable(*of));
        let journals = journals.collect();
        let (diary, tally, complaint) = self.books.with(|pages| {
            let diary = std::mem::take(&mut pages.diary);
            (diary, pages.tally, pages.complaint.take())
        });
        match complaint.or_else(|| judged.err()) {
            None => Ok(Story {
                diary,
                journals,
                tally,
            }),
            Some(what) => Err(Failure {
                seed: self.seed,
                what,
                diary,
            }),
        }
    }
}

/// An id that follows from the seed.
pub(super) fn id(random: &mut impl Rng) -> Uuid {
    Uuid::from_u128(random.random())
}
