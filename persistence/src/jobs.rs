//! The outbox as whoever works it off sees it.
//!
//! A job that is taken is out of sight of others until its lease is over; then it is taken again,
//! because whoever had it may have died. So each is done at least once, and whoever does it must bear
//! to do it twice.

use seating::timestamp::Timestamp;
use sqlx::postgres::{PgBindIterExt, PgConnection, PgPool};
use sqlx::types::{Json, JsonValue, Uuid};

use crate::error::StoreError;
use crate::outbox::{Job, MAIL};
use crate::pg_types::{BigInt, Int, Timestamptz};

const ENQUEUE: &str = "\
insert into outbox (topic, payload, created_at, available_at) \
select j.topic, j.payload, $3, $3 from unnest($1::text[], $2::jsonb[]) as j (topic, payload)";

/// Goes along the index of what is due of one topic. What is due is looked for once: looked for again
/// for each row, it would be others each time, and more than the limit.
pub const TAKE: &str = "\
with due as materialized ( \
    select id from outbox \
    where topic = $1 and available_at <= $2 and done_at is null and failed_at is null \
    order by available_at, id limit $4 for update skip locked \
) update outbox o set attempts = o.attempts + 1, available_at = $3 from due where o.id = due.id \
returning o.id, o.topic, o.payload, o.attempts";

/// Mails are forgotten when they are sent: they are about people.
const FORGET: &str = "delete from outbox where id = $1";
/// What people had time to look at: it is about people, too.
const FORGET_GIVEN_UP: &str = "delete from outbox where topic = $1 and failed_at < $2";
const RETRY: &str = "update outbox set available_at = $2, last_error = $3 where id = $1";
const GIVE_UP: &str = "update outbox set failed_at = $2, last_error = $3 where id = $1";

/// Goes along the index of an account's mails.
pub const FORGET_MAILS: &str = "\
delete from outbox where topic = 'mail' and payload ->> 'account_id' = $1";

/// Each of the two goes along an index of its own, past the jobs of other topics.
pub const WAITING: &str = "\
select (select count(*) from (select from outbox \
    where topic = $1 and done_at is null and failed_at is null limit 100000) waiting), \
    (select count(*) from (select from outbox \
    where topic = $1 and failed_at is not null limit 100000) failed)";

/// Characters of a failure that are kept.
const ERROR_CHARS_MAX: usize = 500;

/// The jobs of all topics.
#[derive(Clone, Debug)]
pub struct Jobs {
    pool: PgPool,
}

/// A job that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub id: i64,
    /// What is to be done; an error when the row cannot be read.
    pub job: Result<Job, String>,
    /// How often it was taken, this time included.
    pub attempts: u32,
}

impl Jobs {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Takes at most `limit` jobs of a topic that are due, and keeps others from them until `lease_until`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn take(
        &self,
        topic: &str,
        (now, lease_until): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Taken>, StoreError> {
        let rows: Vec<(i64, String, JsonValue, Int)> = sqlx::query_as(TAKE)
            .bind(topic)
            .bind(Timestamptz(now))
            .bind(Timestamptz(lease_until))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let taken = rows
            .into_iter()
            .map(|(id, topic, payload, attempts)| Taken {
                id,
                job: Job::of_row(id, &topic, payload).map_err(|error| error.to_string()),
                attempts: attempts.0,
            });
        Ok(taken.collect())
    }

    /// Forgets a job that is done, or no longer wanted.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn forget(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query(FORGET).bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Puts a job back until then.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn retry(&self, id: i64, at: Timestamp, error: &str) -> Result<(), StoreError> {
        self.note(RETRY, id, at, error).await
    }

    /// Leaves a job for people to look at.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn give_up(&self, id: i64, now: Timestamp, error: &str) -> Result<(), StoreError> {
        self.note(GIVE_UP, id, now, error).await
    }

    /// Forgets the jobs of a topic that were given up before some time; returns how many there were.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn forget_given_up(&self, topic: &str, before: Timestamp) -> Result<u64, StoreError> {
        let forgotten = sqlx::query(FORGET_GIVEN_UP)
            .bind(topic)
            .bind(Timestamptz(before))
            .execute(&self.pool)
            .await?;
        Ok(forgotten.rows_affected())
    }

    /// How many jobs of a topic wait, and how many were given up; of each, 100,000 at most are counted.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn waiting(&self, topic: &str) -> Result<(u64, u64), StoreError> {
        let (BigInt(waiting), BigInt(failed)) = sqlx::query_as(WAITING)
            .bind(topic)
            .fetch_one(&self.pool)
            .await?;
        Ok((waiting, failed))
    }

    async fn note(
        &self,
        statement: &'static str,
        id: i64,
        at: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        sqlx::query(statement)
            .bind(id)
            .bind(Timestamptz(at))
            .bind(error)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Writes jobs that follow from no entry of a journal, in the transaction of what they follow from.
pub(crate) async fn enqueue(
    connection: &mut PgConnection,
    jobs: &[Job],
    now: Timestamp,
) -> Result<(), StoreError> {
    if jobs.is_empty() {
        return Ok(());
    }
    sqlx::query(ENQUEUE)
        .bind(jobs.iter().map(Job::topic).bind_iter())
        .bind(jobs.iter().map(Json).bind_iter())
        .bind(Timestamptz(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the mails about an account that are not sent yet.
pub(crate) async fn forget_mails(
    connection: &mut PgConnection,
    account: Uuid,
) -> Result<(), StoreError> {
    debug_assert_eq!(MAIL, "mail", "the statement names the topic");
    sqlx::query(FORGET_MAILS)
        .bind(account.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
