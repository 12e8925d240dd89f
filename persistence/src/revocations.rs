//! From when on a subject's tokens are good.
//!
//! A token cannot be taken back, but it can be too old: every token of a subject that was issued
//! before a given second is refused. The server keeps all of these in memory, so there are few.

use std::collections::{HashMap, HashSet};

use seating::timestamp::Timestamp;
use sqlx::postgres::PgPool;
use sqlx::types::Uuid;

use crate::audit_log::{self, By, Change, Target};
use crate::error::StoreError;
use crate::pg_types::{Timestamptz, bigint};

/// Subjects at most; some megabytes of memory in every server.
pub const REVOCATIONS_MAX: usize = 100_000;

/// Ended sessions that are remembered at once; beyond them the tokens of one that ends live out their
/// minutes.
pub const ENDED_SESSIONS_MAX: usize = 100_000;

/// From when on the tokens of somebody are good, and until when that must be known: the last token
/// from before will have expired by then.
#[derive(Clone, Copy, Debug)]
pub struct TokensEnd {
    pub not_before: Timestamp,
    pub forget_at: Timestamp,
}

/// The row of a subject only ever moves forward.
const REVOKE: &str = "\
insert into token_revocations as r (subject, not_before, forget_at) \
select $1, $2, $4 where exists (select from token_revocations where subject = $1) \
    or (select count(*) from token_revocations) < $3 \
on conflict (subject) do update set not_before = greatest(r.not_before, excluded.not_before), \
    forget_at = greatest(r.forget_at, excluded.forget_at)";

/// Those that no token can meet any more, some at a time.
const FORGET: &str = "\
with subjects as ( \
    delete from token_revocations where subject in ( \
        select subject from token_revocations where forget_at < $1 \
        order by forget_at limit $2 for update skip locked) \
    returning subject \
), sessions as ( \
    delete from ended_sessions where session_id in ( \
        select session_id from ended_sessions where forget_at < $1 \
        order by forget_at limit $2 for update skip locked) \
    returning session_id \
) select greatest((select count(*) from subjects), (select count(*) from sessions))";

/// How many of each are forgotten with one statement.
const FORGOTTEN_AT_ONCE: i64 = 1_000;

const ENDED: &str = "select session_id from ended_sessions limit $1";
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

    /// Refuses the tokens of a subject that were issued before some time, and writes down who did it; `false` when there is no room
    /// for another subject.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn revoke(
        &self,
        subject: Uuid,
        end: TokensEnd,
        (by, now): (By<'_>, Timestamp),
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let revoked = sqlx::query(REVOKE)
            .bind(subject)
            .bind(Timestamptz(end.not_before))
            .bind(bigint(REVOCATIONS_MAX as u64))
            .bind(Timestamptz(end.forget_at))
            .execute(&mut *transaction)
            .await?;
        if revoked.rows_affected() != 1 {
            return Ok(false);
        }
        let what = ("account.tokens_revoked", Target::Account(subject));
        audit_log::write(&mut transaction, by, what, Change::default(), now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Forgets the revocations and ended sessions that no token can meet any more.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn forget(&self, now: Timestamp) -> Result<(), StoreError> {
        loop {
            let forgotten: i64 = sqlx::query_scalar(FORGET)
                .bind(Timestamptz(now))
                .bind(FORGOTTEN_AT_ONCE)
                .fetch_one(&self.pool)
                .await?;
            if forgotten < FORGOTTEN_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// The sessions whose tokens are refused.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn ended_sessions(&self) -> Result<HashSet<Uuid>, StoreError> {
        let ended: Vec<Uuid> = sqlx::query_scalar(ENDED)
            .bind(bigint(ENDED_SESSIONS_MAX as u64))
            .fetch_all(&self.pool)
            .await?;
        Ok(ended.into_iter().collect())
    }

    /// All of them, with the time before which each one's tokens are refused.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn all(&self) -> Result<HashMap<Uuid, Timestamp>, StoreError> {
        let rows: Vec<(Uuid, Timestamptz)> = sqlx::query_as(ALL)
            .bind(bigint(REVOCATIONS_MAX as u64))
            .fetch_all(&self.pool)
            .await?;
        let all = rows.into_iter();
        Ok(all.map(|(subject, at)| (subject, at.0)).collect())
    }
}
