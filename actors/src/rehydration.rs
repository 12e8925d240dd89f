//! A seat map from snapshot and journal.

use std::sync::Arc;

use journal::{Journal, JournalError};
use metrics::{counter, histogram};
use seating::ids::{Seq, ShowtimeId};
use seating::seat_layout::SeatLayout;
use seating::seat_map::{Broken, SeatMap};
use tokio::time::Instant;

use crate::heavy::heavy;
use crate::metrics::{REHYDRATED_ENTRIES, REHYDRATION_DURATION};

/// Entries loaded at a time: a few megabytes of memory, a few milliseconds of replay.
pub(crate) const PAGE_ENTRIES: usize = 10_000;

/// A showtime rebuilt.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    pub(crate) map: SeatMap,
    /// The last entry that a stored snapshot covers.
    pub(crate) snapshot_seq: Seq,
}

/// Loads the newest valid snapshot and the entries after it. Claims nothing: it serves owners
/// and onlookers alike.
///
/// A snapshot that cannot be restored is passed over for an older one, in the end for none: they
/// are caches. Entries that do not fit are an error: they are the truth.
pub(crate) async fn rebuild(
    journal: &Arc<dyn Journal>,
    showtime: ShowtimeId,
    layout: Arc<SeatLayout>,
) -> Result<Rebuilt, JournalError> {
    let begun = Instant::now();
    let map = restore_newest(journal, showtime, &layout).await?;
    let snapshot_seq = map.seq();
    let map = replay(journal, showtime, map).await?;
    let map = heavy(move || map.check().map(|()| map));
    let map = map.await.map_err(|died| damaged(showtime, &died))?;
    let map = map.map_err(|violation| damaged(showtime, &violation))?;
    if map.terms().is_none() {
        return Err(damaged(showtime, &"it has no first entry"));
    }
    let entries = map.seq().0 - snapshot_seq.0;
    counter!(REHYDRATED_ENTRIES).increment(entries);
    histogram!(REHYDRATION_DURATION).record(begun.elapsed());
    tracing::debug!(
        showtime.id = %showtime,
        entries,
        took_ms = begun.elapsed().as_millis(),
        "a showtime was rebuilt"
    );
    Ok(Rebuilt { map, snapshot_seq })
}

async fn restore_newest(
    journal: &Arc<dyn Journal>,
    showtime: ShowtimeId,
    layout: &Arc<SeatLayout>,
) -> Result<SeatMap, JournalError> {
    let mut up_to = None;
    while let Some(snapshot) = journal.snapshot(showtime, up_to).await? {
        let seq = snapshot.seq;
        let layout = Arc::clone(layout);
        let restored = heavy(move || SeatMap::restore(layout, snapshot)).await;
        match restored.map_err(|died| damaged(showtime, &died))? {
            Ok(map) => return Ok(map),
            Err(broken) => {
                tracing::warn!(
                    showtime.id = %showtime,
                    snapshot.seq = seq.0,
                    error = %broken,
                    "a snapshot does not fit its layout, an older one is tried"
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
    mut map: SeatMap,
) -> Result<SeatMap, JournalError> {
    loop {
        let entries = journal.entries(showtime, map.seq(), PAGE_ENTRIES).await?;
        if entries.is_empty() {
            return Ok(map);
        }
        let page = entries.len();
        let followed = heavy(move || {
            for entry in &entries {
                map.apply(entry)?;
                map.clear_changes();
            }
            Ok::<_, Broken>(map)
        });
        let followed = followed.await.map_err(|died| damaged(showtime, &died))?;
        map = followed.map_err(|broken| damaged(showtime, &broken))?;
        if page < PAGE_ENTRIES {
            return Ok(map);
        }
        // A long replay lets others on this thread have their turn.
        tokio::task::yield_now().await;
    }
}

pub(crate) fn damaged(showtime: ShowtimeId, reason: &impl ToString) -> JournalError {
    JournalError::Damaged {
        showtime,
        reason: reason.to_string(),
    }
}
