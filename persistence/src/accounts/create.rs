//! New accounts.

use seating::timestamp::Timestamp;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::Uuid;

use super::keys::{FollowUp, follow};
use super::links::{self, NewLink};
use super::sessions::{self, NewSession};
use super::{Account, Accounts, logged, row};
use crate::error::StoreError;
use crate::jobs;
use crate::outbox::Job;
use crate::pg_types::{Timestamptz, optional};

const INSERT: &str = "\
insert into accounts (id, email, email_key, email_verified_at, name, phone, role, password_hash, \
    created_at, updated_at) \
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) \
on conflict (email_key) do nothing \
returning id, email, email_verified_at, name, phone, phone_verified_at, role, created_at, updated_at, \
    blocked_at";

/// Each with its row of the audit log: an import is the command line's.
const INSERT_MANY: &str = "\
with created as (insert into accounts (id, email, email_key, email_verified_at, name, phone, role, password_hash, \
    created_at, updated_at) \
select i.id, i.email, i.email_key, i.verified_at, i.name, i.phone, 'USER', i.password_hash, $8, $8 \
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[]) \
    as i (id, email, email_key, verified_at, name, phone, password_hash) \
on conflict (email_key) do nothing \
returning id, email, email_key, name, phone \
), logged as ( \
    insert into audit_log (at, source, action, target_kind, target_id) \
    select $8, 'command_line', 'account.imported', 'account', id from created returning id, target_id \
), of_people as ( \
    insert into audit_log_people (audit_id, account_id, after) \
    select l.id, c.id, jsonb_build_object('email', c.email, 'name', c.name, 'phone', c.phone) \
    from logged l join created c on c.id = l.target_id \
) select email_key from created";

const KNOWN: &str = "\
select email_key from accounts where email_key = any($1)";

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

impl Accounts {
    /// Creates an account, in one transaction with its first session, with the link that proves its
    /// address and with what follows from it. None when the address has an account.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn create(
        &self,
        new: &NewAccount<'_>,
        (session, link): (Option<&NewSession<'_>>, Option<&NewLink<'_>>),
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let Some(account) = insert(&mut transaction, new, now).await? else {
            return Ok(None);
        };
        if let Some(session) = session {
            sessions::open(&mut transaction, new.id, session, now).await?;
        }
        if let Some(link) = link {
            links::insert(&mut transaction, new.id, link, now).await?;
        }
        let what = ("account.created", new.id);
        let change = (None, Some(&account));
        logged::log(&mut transaction, follow_up.by, what, change, now).await?;
        let opened = session.map(|session| session.id);
        follow(&mut transaction, follow_up, (new.id, opened), now).await?;
        transaction.commit().await?;
        Ok(Some(account))
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

pub(super) async fn insert(
    connection: &mut PgConnection,
    new: &NewAccount<'_>,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
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
        .fetch_optional(connection)
        .await?;
    inserted.as_ref().map(row::account).transpose()
}
