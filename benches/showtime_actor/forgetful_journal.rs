//! A journal that calls everything durable at once and keeps nothing, so that neither a lock nor
//! growing memory is measured with the owners.

use std::sync::Arc;

use actors::clock::{Clock, SystemClock};
use journal::backlog::Backlog;
use journal::{Append, Claim, Journal, JournalClosed, Loading, Notice, Standing, Succession};
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatLayout;
use seating::seat_map::SeatMap;
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;

/// Every showtime has the same layout and no history.
#[derive(Debug)]
pub(crate) struct ForgetfulJournal {
    layout: Arc<SeatLayout>,
    opening: Entry,
    backlog: Arc<Backlog>,
}

impl ForgetfulJournal {
    pub(crate) fn of(layout: Arc<SeatLayout>) -> Self {
        Self {
            layout,
            opening: SeatMap::opening(SaleTerms::default(), None, SystemClock::start().now()),
            backlog: Backlog::new(65_536),
        }
    }
}

impl Journal for ForgetfulJournal {
    fn look(&self, _showtime: ShowtimeId) -> Loading<'_, Standing> {
        let standing = Standing {
            store_time: None,
            epoch: Epoch(0),
            step: 1,
            layout: Arc::clone(&self.layout),
        };
        Box::pin(async move { Ok(standing) })
    }

    fn claim(&self, _showtime: ShowtimeId, succession: Succession) -> Loading<'_, Claim> {
        let claim = Claim {
            epoch: succession.to,
            store_time: None,
        };
        Box::pin(async move { Ok(claim) })
    }

    fn epochs(&self, showtimes: &[ShowtimeId]) -> Loading<'_, Vec<(ShowtimeId, Epoch)>> {
        // What the first claim of each was given.
        let all: Vec<_> = showtimes.iter().map(|of| (*of, Epoch(1))).collect();
        Box::pin(async { Ok(all) })
    }

    fn time(&self) -> Loading<'_, Option<Timestamp>> {
        Box::pin(async { Ok(None) })
    }

    fn snapshot(
        &self,
        _showtime: ShowtimeId,
        _up_to: Option<Seq>,
    ) -> Loading<'_, Option<Snapshot>> {
        Box::pin(async { Ok(None) })
    }

    fn entries(&self, _showtime: ShowtimeId, after: Seq, _limit: usize) -> Loading<'_, Vec<Entry>> {
        let opening = Some(&self.opening).filter(|entry| entry.seq > after);
        let entries = opening.cloned().into_iter().collect();
        Box::pin(async move { Ok(entries) })
    }

    fn answered(&self, _showtime: ShowtimeId, _key: u128) -> Loading<'_, Option<Entry>> {
        Box::pin(async { Ok(None) })
    }

    fn waking(&self, _after: Option<ShowtimeId>, _limit: usize) -> Loading<'_, Vec<ShowtimeId>> {
        Box::pin(async { Ok(Vec::new()) })
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
        let last = append.entries.last().ok_or(JournalClosed)?.seq;
        drop(append.reservation);
        (append.reign.listener)(Notice::Durable(last));
        Ok(())
    }

    fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }
}
