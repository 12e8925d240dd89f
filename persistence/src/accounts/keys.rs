//! Writes that may be sent again: what was done under a key is done once.
//!
//! A key is kept in the transaction of what is done under it. Kept are digests and ids alone, so that
//! nothing of a person is here twice; whoever asks again is answered by what the ids name now.

use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::types::Uuid;

use super::Accounts;
use crate::audit_log::By;
use crate::error::StoreError;
use crate::jobs;
use crate::outbox::Job;
use crate::pg_types::Timestamptz;

/// Waits for another transaction that keeps the same key. One that is too old is free again.
const INSERT: &str = "\
insert into keyed_writes as w (key, fingerprint, account_id, session_id, created_at) \
values ($1, $2, $3, $4, $5) \
on conflict (key) do update set fingerprint = excluded.fingerprint, account_id = excluded.account_id, \
    session_id = excluded.session_id, created_at = excluded.created_at \
where w.created_at < $6";

/// Goes along the primary key to one row.
pub const FIND: &str = "\
select fingerprint, account_id, session_id from keyed_writes where key = $1 and created_at >= $2";

/// A few at a time, so that whoever writes waits for no pile.
const FORGET_OLD: &str = "\
delete from keyed_writes where key in ( \
    select key from keyed_writes where created_at < $1 \
    order by created_at limit 20 for update skip locked)";

/// Those of one account beyond the newest, which stay; nobody waits for whoever forgets some, too.
pub const FORGET_MANY: &str = "\
delete from keyed_writes where key in ( \
    select key from keyed_writes where key in ( \
        select key from keyed_writes where account_id = $1 \
        order by created_at desc offset $2 limit 20) \
    for update skip locked)";

const FORGET_ALL: &str = "delete from keyed_writes where account_id = $1";

/// Seconds for which the same request gets the first answer.
const KEY_SECONDS: u32 = 24 * 60 * 60;

/// Keys of one account, of which the newest count.
pub const KEYS_MAX: u32 = 1_000;

/// The key under which something is done, and a digest of what was sent with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedWrite {
    pub key: [u8; 16],
    pub fingerprint: [u8; 16],
}

/// What is done in one transaction with a change.
#[derive(Clone, Copy, Debug, Default)]
pub struct FollowUp<'a> {
    /// The jobs that follow from it.
    pub jobs: &'a [Job],
    /// The key that is kept for it.
    pub key: Option<&'a KeyedWrite>,
    /// By whom it is done, for the audit log.
    pub by: By<'a>,
}

impl<'a> FollowUp<'a> {
    /// These jobs, and no key.
    pub fn jobs(jobs: &'a [Job]) -> Self {
        Self {
            jobs,
            ..Self::default()
        }
    }

    /// This key, and no jobs.
    pub fn key(key: Option<&'a KeyedWrite>) -> Self {
        Self {
            key,
            ..Self::default()
        }
    }

    /// The same, done by somebody.
    #[must_use]
    pub fn by(self, by: By<'a>) -> Self {
        Self { by, ..self }
    }
}

/// What a key was used for before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// For the same request, which was about this account, and opened this session if it opened one.
    Same {
        account: Uuid,
        session: Option<Uuid>,
    },
    /// For another request.
    Other,
}

impl Accounts {
    /// What was done under a key within the last day.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn key_use(
        &self,
        keyed: &KeyedWrite,
        now: Timestamp,
    ) -> Result<Option<KeyUse>, StoreError> {
        let found: Option<(Vec<u8>, Uuid, Option<Uuid>)> = sqlx::query_as(FIND)
            .bind(&keyed.key[..])
            .bind(Timestamptz(day_before(now)))
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|(fingerprint, account, session)| {
            if fingerprint == keyed.fingerprint {
                KeyUse::Same { account, session }
            } else {
                KeyUse::Other
            }
        }))
    }
}

/// Does what is to be done, as the last thing of a transaction: so whoever waits for a key has all
/// rows of a change locked already, and no two wait for each other.
///
/// # Errors
///
/// [`StoreError::KeyTaken`] when the key is kept already: nothing of this transaction is done then.
pub(super) async fn follow(
    connection: &mut PgConnection,
    follow_up: FollowUp<'_>,
    (account, session): (Uuid, Option<Uuid>),
    now: Timestamp,
) -> Result<(), StoreError> {
    jobs::enqueue(connection, follow_up.jobs, now).await?;
    let Some(keyed) = follow_up.key else {
        return Ok(());
    };
    let too_old = day_before(now);
    let kept = sqlx::query(INSERT)
        .bind(&keyed.key[..])
        .bind(&keyed.fingerprint[..])
        .bind(account)
        .bind(session)
        .bind(Timestamptz(now))
        .bind(Timestamptz(too_old))
        .execute(&mut *connection)
        .await?;
    if kept.rows_affected() != 1 {
        return Err(StoreError::KeyTaken);
    }
    // Of rows that others have locked none is taken: from here on nobody is waited for.
    sqlx::query(FORGET_OLD)
        .bind(Timestamptz(too_old))
        .execute(&mut *connection)
        .await?;
    sqlx::query(FORGET_MANY)
        .bind(account)
        .bind(i64::from(KEYS_MAX))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the keys of somebody who is erased.
pub(super) async fn forget(connection: &mut PgConnection, account: Uuid) -> Result<(), StoreError> {
    sqlx::query(FORGET_ALL)
        .bind(account)
        .execute(connection)
        .await?;
    Ok(())
}

const fn day_before(now: Timestamp) -> Timestamp {
    now.minus_micros(KEY_SECONDS as u64 * 1_000_000)
}
