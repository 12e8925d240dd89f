//! A seat map from snapshot and journal.

use std::sync::Arc;

use metrics::{counter, histogram};
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::journal::{Journal, JournalError};
use seating::seat_layout::SeatLayout;
use seating::seat_map::SeatMap;
use tokio::time::Instant;

use crate::metrics::{REHYDRATED_ENTRIES, REHYDRATION_DURATION};

/// Entries loaded at a time: a few megabytes of memory, a few milliseconds of replay.
const PAGE_ENTRIES: usize = 10_000;

/// A showtime rebuilt.
#[derive(Debug)]
pub(crate) struct Rehydrated {
    pub(crate) map: SeatMap,
    /// The last entry that a stored snapshot covers.
    pub(crate) snapshot_seq: Seq,
}

/// Loads the newest snapshot that holds and the entries after it, for the reign that has begun.
///
/// A snapshot that cannot be restored is passed over for an older one, in the end for none: they
/// are caches. Entries that do not fit are an error: they are the truth.
pub(crate) async fn rehydrate(
    journal: &Arc<dyn Journal>,
    showtime: ShowtimeId,
    epoch: Epoch,
    layout: Arc<SeatLayout>,
) -> Result<Rehydrated, JournalError> {
    let begun = Instant::now();
    let mut map = restore_newest(journal, showtime, &layout).await?;
    let snapshot_seq = map.seq();
    replay(journal, showtime, &mut map).await?;
    map.check()
        .map_err(|violation| damaged(showtime, &violation))?;
    if map.settings().is_none() {
        return Err(damaged(showtime, &"it has no first entry"));
    }
    let entries = map.seq().0 - snapshot_seq.0;
    counter!(REHYDRATED_ENTRIES).increment(entries);
    histogram!(REHYDRATION_DURATION).record(begun.elapsed());
    tracing::debug!(
        showtime.id = %showtime,
        showtime.epoch = epoch.0,
        entries,
        took_ms = begun.elapsed().as_millis(),
        "owner rehydrated"
    );
    Ok(Rehydrated { map, snapshot_seq })
}

async fn restore_newest(
    journal: &Arc<dyn Journal>,
    showtime: ShowtimeId,
    layout: &Arc<SeatLayout>,
) -> Result<SeatMap, JournalError> {
    let mut up_to = None;
    while let Some(snapshot) = journal.snapshot(showtime, up_to).await? {
        let seq = snapshot.seq;
        match SeatMap::restore(Arc::clone(layout), snapshot) {
            Ok(map) => return Ok(map),
            Err(broken) => {
                tracing::warn!(
                    showtime.id = %showtime,
                    snapshot.seq = seq.0,
                    error = %broken,
                    "snapshot does not hold, trying an older one"
                );
            }
        }
        if seq <= Seq(1) {
            break;
        }
        up_to = Some(Seq(seq.0 - 1));
    }
    Ok(SeatMap::new(Arc::clone(layout)))
}

async fn replay(
    journal: &Arc<dyn Journal>,
    showtime: ShowtimeId,
    map: &mut SeatMap,
) -> Result<(), JournalError> {
    loop {
        let entries = journal.entries(showtime, map.seq(), PAGE_ENTRIES).await?;
        for entry in &entries {
            map.apply(entry)
                .map_err(|broken| damaged(showtime, &broken))?;
            map.clear_changes();
        }
        if entries.len() < PAGE_ENTRIES {
            return Ok(());
        }
        // A long replay lets others on this thread have their turn.
        tokio::task::yield_now().await;
    }
}

fn damaged(showtime: ShowtimeId, reason: &impl ToString) -> JournalError {
    JournalError::Damaged {
        showtime,
        reason: reason.to_string(),
    }
}
