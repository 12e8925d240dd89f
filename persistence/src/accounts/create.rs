//! New accounts.

use seating::timestamp::Timestamp;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::Uuid;

use super::Accounts;
use super::links::{self, NewLink};
use super::sessions::{self, NewSession};
use crate::error::StoreError;
use crate::jobs;
use crate::outbox::Job;
use crate::pg_types::{Timestamptz, optional};

const INSERT: &str = "\
insert into accounts (id, email, email_key, email_verified_at, name, phone, role, password_hash, \
    created_at, updated_at) \
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) \
on conflict (email_key) do nothing";

const INSERT_MANY: &str = "\
insert into accounts (id, email, email_key, email_verified_at, name, phone, role, password_hash, \
    created_at, updated_at) \
select i.id, i.email, i.email_key, i.verified_at, i.name, i.phone, 'USER', i.password_hash, $8, $8 \
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[]) \
    as i (id, email, email_key, verified_at, name, phone, password_hash) \
on conflict (email_key) do nothing \
returning email_key";

const KNOWN: &str = "\
select email_key from accounts where email_key = any($1)";

/// Waits for another transaction that registers under the same key.
const INSERT_KEY: &str = "\
insert into keyed_registrations (key, fingerprint, account_id, session_id, created_at) \
values ($1, $2, $3, $4, $5) on conflict (key) do nothing";

const KEYED: &str = "\
select fingerprint, account_id, session_id from keyed_registrations where key = $1";

/// A few at a time, so that whoever registers waits for no pile.
const FORGET_KEYS: &str = "\
delete from keyed_registrations where key in ( \
    select key from keyed_registrations where created_at < $1 \
    order by created_at limit 20 for update skip locked)";

/// One that was used too long ago, however many such there are.
const FORGET_KEY: &str = "\
delete from keyed_registrations where key = $1 and created_at < $2";

/// Seconds for which the same registration gets the first answer.
const KEY_SECONDS: u64 = 24 * 60 * 60;

/// An account to be.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    pub id: Uuid,
    pub email: &'a str,
    /// The address in the form in which two of one person are equal.
    pub email_key: &'a str,
    /// When somebody vouched for the address.
    pub email_verified_at: Option<Timestamp>,
    pub name: &'a str,
    pub phone: Option<&'a str>,
    /// `USER`, `EDITOR` or `SUPER_ADMIN`.
    pub role: &'a str,
    pub password_hash: Option<&'a str>,
}

/// An account that another system had.
#[derive(Clone, Debug)]
pub struct ImportedAccount {
    pub id: Uuid,
    pub email: String,
    pub email_key: String,
    pub email_verified_at: Option<Timestamp>,
    pub name: String,
    pub phone: Option<String>,
    pub password_hash: Option<String>,
}

/// The key under which somebody registers, and a digest of what they sent with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRegistration {
    pub key: [u8; 16],
    pub fingerprint: [u8; 16],
}

/// The result of creating an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    New,
    /// The same request was answered before, with this account and session.
    Replayed {
        account: Uuid,
        session: Uuid,
    },
    /// The key belongs to another request.
    KeyReused,
    EmailTaken,
}

impl Accounts {
    /// Creates an account, in one transaction with its first session, with the link that proves its
    /// address and with the jobs that follow. Nothing is created when the address has an account.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn create(
        &self,
        new: &NewAccount<'_>,
        (session, link): (Option<&NewSession<'_>>, Option<&NewLink<'_>>),
        (key, jobs): (Option<&KeyedRegistration>, &[Job]),
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if let (Some(key), Some(session)) = (key, session)
            && let Some(before) = keyed(&mut transaction, key, (new.id, session.id), now).await?
        {
            return Ok(before);
        }
        let inserted = insert(&mut transaction, new, now).await?;
        if !inserted {
            return Ok(Created::EmailTaken);
        }
        if let Some(session) = session {
            sessions::open(&mut transaction, new.id, session, now).await?;
        }
        if let Some(link) = link {
            links::insert(&mut transaction, new.id, link, now).await?;
        }
        jobs::enqueue(&mut transaction, jobs, now).await?;
        transaction.commit().await?;
        Ok(Created::New)
    }

    /// Creates the accounts whose addresses have none, all or none of them; returns the addresses,
    /// as keys, that were created.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn import(
        &self,
        accounts: &[ImportedAccount],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let each = || accounts.iter();
        let created = sqlx::query_scalar(INSERT_MANY)
            .bind(each().map(|it| it.id).bind_iter())
            .bind(each().map(|it| it.email.as_str()).bind_iter())
            .bind(each().map(|it| it.email_key.as_str()).bind_iter())
            .bind(each().map(|it| optional(it.email_verified_at)).bind_iter())
            .bind(each().map(|it| it.name.as_str()).bind_iter())
            .bind(each().map(|it| it.phone.as_deref()).bind_iter())
            .bind(each().map(|it| it.password_hash.as_deref()).bind_iter())
            .bind(Timestamptz(now))
            .fetch_all(&self.pool)
            .await?;
        Ok(created)
    }

    /// Which of these addresses have an account.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn known(&self, email_keys: &[String]) -> Result<Vec<String>, StoreError> {
        let known = sqlx::query_scalar(KNOWN)
            .bind(email_keys)
            .fetch_all(&self.pool)
            .await?;
        Ok(known)
    }

    /// Enqueues a job that follows from no change.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn enqueue(&self, job: Job, now: Timestamp) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        jobs::enqueue(&mut connection, &[job], now).await
    }
}

async fn insert(
    connection: &mut PgConnection,
    new: &NewAccount<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query(INSERT)
        .bind(new.id)
        .bind(new.email)
        .bind(new.email_key)
        .bind(optional(new.email_verified_at))
        .bind(new.name)
        .bind(new.phone)
        .bind(new.role)
        .bind(new.password_hash)
        .bind(Timestamptz(now))
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Takes the key for this registration, or says what was registered under it.
async fn keyed(
    connection: &mut PgConnection,
    key: &KeyedRegistration,
    (account, session): (Uuid, Uuid),
    now: Timestamp,
) -> Result<Option<Created>, StoreError> {
    let before = now.minus_micros(KEY_SECONDS * 1_000_000);
    sqlx::query(FORGET_KEYS)
        .bind(Timestamptz(before))
        .execute(&mut *connection)
        .await?;
    sqlx::query(FORGET_KEY)
        .bind(&key.key[..])
        .bind(Timestamptz(before))
        .execute(&mut *connection)
        .await?;
    let taken = sqlx::query(INSERT_KEY)
        .bind(&key.key[..])
        .bind(&key.fingerprint[..])
        .bind(account)
        .bind(session)
        .bind(Timestamptz(now))
        .execute(&mut *connection)
        .await?;
    if taken.rows_affected() == 1 {
        return Ok(None);
    }
    let found: Option<(Vec<u8>, Uuid, Uuid)> = sqlx::query_as(KEYED)
        .bind(&key.key[..])
        .fetch_optional(connection)
        .await?;
    let gone = StoreError::RowsAffected {
        expected: 1,
        actual: 0,
    };
    let (fingerprint, account, session) = found.ok_or(gone)?;
    Ok(Some(if fingerprint == key.fingerprint {
        Created::Replayed { account, session }
    } else {
        Created::KeyReused
    }))
}
