//! Snapshots: caches of a seat map's state, of which the newest two are kept.
//!
//! A snapshot may be lost or damaged at any time: an older one or the journal alone does as well,
//! only slower. They grow with the sale, so they are written and read beside the runtime's workers.

use journal::JournalError;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::snapshot::Snapshot;
use sqlx::postgres::PgPool;
use tokio::task::spawn_blocking;

use crate::codec;
use crate::error::{damaged, unavailable};
use crate::metrics as names;
use crate::pg_types::{BigInt, bigint};
use crate::unreadable::Unreadable;

/// Stores a snapshot only while the reign that took it stands: then the journal's entry under its
/// number is of the same history.
const SAVE: &str = "\
with standing as ( \
    select epoch = $4 as reigns, \
        exists (select from journal where showtime_id = $1 and seq = $2) as stored \
    from showtime_owner where showtime_id = $1 \
), saved as ( \
    insert into snapshot (showtime_id, seq, payload) \
    select $1, $2, $3 from standing where reigns and stored \
    on conflict (showtime_id, seq) do update set payload = excluded.payload \
) \
select reigns, stored from standing";

/// Beyond the number of any entry.
const NEWEST_OF_ALL: BigInt = bigint(i64::MAX as u64);

const KEEP_TWO: &str = "\
delete from snapshot where showtime_id = $1 and seq < ( \
    select min(newest.seq) from ( \
        select seq from snapshot where showtime_id = $1 order by seq desc limit 2 \
    ) newest \
)";

const NEWEST: &str = "\
select seq, payload from snapshot where showtime_id = $1 and seq <= $2 \
order by seq desc limit 1";

pub(crate) async fn save(
    pool: &PgPool,
    showtime: ShowtimeId,
    reign: Epoch,
    snapshot: Snapshot,
) -> Result<(), JournalError> {
    let seq = snapshot.seq;
    let unwritable = |error: String| damaged(showtime, format!("snapshot {seq}: {error}"));
    let payload = spawn_blocking(move || codec::encode_snapshot(&snapshot)).await;
    let payload = payload.map_err(|died| unwritable(died.to_string()))?;
    let payload = payload.map_err(|error| unwritable(error.to_string()))?;
    let mut transaction = pool.begin().await.map_err(unavailable)?;
    let standing: Option<(bool, bool)> = sqlx::query_as(SAVE)
        .bind(showtime.uuid())
        .bind(bigint(seq.0))
        .bind(payload)
        .bind(bigint(reign.0))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(unavailable)?;
    match standing {
        Some((true, true)) => {}
        Some((true, false)) => {
            let reason = format!("snapshot {seq} is ahead of what is durable");
            return Err(damaged(showtime, reason));
        }
        Some((false, _)) => return Err(JournalError::Overtaken(showtime)),
        None => return Err(JournalError::UnknownShowtime(showtime)),
    }
    sqlx::query(KEEP_TWO)
        .bind(showtime.uuid())
        .execute(&mut *transaction)
        .await
        .map_err(unavailable)?;
    transaction.commit().await.map_err(unavailable)?;
    metrics::counter!(names::SNAPSHOTS_SAVED).increment(1);
    Ok(())
}

pub(crate) async fn newest(
    pool: &PgPool,
    showtime: ShowtimeId,
    up_to: Option<Seq>,
) -> Result<Option<Snapshot>, JournalError> {
    let mut up_to = up_to.map_or(NEWEST_OF_ALL, |seq| bigint(seq.0));
    loop {
        let row: Option<(BigInt, Vec<u8>)> = sqlx::query_as(NEWEST)
            .bind(showtime.uuid())
            .bind(up_to)
            .fetch_optional(pool)
            .await
            .map_err(unavailable)?;
        let Some((seq, payload)) = row else {
            return Ok(None);
        };
        let read = spawn_blocking(move || read(Seq(seq.0), &payload)).await;
        match read.unwrap_or_else(|died| Err(Unreadable::Damaged(died.to_string()))) {
            Ok(snapshot) => return Ok(Some(snapshot)),
            Err(Unreadable::Newer(what)) => {
                tracing::info!(
                    showtime.id = %showtime,
                    snapshot.seq = seq.0,
                    snapshot.form = what,
                    "a snapshot of a newer program is skipped",
                );
            }
            Err(Unreadable::Damaged(reason)) => {
                metrics::counter!(names::SNAPSHOTS_DAMAGED).increment(1);
                tracing::warn!(
                    showtime.id = %showtime,
                    snapshot.seq = seq.0,
                    reason,
                    "a damaged snapshot is skipped",
                );
            }
        }
        let Some(earlier) = seq.0.checked_sub(1) else {
            return Ok(None);
        };
        up_to = bigint(earlier);
    }
}

fn read(seq: Seq, payload: &[u8]) -> Result<Snapshot, Unreadable> {
    let snapshot = codec::decode_snapshot(payload)?;
    if snapshot.seq != seq {
        let reason = format!("it says that it is of {}", snapshot.seq);
        return Err(Unreadable::Damaged(reason));
    }
    Ok(snapshot)
}
