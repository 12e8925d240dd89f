//! **The simulation**: whole box offices in one thread, with random buyers and random faults, from
//! one seed.
//!
//! ```text
//!   buyers and staff ──► process 1: BoxOffice ──► FaultyJournal ──┐
//!          │                 (its own clock)        (latency,      ├──► MemoryJournal
//!          └────────────► process 2: BoxOffice ──► FaultyJournal ──┘    what is durable
//!                                ▲                   errors, lost answers)
//!   disruptor ───────────────────┘ panics, kills, crashes, restarts, freezes, clock jumps
//! ```
//!
//! The owners, their supervisor, the directory and the admission are the real ones. Time is virtual
//! and everything runs on one thread, so that the order of all that happens follows from the seed
//! alone: the same seed is the same story, line by line. Judgement is passed by code that knows
//! nothing of a seat map ([`judgement`]).
//!
//! It uses nothing of the owners but what everybody may use, and the ways to make one fail that
//! tests are given. It never waits for real time, and draws every number from its seed.
//!
//! # How to add a fault
//!
//! A count of it in `tally.rs`, so that one which never happens is noticed; its turn in
//! `disruptor.rs`, or in `faulty_journal.rs` if it is the store's. Older seeds tell other stories
//! from then on.

mod books;
mod buyer;
mod clock;
mod disruptor;
mod faulty_journal;
mod finale;
mod judgement;
mod kinds;
mod process;
mod shared;
mod story;
mod tally;
mod world;

use std::sync::{Arc, Once};

use actors::box_office::PANIC_ON_DEMAND;

use crate::world::World;

pub use crate::story::{Failure, Story};
pub use crate::tally::Tally;

/// Keeps the panics that the disruptor causes from filling the error stream.
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
///
/// # Errors
///
/// The first promise that was broken, with its seed and its story.
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
