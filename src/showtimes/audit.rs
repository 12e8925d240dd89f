//! Recomputes what must be true of a showtime: memory = journal = tables, and places add up.
//!
//! ```text
//!   journal ──replay──► seat map ──┬── = the owner's memory        at the memory's last event
//!                                  ├── = the newest snapshot       at the snapshot's last event
//!                                  ├── = availability              at its last event
//!                                  ├── = live tickets              somewhere while they were read
//!                                  └── = bookings                  except those changed meanwhile
//! ```
//!
//! The sale goes on meanwhile, so nothing is compared with "now": what was read is compared with
//! the replay at the event that it belongs to. An audit reads and never mends.

mod bookings;
mod report;
mod tables;
mod walk;

use std::sync::Arc;

use journal::Journal;
use persistence::audit::Audit;
use persistence::error::StoreError;
use persistence::showtimes::Showtimes;
use seating::ids::ShowtimeId;
use seating::seat_layout::SeatLayout;
use seating::snapshot::Snapshot;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use report::Report;
use tables::Tables;
use walk::Walk;

/// Audits showtimes.
#[derive(Clone, Debug)]
pub struct Auditor {
    showtimes: Showtimes,
    tables: Audit,
    journal: Arc<dyn Journal>,
    turns: Arc<Semaphore>,
}

/// Audits at once: each copies the whole state of an owner and replays the whole journal.
const AT_ONCE_MAX: usize = 2;

impl Auditor {
    /// Over these tables and this journal.
    pub fn new(showtimes: Showtimes, tables: Audit, journal: Arc<dyn Journal>) -> Self {
        Self {
            showtimes,
            tables,
            journal,
            turns: Arc::new(Semaphore::new(AT_ONCE_MAX)),
        }
    }

    /// The right to make one audit, kept while it is made; `None` while as many as may be are.
    pub fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    /// Audits a showtime, with its owner's memory if there is an owner here. `None` when there is
    /// no such showtime.
    pub async fn audit(
        &self,
        id: ShowtimeId,
        memory: Option<&Snapshot>,
    ) -> Result<Option<Report>, StoreError> {
        let Some((_version, spec)) = self.showtimes.layout(id).await? else {
            return Ok(None);
        };
        let layout = match SeatLayout::build(&spec) {
            Ok(layout) => Arc::new(layout),
            Err(error) => return Ok(Some(Report::unreadable(id, format!("layout: {error}")))),
        };
        let tables = Tables::read(&self.showtimes, &self.tables, id).await?;
        let stored = self.stored_snapshot(id).await;
        let mut walk = Walk::new(id, layout, &tables);
        walk.expect_memory(memory);
        match &stored {
            Ok(snapshot) => walk.expect_snapshot(snapshot.as_ref()),
            Err(difference) => walk.differ(difference.clone()),
        }
        walk.run(&self.showtimes).await?;
        Ok(Some(walk.report()))
    }

    async fn stored_snapshot(&self, id: ShowtimeId) -> Result<Option<Snapshot>, String> {
        let stored = self.journal.snapshot(id, None).await;
        stored.map_err(|error| format!("snapshot: {error}"))
    }
}

#[cfg(test)]
mod tests;
