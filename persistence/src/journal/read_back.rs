//! After a commit without an answer: whether the batch was committed.

use sqlx::postgres::{PgBindIterExt, PgConnection};

use super::batch::Batch;
use super::transaction::{AppendVerdict, group};
use crate::error::StoreError;

/// Compares every row, bytes and all: a number under which something else is stored is not ours.
///
/// The owners' rows are locked, in the order of the ids as everywhere, and so the statement has a
/// commit of its own, which waits for the standby like every other. Without it a lost commit that
/// still waits for its standby would be taken for durable: it becomes visible as soon as its session
/// is cut off, and is gone after a failover.
const READ_BACK: &str = "\
with standing as materialized ( \
    select g.ordinal, o.epoch = g.epoch as reigns \
    from unnest($1::uuid[], $2::bigint[]) with ordinality as g (showtime_id, epoch, ordinal) \
    join showtime_owner o on o.showtime_id = g.showtime_id \
    order by o.showtime_id \
    for share of o \
) \
select e.ordinal, count(*), count(j.seq), \
    count(*) filter (where j.epoch = ($2::bigint[])[e.ordinal] and j.payload = e.payload), \
    e.ordinal = any(array(select ordinal from standing where reigns)) \
from unnest($3::int[], $4::bigint[], $5::bytea[]) as e (ordinal, seq, payload) \
left join journal j on j.showtime_id = ($1::uuid[])[e.ordinal] and j.seq = e.seq \
group by e.ordinal";

/// How much of a group the journal already has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FoundGroup {
    /// Nothing under its numbers.
    Nothing,
    /// All of it.
    Everything,
    /// Other rows, or only a part: no transaction of ours leaves that behind.
    Otherwise {
        /// Whether the group's reign still stands.
        reigns: bool,
    },
}

/// The result of reading back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// Nothing was committed: the batch is to be written.
    Write,
    /// The batch is settled, with these verdicts.
    Settled(Vec<AppendVerdict>),
    /// A number is taken by something else; only a batch of one reign can say whose fault it is.
    Taken,
}

/// Reads the batch's rows back and concludes. The batch is inserted again only if none of it is
/// there.
pub(super) async fn conclude(
    connection: &mut PgConnection,
    batch: &Batch,
) -> Result<Conclusion, StoreError> {
    let found = read(connection, batch).await?;
    if found.contains(&FoundGroup::Everything) {
        // The transaction was committed, and what it left out was refused by its fence.
        let verdict = |found: &FoundGroup| match found {
            FoundGroup::Everything => AppendVerdict::Durable,
            FoundGroup::Nothing | FoundGroup::Otherwise { .. } => AppendVerdict::LeftOut,
        };
        return Ok(Conclusion::Settled(found.iter().map(verdict).collect()));
    }
    let taken = |found: &&FoundGroup| matches!(found, FoundGroup::Otherwise { .. });
    Ok(match found.iter().find(taken) {
        None => Conclusion::Write,
        Some(FoundGroup::Otherwise { reigns: false }) if found.len() == 1 => {
            Conclusion::Settled(vec![AppendVerdict::Fenced])
        }
        Some(_) => Conclusion::Taken,
    })
}

async fn read(connection: &mut PgConnection, batch: &Batch) -> Result<Vec<FoundGroup>, StoreError> {
    let stored: Vec<(i32, i64, i64, i64, bool)> = sqlx::query_as(READ_BACK)
        .bind(batch.showtimes().bind_iter())
        .bind(batch.epochs().bind_iter())
        .bind(batch.ordinals().bind_iter())
        .bind(batch.seqs().bind_iter())
        .bind(batch.payloads().bind_iter())
        .fetch_all(connection)
        .await?;
    let mut found = vec![FoundGroup::Nothing; batch.groups.len()];
    for (ordinal, all, taken, ours, reigns) in stored {
        *group(&mut found, i64::from(ordinal))? = match (taken, ours) {
            (0, _) => FoundGroup::Nothing,
            (_, ours) if ours == all => FoundGroup::Everything,
            _ => FoundGroup::Otherwise { reigns },
        };
    }
    Ok(found)
}
