//! How much of a drill is run.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// What can be chosen on the command line; every drill has its own usual amount.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// The bounded version: all drills together take a few minutes.
    #[arg(long)]
    quick: bool,
    /// How often the fault is repeated, for drills that count.
    #[arg(long)]
    cycles: Option<u32>,
    /// How long the fault goes on, for drills that last.
    #[arg(long)]
    seconds: Option<u64>,
    /// How many simulations are played.
    #[arg(long)]
    seeds: Option<u64>,
    /// What the random choices follow from; what the threads make of them differs every time.
    #[arg(long)]
    seed: Option<u64>,
    /// A folder on a disk of at most 1 GiB that `disk_full` may fill, if none can be mounted.
    #[arg(long)]
    small_disk: Option<PathBuf>,
    /// Drills that this machine does not permit do not count as failed among `all`.
    #[arg(long)]
    allow_not_run: bool,
    /// Chosen once per run when none is given.
    #[arg(skip = rand::random::<u32>())]
    random_seed: u32,
}

impl Options {
    /// Whether this is the bounded version.
    pub(crate) const fn quick(&self) -> bool {
        self.quick
    }

    /// How often, unless the command line says otherwise.
    pub(crate) fn cycles(&self, quick: u32, usual: u32) -> u32 {
        self.cycles
            .unwrap_or(if self.quick { quick } else { usual })
    }

    /// How long, unless the command line says otherwise.
    pub(crate) fn seconds(&self, quick: u64, usual: u64) -> Duration {
        let usual = if self.quick { quick } else { usual };
        Duration::from_secs(self.seconds.unwrap_or(usual))
    }

    /// How many seeds, unless the command line says otherwise.
    pub(crate) fn seeds(&self, quick: u64, usual: u64) -> u64 {
        self.seeds.unwrap_or(if self.quick { quick } else { usual })
    }

    /// What the random choices follow from.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| self.random_seed.into())
    }

    /// A disk to fill.
    pub(crate) fn small_disk(&self) -> Option<PathBuf> {
        self.small_disk.clone()
    }

    /// Whether a drill among others may be left out where the machine does not permit it.
    pub(crate) const fn allow_not_run(&self) -> bool {
        self.allow_not_run
    }
}
