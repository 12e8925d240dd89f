//! One batch, one transaction.
//!
//! A batch of holds is a single statement, and so a transaction of its own: one round trip, one
//! commit. It reads and locks the owners' rows, and inserts only for reigns that still stand, so
//! the fence holds whatever happens between statements. Entries with read models, and those of staff,
//! need further statements; these ask nothing about the fence, because the locks are kept until the commit.

use seating::entry::Entry;
use sqlx::Connection;
use sqlx::postgres::{PgBindIterExt, PgConnection};

use super::batch::{Batch, Group};
use crate::entry_kind::{Writes, writes};
use crate::error::StoreError;
use crate::pg_types::Timestamptz;
use crate::pg_types::{bigint, int, ordinal, smallint};
use crate::read_models::ReadModelChanges;

/// Locks in the order of the ids, so that writers cannot wait for each other in a circle.
/// `standing` has one row per group; should one be missing, no row fits its number and nothing
/// at all is inserted.
const WRITE: &str = "\
with standing as materialized ( \
    select g.ordinal, g.showtime_id, g.first_seq, o.epoch = g.epoch as reigns \
    from unnest($1::uuid[], $2::bigint[], $3::bigint[]) \
        with ordinality as g (showtime_id, epoch, first_seq, ordinal) \
    join showtime_owner o on o.showtime_id = g.showtime_id \
    order by o.showtime_id \
    for share of o \
), verdict as materialized ( \
    select ordinal, reigns, first_seq = 1 or exists ( \
        select from journal j \
        where j.showtime_id = standing.showtime_id and j.seq = standing.first_seq - 1 \
    ) as follows \
    from standing \
), fits as materialized ( \
    select case when count(*) = cardinality($1) \
        then array_agg(reigns and follows order by ordinal) end as by_ordinal \
    from verdict \
), written as ( \
    insert into journal (showtime_id, seq, epoch, at, kind, payload) \
    select ($1::uuid[])[e.ordinal], e.seq, ($2::bigint[])[e.ordinal], e.at, e.kind, e.payload \
    from unnest($4::int[], $5::bigint[], $6::timestamptz[], $7::smallint[], $8::bytea[]) \
        as e (ordinal, seq, at, kind, payload) \
    where ((select by_ordinal from fits))[e.ordinal] \
), counted as ( \
    insert into showtime_availability as a \
        (showtime_id, section, capacity, held, pinned, booked, blocked, seq) \
    select ($1::uuid[])[c.ordinal], c.section, c.capacity, c.held, c.pinned, c.booked, \
        c.blocked, c.seq \
    from unnest($9::int[], $10::smallint[], $11::int[], $12::int[], $13::int[], $14::int[], \
        $15::int[], $16::bigint[]) \
        as c (ordinal, section, capacity, held, pinned, booked, blocked, seq) \
    where ((select by_ordinal from fits))[c.ordinal] \
    on conflict (showtime_id, section) do update set \
        capacity = excluded.capacity, held = excluded.held, pinned = excluded.pinned, \
        booked = excluded.booked, blocked = excluded.blocked, seq = excluded.seq \
) \
select ordinal, reigns, follows from verdict";

/// The result of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AppendVerdict {
    /// Its rows are committed.
    Durable,
    /// A newer reign has begun.
    Fenced,
    /// Its first entry does not follow the last one stored.
    Gap,
    /// It was left out only because another group has no owner; it may be written again.
    LeftOut,
}

/// Writes the batch and commits. The verdicts are in the order of the groups.
pub(super) async fn write(
    connection: &mut PgConnection,
    batch: &Batch,
) -> Result<Vec<AppendVerdict>, StoreError> {
    let mut entries = batch.groups.iter().flat_map(Group::entries);
    let is_alone = |entry: &Entry| entry.by.is_none() && writes(&entry.decision) == Writes::Nothing;
    if entries.all(is_alone) {
        return write_rows(connection, batch).await;
    }
    let mut transaction = connection.begin().await?;
    match write_all(&mut transaction, batch).await {
        Ok(verdicts) => {
            transaction.commit().await?;
            Ok(verdicts)
        }
        Err(error) => {
            // At once, because its locks keep claims waiting. When that fails the connection is
            // gone, and its locks with it.
            if let Err(error) = transaction.rollback().await {
                tracing::debug!(%error, "a batch was not rolled back in order");
            }
            Err(error)
        }
    }
}

