//! What a new owner reads: who reigned before it, its claim and the entries.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use journal::{Claim, EPOCH_STEP_MAX, JournalError, Standing, Succession};
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::SeatLayout;
use seating::timestamp::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

use crate::codec;
use crate::error::damaged;
use crate::error::unavailable;
use crate::pg_types::{BigInt, Timestamptz, bigint};
use crate::unreadable::{Unreadable, failed};

/// The owner's row as it is now, and the layout, which never changes.
const LOOK: &str = "\
select o.epoch, l.payload, clock_timestamp() from showtimes s \
join showtime_owner o on o.showtime_id = s.id \
join layouts l on l.showtime_id = s.id and l.version = s.layout_version \
where s.id = $1";

/// The update waits for the locks of batches in flight, so what they wrote is visible after it, and
/// is evaluated again after the wait: of two claims that saw the same reign only one succeeds.
const CLAIM: &str = "\
update showtime_owner set epoch = $3, node = $4, claimed_at = now() \
where showtime_id = $1 and epoch = $2 returning clock_timestamp()";

const EPOCHS: &str = "\
select showtime_id, epoch from showtime_owner where showtime_id = any($1) order by showtime_id";

const ENTRIES: &str = "\
select seq, at, payload, kind from journal where showtime_id = $1 and seq > $2 order by seq limit $3";

/// By the index of keyed entries, whose expressions these are: they say where the codec puts a key,
/// and no other index serves them.
const ANSWERED: &str = "\
select seq, at, payload, kind from journal \
where uuid_send(showtime_id) || substring(payload from 4 for 16) = uuid_send($1) || $2 \
    and substring(payload from 2 for 2) = '\\x0110'::bytea \
order by seq limit 1";

/// Along the primary key: an index of what is held would have to be kept up by every batch. A
/// process that claimed lives as long as any session bears its name.
const WAKING: &str = "\
select a.showtime_id from showtime_availability a \
join showtime_owner o on o.showtime_id = a.showtime_id \
where a.showtime_id > $1 and a.held + a.pinned > 0 and ( \
    o.node = $3 or $4 || right(o.node, $5) <> all (array( \
        select application_name from pg_stat_activity \
        where datname = current_database() and application_name is not null \
    )) \
) \
group by a.showtime_id order by a.showtime_id limit $2";

/// The name of a journal's sessions, up to the name of its process.
const SESSION_NAME: &str = "fullhouse ";
/// PostgreSQL cuts names of sessions after 63 bytes.
const NODE_CHARS_MAX: usize = 50;

/// The name of the sessions of a process's journal, by which other processes see that it lives.
pub(super) fn session_name(node: &str) -> String {
    // Names of machines differ at their ends, and the process stands last.
    let cut = node.chars().count().saturating_sub(NODE_CHARS_MAX);
    let end: String = node.chars().skip(cut).collect();
    format!("{SESSION_NAME}{end}")
}

/// Entries for which space is made before they arrive.
const ENTRIES_PREALLOCATED_MAX: usize = 10_000;

pub(super) async fn look(pool: &PgPool, showtime: ShowtimeId) -> Result<Standing, JournalError> {
    let found: Option<(BigInt, Vec<u8>, Timestamptz)> = sqlx::query_as(LOOK)
        .bind(showtime.uuid())
        .fetch_optional(pool)
        .await
        .map_err(|error| failed(showtime, error))?;
    let (epoch, payload, now) = found.ok_or(JournalError::UnknownShowtime(showtime))?;
    // A large layout takes tens of milliseconds, in which a worker could answer hundreds of holds.
    let layout = tokio::task::spawn_blocking(move || build(&payload)).await;
    let layout = layout.map_err(|died| damaged(showtime, format!("its layout: {died}")))?;
    let layout = layout.map_err(|fault| fault.of(showtime, "its layout"))?;
    Ok(Standing {
        epoch: Epoch(epoch.0),
        step: draw_step(),
        layout: Arc::new(layout),
        store_time: Some(now.0),
    })
}

fn build(payload: &[u8]) -> Result<SeatLayout, Unreadable> {
    let spec = codec::decode_layout(payload)?;
    SeatLayout::build(&spec).map_err(|error| Unreadable::Damaged(error.to_string()))
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
    let found: Vec<(Uuid, BigInt)> = sqlx::query_as(EPOCHS)
        .bind(showtimes)
        .fetch_all(pool)
        .await
        .map_err(unavailable)?;
    let standing = found.into_iter();
    let standing = standing.map(|(id, epoch)| (ShowtimeId::new(id), Epoch(epoch.0)));
    Ok(standing.collect())
}

pub(super) async fn time(pool: &PgPool) -> Result<Option<Timestamp>, JournalError> {
    let now: Timestamptz = sqlx::query_scalar("select clock_timestamp()")
        .fetch_one(pool)
        .await
        .map_err(unavailable)?;
    Ok(Some(now.0))
}

pub(super) async fn waking(
    pool: &PgPool,
    (after, limit): (Option<ShowtimeId>, usize),
    node: &str,
) -> Result<Vec<ShowtimeId>, JournalError> {
    let found: Vec<Uuid> = sqlx::query_scalar(WAKING)
        .bind(after.map_or(Uuid::nil(), ShowtimeId::uuid))
        .bind(bigint(limit as u64))
        .bind(node)
        .bind(SESSION_NAME)
        .bind(i32::try_from(NODE_CHARS_MAX).unwrap_or(i32::MAX))
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
    let failed = |error| failed(showtime, error);
    let seq: BigInt = row.try_get(0).map_err(failed)?;
    let at: Timestamptz = row.try_get(1).map_err(failed)?;
    let payload: &[u8] = row.try_get(2).map_err(failed)?;
    let seq = Seq(seq.0);
    codec::decode_entry(seq, at.0, payload).or_else(|error| {
        let kind = row.try_get(3).map_err(failed)?;
        Err(Unreadable::entry(error, kind).of(showtime, &format!("entry {seq}")))
    })
}

/// Ends a load that takes too long, so that its caller learns that the store is
/// unreachable.
pub(super) async fn within<T>(
    limit: Duration,
    load: impl Future<Output = Result<T, JournalError>>,
) -> Result<T, JournalError> {
    match tokio::time::timeout(limit, load).await {
        Ok(loaded) => loaded,
        Err(elapsed) => Err(JournalError::Unavailable(Box::new(elapsed))),
    }
}
