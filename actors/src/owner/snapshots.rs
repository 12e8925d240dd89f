//! When an owner's state is written down, off the owner's path.

use std::sync::Arc;

use journal::causes::Causes;
use journal::{Journal, Reign};
use seating::ids::Seq;
use seating::seat_map::SeatMap;
use seating::snapshot::Snapshot;
use tokio::task::JoinHandle;

#[derive(Debug)]
pub(crate) struct Snapshots {
    every: u64,
    /// The last entry that a written snapshot covers.
    covered: Seq,
    /// Taken, but not durable yet: live state may be ahead of the journal.
    waiting: Option<Snapshot>,
}

impl Snapshots {
    pub(crate) fn new(every: u64, covered: Seq) -> Self {
        Self {
            every: every.max(1),
            covered,
            waiting: None,
        }
    }

    /// Takes one if enough has happened since the last: the set number of entries, or one for
    /// every four records of the state, so that copying it costs as much per entry however large
    /// it grows.
    pub(crate) fn take_if_due(&mut self, map: &SeatMap) {
        let every = self.every.max(map.records() as u64 / 4);
        if self.waiting.is_none() && map.seq().0 - self.covered.0 >= every {
            self.waiting = map.snapshot();
        }
    }

    /// The waiting snapshot, if everything in it is durable.
    pub(crate) fn durable(&mut self, durable: Seq) -> Option<Snapshot> {
        let snapshot = self.waiting.take_if(|snapshot| snapshot.seq <= durable)?;
        self.covered = snapshot.seq;
        Some(snapshot)
    }

    /// A last snapshot, unless nothing has happened since the one before.
    pub(crate) fn last(&mut self, map: &SeatMap) -> Option<Snapshot> {
        (map.seq() > self.covered).then(|| map.snapshot()).flatten()
    }
}

/// Writes a snapshot. It is a cache: a failure costs time at the next start, nothing else.
pub(crate) fn write(
    journal: &Arc<dyn Journal>,
    reign: &Reign,
    snapshot: Snapshot,
) -> JoinHandle<()> {
    let (journal, showtime, epoch) = (Arc::clone(journal), reign.showtime, reign.epoch);
    tokio::spawn(async move {
        let seq = snapshot.seq;
        if let Err(error) = journal.save_snapshot(showtime, epoch, snapshot).await {
            tracing::warn!(
                showtime.id = %showtime,
                snapshot.seq = seq.0,
                error = %Causes(&error),
                db.sqlstate = Causes(&error).code(),
                "a snapshot was not written"
            );
        }
    })
}