async fn write_all(
    connection: &mut PgConnection,
    batch: &Batch,
) -> Result<Vec<AppendVerdict>, StoreError> {
    let verdicts = write_rows(connection, batch).await?;
    let mut changes = ReadModelChanges::default();
    for (group, verdict) in batch.groups.iter().zip(&verdicts) {
        if *verdict == AppendVerdict::Durable {
            for append in &group.appends {
                let request_id = append.request_id.as_deref();
                for entry in &append.entries {
                    changes.add(&group.reign, entry, request_id)?;
                }
            }
        }
    }
    changes.write(connection).await?;
    Ok(verdicts)
}

async fn write_rows(
    connection: &mut PgConnection,
    batch: &Batch,
) -> Result<Vec<AppendVerdict>, StoreError> {
    let firsts = batch.groups.iter().map(|group| bigint(group.first_seq().0));
    let rows = || batch.rows.iter();
    let counts = || batch.sections().map(|(_, section)| section.counts);
    let standings: Vec<(i64, bool, bool)> = sqlx::query_as(WRITE)
        .bind(batch.showtimes().bind_iter())
        .bind(batch.epochs().bind_iter())
        .bind(firsts.bind_iter())
        .bind(batch.ordinals().bind_iter())
        .bind(batch.seqs().bind_iter())
        .bind(rows().map(|row| Timestamptz(row.at)).bind_iter())
        .bind(rows().map(|row| row.kind).bind_iter())
        .bind(batch.payloads().bind_iter())
        .bind(batch.sections().map(|(at, _)| ordinal(at)).bind_iter())
        .bind(
            batch
                .sections()
                .map(|(_, it)| smallint(it.section.0))
                .bind_iter(),
        )
        .bind(counts().map(|counts| int(counts.capacity)).bind_iter())
        .bind(counts().map(|counts| int(counts.held)).bind_iter())
        .bind(counts().map(|counts| int(counts.pinned)).bind_iter())
        .bind(counts().map(|counts| int(counts.booked)).bind_iter())
        .bind(counts().map(|counts| int(counts.blocked)).bind_iter())
        .bind(batch.sections().map(|(_, it)| bigint(it.seq.0)).bind_iter())
        .fetch_all(connection)
        .await?;
    verdicts(batch.groups.len(), &standings)
}

/// Puts the statement's rows in the order of the groups.
fn verdicts(
    groups: usize,
    standings: &[(i64, bool, bool)],
) -> Result<Vec<AppendVerdict>, StoreError> {
    let complete = standings.len() == groups;
    // A showtime without an owner's row can have no reign.
    let mut verdicts = vec![AppendVerdict::Fenced; groups];
    for &(ordinal, reigns, follows) in standings {
        *group(&mut verdicts, ordinal)? = match (reigns, follows) {
            (false, _) => AppendVerdict::Fenced,
            (true, false) => AppendVerdict::Gap,
            (true, true) if complete => AppendVerdict::Durable,
            (true, true) => AppendVerdict::LeftOut,
        };
    }
    Ok(verdicts)
}

/// The entry of a group that the database numbers from 1; an unknown number is an error, for it
/// answers only about groups that it was asked about.
pub(super) fn group<T>(groups: &mut [T], ordinal: i64) -> Result<&mut T, StoreError> {
    let index = ordinal
        .checked_sub(1)
        .and_then(|at| usize::try_from(at).ok());
    let known = index.and_then(|at| groups.get_mut(at));
    known
        .ok_or_else(|| StoreError::corrupt("journal", "ordinal", &ordinal, &"it was not asked for"))
}
