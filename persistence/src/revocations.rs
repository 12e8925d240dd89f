//! From when on a subject's tokens are good.
//!
//! A token cannot be taken back, but it can be too old: every token of a subject that was issued
//! before a given second is refused. The server keeps all of these in memory, so there are few.

use std::collections::HashMap;

use seating::timestamp::Timestamp;
use sqlx::postgres::PgPool;
use sqlx::types::Uuid;

use crate::error::StoreError;
use crate::pg_types::Timestamptz;

/// Subjects at most; some megabytes of memory in every server.
pub const REVOCATIONS_MAX: usize = 100_000;

/// The row of a subject only ever moves forward.
const REVOKE: &str = "\
insert into token_revocations as r (subject, not_before) \
select $1, $2 where exists (select from token_revocations where subject = $1) \
    or (select count(*) from token_revocations) < $3 \
on conflict (subject) do update set not_before = greatest(r.not_before, excluded.not_before)";

const ALL: &str = "select subject, not_before from token_revocations limit $1";

/// The subjects whose older tokens are refused.
#[derive(Clone, Debug)]
pub struct Revocations {
    pool: PgPool,
}

impl Revocations {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Refuses the subject's tokens of before that time from now on; `false` when there is no room
    /// for another subject.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn revoke(&self, subject: Uuid, not_before: Timestamp) -> Result<bool, StoreError> {
        let revoked = sqlx::query(REVOKE)
            .bind(subject)
            .bind(Timestamptz(not_before))
            .bind(max())
            .execute(&self.pool)
            .await?;
        Ok(revoked.rows_affected() == 1)
    }

    /// All of them, with the time before which each one's tokens are refused.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn all(&self) -> Result<HashMap<Uuid, Timestamp>, StoreError> {
        let rows: Vec<(Uuid, Timestamptz)> = sqlx::query_as(ALL)
            .bind(max())
            .fetch_all(&self.pool)
            .await?;
        let all = rows.into_iter();
        Ok(all.map(|(subject, at)| (subject, at.0)).collect())
    }
}

fn max() -> i64 {
    i64::try_from(REVOCATIONS_MAX).unwrap_or(i64::MAX)
}
