//! What a new owner reads: its claim and the entries.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use seating::event::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::journal::{Claim, JournalError};
use seating::seat_layout::SeatLayout;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use crate::codec;
use crate::integer::{bigint, unsigned};
use crate::timestamptz::Timestamptz;

/// The update waits for the locks of batches in flight, so what they wrote is visible after it.
const CLAIM: &str = "\
update showtime_owner set epoch = epoch + 1, node = $2, claimed_at = now() \
where showtime_id = $1 returning epoch";

const LAYOUT: &str = "\
select l.payload from showtimes s \
join layouts l on l.showtime_id = s.id and l.version = s.layout_version \
where s.id = $1";

const ENTRIES: &str = "\
select seq, at, payload from journal where showtime_id = $1 and seq > $2 order by seq limit $3";

/// Entries for which space is made before they arrive.
const ENTRIES_PREALLOCATED_MAX: usize = 10_000;

pub(super) async fn claim(
    pool: &PgPool,
    showtime: ShowtimeId,
    node: &str,
) -> Result<Claim, JournalError> {
    // The layout first: it never changes, and a reign without a house would be of no use.
    let layout = layout(pool, showtime).await?;
    let epoch: Option<i64> = sqlx::query_scalar(CLAIM)
        .bind(showtime.uuid())
        .bind(node)
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    let epoch = epoch.ok_or(JournalError::UnknownShowtime(showtime))?;
    Ok(Claim {
        epoch: Epoch(unsigned(epoch)),
        layout,
    })
}

async fn layout(pool: &PgPool, showtime: ShowtimeId) -> Result<Arc<SeatLayout>, JournalError> {
    let payload: Option<Vec<u8>> = sqlx::query_scalar(LAYOUT)
        .bind(showtime.uuid())
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    let payload = payload.ok_or(JournalError::UnknownShowtime(showtime))?;
    let spec = codec::decode_layout(&payload)
        .map_err(|error| damaged(showtime, format!("its layout: {error}")))?;
    let layout = SeatLayout::build(&spec)
        .map_err(|error| damaged(showtime, format!("its layout: {error}")))?;
    Ok(Arc::new(layout))
}

pub(super) async fn entries(
    pool: &PgPool,
    showtime: ShowtimeId,
    after: Seq,
    limit: usize,
) -> Result<Vec<Entry>, JournalError> {
    let mut rows = sqlx::query(ENTRIES)
        .bind(showtime.uuid())
        .bind(bigint(after.0))
        .bind(bigint(limit as u64))
        .fetch(pool);
    let mut entries = Vec::with_capacity(limit.min(ENTRIES_PREALLOCATED_MAX));
    let mut expected = after.next();
    while let Some(row) = rows.try_next().await.map_err(unavailable)? {
        let entry = entry(showtime, &row)?;
        if entry.seq != expected {
            let reason = format!("entry {expected} is missing before {}", entry.seq);
            return Err(damaged(showtime, reason));
        }
        expected = entry.seq.next();
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(showtime: ShowtimeId, row: &PgRow) -> Result<Entry, JournalError> {
    let seq: i64 = row.try_get(0).map_err(unavailable)?;
    let at: Timestamptz = row.try_get(1).map_err(unavailable)?;
    let payload: &[u8] = row.try_get(2).map_err(unavailable)?;
    let seq = Seq(unsigned(seq));
    codec::decode_entry(seq, at.0, payload)
        .map_err(|error| damaged(showtime, format!("entry {seq}: {error}")))
}

/// Ends a load that takes too long, so that whoever waits for it learns that the store is away.
pub(super) async fn within<T>(
    limit: Duration,
    load: impl Future<Output = Result<T, JournalError>>,
) -> Result<T, JournalError> {
    match tokio::time::timeout(limit, load).await {
        Ok(loaded) => loaded,
        Err(elapsed) => Err(JournalError::Unavailable(Box::new(elapsed))),
    }
}

/// A failure of the database or of the way to it.
pub(crate) fn unavailable(error: sqlx::Error) -> JournalError {
    JournalError::Unavailable(Box::new(error))
}

/// Something stored that cannot be true.
pub(crate) fn damaged(showtime: ShowtimeId, reason: String) -> JournalError {
    JournalError::Damaged { showtime, reason }
}
