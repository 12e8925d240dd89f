//! What a new owner reads: who reigned before it, its claim and the entries.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use seating::event::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::journal::{Claim, EPOCH_STEP_MAX, JournalError, Standing, Succession};
use seating::seat_layout::SeatLayout;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

use crate::codec;
use crate::integer::{bigint, unsigned};
use crate::timestamptz::Timestamptz;

/// The owner's row as it is now, and the house, which never changes.
const LOOK: &str = "\
select o.epoch, l.payload from showtimes s \
join showtime_owner o on o.showtime_id = s.id \
join layouts l on l.showtime_id = s.id and l.version = s.layout_version \
where s.id = $1";

/// The update waits for the locks of batches in flight, so what they wrote is visible after it, and
/// looks again at what it waited for: of two claims that saw the same reign only one finds it.
const CLAIM: &str = "\
update showtime_owner set epoch = $3, node = $4, claimed_at = now() \
where showtime_id = $1 and epoch = $2 returning clock_timestamp()";

const EPOCHS: &str = "\
select showtime_id, epoch from showtime_owner where showtime_id = any($1) order by showtime_id";

const ENTRIES: &str = "\
select seq, at, payload from journal where showtime_id = $1 and seq > $2 order by seq limit $3";

/// By the index of keyed entries, whose expressions these are: they say where the codec puts a key.
const ANSWERED: &str = "\
select seq, at, payload from journal \
where showtime_id = $1 and substring(payload from 4 for 16) = $2 \
    and substring(payload from 2 for 2) = '\\x0110'::bytea \
order by seq limit 1";

/// Along the primary key: an index of what is held would have to be kept up by every batch.
const WAKING: &str = "\
select showtime_id from showtime_availability \
where showtime_id > $1 and held + pinned > 0 \
group by showtime_id order by showtime_id limit $2";

/// Entries for which space is made before they arrive.
const ENTRIES_PREALLOCATED_MAX: usize = 10_000;

pub(super) async fn look(pool: &PgPool, showtime: ShowtimeId) -> Result<Standing, JournalError> {
    let found: Option<(i64, Vec<u8>)> = sqlx::query_as(LOOK)
        .bind(showtime.uuid())
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    let (epoch, payload) = found.ok_or(JournalError::UnknownShowtime(showtime))?;
    let spec = codec::decode_layout(&payload)
        .map_err(|error| damaged(showtime, format!("its layout: {error}")))?;
    let layout = SeatLayout::build(&spec)
        .map_err(|error| damaged(showtime, format!("its layout: {error}")))?;
    Ok(Standing {
        epoch: Epoch(unsigned(epoch)),
        step: draw_step(),
        layout: Arc::new(layout),
    })
}

/// Random bits from the operating system, of which a version 4 id has 122.
fn draw_step() -> u32 {
    let below = Uuid::new_v4().as_u128() % u128::from(EPOCH_STEP_MAX);
    u32::try_from(below).unwrap_or(0) + 1
}

pub(super) async fn claim(
    pool: &PgPool,
    showtime: ShowtimeId,
    succession: Succession,
    node: &str,
) -> Result<Claim, JournalError> {
    let began: Option<Timestamptz> = sqlx::query_scalar(CLAIM)
        .bind(showtime.uuid())
        .bind(bigint(succession.from.0))
        .bind(bigint(succession.to.0))
        .bind(node)
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    let began = began.ok_or(JournalError::Overtaken(showtime))?;
    Ok(Claim {
        epoch: succession.to,
        store_time: Some(began.0),
    })
}

pub(super) async fn epochs(
    pool: &PgPool,
    showtimes: Vec<Uuid>,
) -> Result<Vec<(ShowtimeId, Epoch)>, JournalError> {
    let found: Vec<(Uuid, i64)> = sqlx::query_as(EPOCHS)
        .bind(showtimes)
        .fetch_all(pool)
        .await
        .map_err(unavailable)?;
    let told = found.into_iter();
    let told = told.map(|(id, epoch)| (ShowtimeId::new(id), Epoch(unsigned(epoch))));
    Ok(told.collect())
}

pub(super) async fn waking(
    pool: &PgPool,
    after: Option<ShowtimeId>,
    limit: usize,
) -> Result<Vec<ShowtimeId>, JournalError> {
    let found: Vec<Uuid> = sqlx::query_scalar(WAKING)
        .bind(after.map_or(Uuid::nil(), ShowtimeId::uuid))
        .bind(bigint(limit as u64))
        .fetch_all(pool)
        .await
        .map_err(unavailable)?;
    Ok(found.into_iter().map(ShowtimeId::new).collect())
}

pub(super) async fn answered(
    pool: &PgPool,
    showtime: ShowtimeId,
    key: u128,
) -> Result<Option<Entry>, JournalError> {
    let found = sqlx::query(ANSWERED)
        .bind(showtime.uuid())
        .bind(key.to_be_bytes())
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    found.map(|row| entry(showtime, &row)).transpose()
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
