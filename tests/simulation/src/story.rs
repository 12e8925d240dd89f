//! What one seed came to: a story that ended well, or the promise that it broke.

use std::fmt;

use seating::entry::Entry;

use crate::tally::Tally;

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
            "again: FULLHOUSE_SIMULATION_SEED={} cargo test -p simulation",
            self.seed
        )
    }
}
