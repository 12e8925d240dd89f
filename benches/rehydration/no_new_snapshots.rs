//! The journal of PostgreSQL, but that nothing more is remembered in snapshots: rebuilding an owner
//! then costs the same however often it is done.

use std::sync::Arc;

use journal::backlog::Backlog;
use journal::{Append, Claim, Journal, JournalClosed, Loading, Standing, Succession};
use persistence::journal::PgJournal;
use seating::event::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;

#[derive(Debug)]
pub(crate) struct NoNewSnapshots(pub(crate) Arc<PgJournal>);

impl Journal for NoNewSnapshots {
    fn look(&self, showtime: ShowtimeId) -> Loading<'_, Standing> {
        self.0.look(showtime)
    }

    fn claim(&self, showtime: ShowtimeId, succession: Succession) -> Loading<'_, Claim> {
        self.0.claim(showtime, succession)
    }

    fn epochs(&self, showtimes: &[ShowtimeId]) -> Loading<'_, Vec<(ShowtimeId, Epoch)>> {
        self.0.epochs(showtimes)
    }

    fn time(&self) -> Loading<'_, Option<Timestamp>> {
        self.0.time()
    }

    fn snapshot(&self, showtime: ShowtimeId, up_to: Option<Seq>) -> Loading<'_, Option<Snapshot>> {
        self.0.snapshot(showtime, up_to)
    }

    fn entries(&self, showtime: ShowtimeId, after: Seq, limit: usize) -> Loading<'_, Vec<Entry>> {
        self.0.entries(showtime, after, limit)
    }

    fn answered(&self, showtime: ShowtimeId, key: u128) -> Loading<'_, Option<Entry>> {
        self.0.answered(showtime, key)
    }

    fn waking(&self, after: Option<ShowtimeId>, limit: usize) -> Loading<'_, Vec<ShowtimeId>> {
        self.0.waking(after, limit)
    }

    fn save_snapshot(
        &self,
        _showtime: ShowtimeId,
        _reign: Epoch,
        _snapshot: Snapshot,
    ) -> Loading<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn append(&self, append: Append) -> Result<(), JournalClosed> {
        self.0.append(append)
    }

    fn backlog(&self) -> &Arc<Backlog> {
        self.0.backlog()
    }
}
