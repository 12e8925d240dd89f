//! One process: a box office, its way to the store and its clock.

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::BoxOffice;
use journal::Journal;

use crate::clock::JumpingClock;
use crate::faulty_journal::{FaultyJournal, Life};

#[derive(Debug)]
pub(super) struct Process {
    pub(super) number: u32,
    pub(super) office: BoxOffice,
    pub(super) journal: Arc<FaultyJournal>,
    pub(super) clock: Arc<JumpingClock>,
}

impl Process {
    pub(super) async fn start(
        number: u32,
        journal: Arc<FaultyJournal>,
        clock: JumpingClock,
        options: actors::options::OwnerOptions,
    ) -> Result<Self, String> {
        let clock = Arc::new(clock);
        let kept: Arc<dyn Journal> = Arc::<FaultyJournal>::clone(&journal);
        let office = BoxOffice::open(kept, Arc::<JumpingClock>::clone(&clock), options).await;
        Ok(Self {
            number,
            office: office.map_err(|error| format!("no box office: {error}"))?,
            journal,
            clock,
        })
    }

    /// Ends it without notice: what is not durable is lost.
    pub(super) fn crash(&self) {
        self.journal.set_life(Life::Dead);
        self.office.crash();
    }

    /// Stops it in good order.
    pub(super) async fn stop(&self) {
        self.office.stop(Duration::from_secs(5)).await;
        self.crash();
    }
}
