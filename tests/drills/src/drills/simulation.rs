//! Whole box offices in virtual time, seed after seed; see [`::simulation`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::available_parallelism;

use simulation::{Failure, Tally, hush_expected_panics, simulate};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;

use super::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "simulation",
    about: "real owners under random faults in virtual time, from seeds",
    run: |options| Box::pin(play(options)),
};

/// Seeds yet to be played.
#[derive(Debug)]
struct Seeds {
    next: AtomicU64,
    end: u64,
    broken: AtomicBool,
}

async fn play(options: Options) -> Result<Summary, DrillError> {
    hush_expected_panics();
    let first = options.seed();
    let seeds = Arc::new(Seeds {
        next: AtomicU64::new(first),
        end: first + options.seeds(1_000, 20_000),
        broken: AtomicBool::new(false),
    });
    let began = Instant::now();
    let mut players = JoinSet::new();
    for _ in 0..available_parallelism()?.get() {
        let seeds = Arc::clone(&seeds);
        players.spawn(async move { spawn_blocking(move || play_some(&seeds)).await });
    }
    let (mut summary, mut tally) = (Summary::default(), Tally::default());
    while let Some(played) = players.join_next().await {
        let died = |error: &dyn std::error::Error| DrillError::Unexpected(error.to_string());
        let played = played.map_err(|error| died(&error))?;
        let (some, failure) = played.map_err(|error| died(&error))?;
        tally += some;
        if let Some(failure) = failure {
            summary.violate(failure.to_string());
        }
    }
    for (name, count) in tally.counts() {
        summary.count(name, count);
    }
    let took_ms = began.elapsed().as_millis().max(1);
    let per_second = u128::from(tally.seeds) * 1_000 / took_ms;
    summary.count("seeds per second", u64::try_from(per_second).unwrap_or(0));
    Ok(summary)
}

/// Plays seeds until there are no more or one of them shows a broken promise.
fn play_some(seeds: &Seeds) -> (Tally, Option<Failure>) {
    let mut tally = Tally::default();
    while !seeds.broken.load(Ordering::Relaxed) {
        let seed = seeds.next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds.end {
            break;
        }
        match simulate(seed) {
            Ok(story) => tally += story.tally,
            Err(failure) => {
                seeds.broken.store(true, Ordering::Relaxed);
                return (tally, Some(failure));
            }
        }
    }
    (tally, None)
}
