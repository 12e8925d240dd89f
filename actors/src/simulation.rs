//! Whole box offices in one thread, with random buyers and random faults, from one seed.
//!
//! ```text
//!   buyers, the house ──► process 1: BoxOffice ──► FaultyJournal ──┐
//!          │                 (its own clock)        (latency,      ├──► MemoryJournal
//!          └────────────► process 2: BoxOffice ──► FaultyJournal ──┘    what is durable
//!                                ▲                   errors, lost answers)
//!   disruptor ───────────────────┘ panics, kills, crashes, restarts, freezes, clock jumps
//! ```
//!
//! The owners, their supervisor, the directory and the admission are the real ones. Time is
//! virtual and everything runs on one thread, so that the order of all events follows from the
//! seed alone: the same seed is the same story, line by line. Judgement is passed by code that
//! knows nothing of a seat map ([`ledger`]).

mod books;
mod buyer;
mod clock;
mod disruptor;
mod errand;
mod faulty_journal;
mod finale;
mod judgement;
mod ledger;
mod process;
mod shared;
mod world;

use std::fmt;
use std::ops::AddAssign;
use std::sync::{Arc, Once};

use seating::event::Entry;

use crate::showtime::PANIC_ON_DEMAND;
use crate::simulation::world::World;

/// Lines of the diary that a failure shows.
const LINES_SHOWN: usize = 60;

/// What one seed came to.
#[derive(Debug)]
pub struct Story {
    /// Everything that happened, in order.
    pub diary: Vec<String>,
    /// What is durable in the end, showtime by showtime.
    pub journals: Vec<Vec<Entry>>,
    /// How much of it there was.
    pub tally: Tally,
}

/// A promise broken.
#[derive(Debug, thiserror::Error)]
pub struct Failure {
    /// The seed that shows it.
    pub seed: u64,
    /// What is wrong.
    pub what: String,
    /// Everything that happened until then.
    pub diary: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.diary.len().saturating_sub(LINES_SHOWN);
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        writeln!(f, "the last of {} lines:", self.diary.len())?;
        for line in &self.diary[skipped..] {
            writeln!(f, "  {line}")?;
        }
        write!(
            f,
            "again: FULLHOUSE_SIMULATION_SEED={} cargo test -p actors --test owners simulation",
            self.seed
        )
    }
}

macro_rules! tally {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How often what happened.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Tally {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl AddAssign for Tally {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }

        impl Tally {
            /// Every count with its name.
            pub fn counts(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

tally! {
    /// Simulations told to the end.
    seeds,
    /// Attempts of commands.
    attempts,
    /// Answers with a new entry.
    granted,
    /// Answers with the entry of an earlier attempt.
    replayed,
    /// Answers that the rules say no.
    rejected,
    /// Attempts refused for certain: overload, a rest, a closed door.
    refused,
    /// Attempts whose outcome nobody was told.
    unknown,
    /// Callers that went away before their answer.
    given_up,
    /// Questions answered: holds, views, snapshots.
    reads,
    /// Durable entries.
    entries,
    /// Commits.
    commits,
    /// Commits that failed and were tried again.
    commits_failed,
    /// Commits whose answer was lost.
    commits_unknown,
    /// Loads that failed.
    loads_failed,
    /// Claims that were recorded although the claimer was told that they failed.
    claims_unknown,
    /// Claims that came too late and took nothing.
    claims_overtaken,
    /// Appends refused because a newer reign had begun.
    fenced,
    /// Entries that the store refused for good.
    poisoned,
    /// Owners told to panic.
    panics,
    /// Owners killed.
    kills,
    /// Processes that ended without notice.
    crashes,
    /// Processes stopped in good order.
    stops,
    /// Processes started.
    starts,
    /// Showtimes claimed by another process than before.
    takeovers,
    /// Processes frozen and thawed again.
    freezes,
    /// Showtimes whose stored snapshots were damaged.
    snapshots_damaged,
    /// Clocks put forward.
    jumps_forward,
    /// Clocks put back.
    jumps_back,
    /// Milliseconds of virtual time.
    virtual_ms,
}

/// Keeps the panics that owners are told to have from filling the error stream.
pub fn hush_expected_panics() {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload_as_str() != Some(PANIC_ON_DEMAND) {
                usual(panic);
            }
        }));
    });
}

/// Plays one seed from beginning to end and judges it.
pub fn simulate(seed: u64) -> Result<Story, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.map_err(|error| Failure {
        seed,
        what: format!("no runtime: {error}"),
        diary: Vec::new(),
    })?;
    runtime.block_on(async {
        let world = Arc::new(World::new(seed));
        let judged = finale::play_and_judge(&world).await;
        world.close(judged)
    })
}
