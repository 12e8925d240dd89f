//! What changes on an account.
//!
//! Each change is one transaction with the end of the sessions and tokens that it ends, and with the
//! jobs that tell of it.

use seating::timestamp::Timestamp;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnection, PgRow, PgTransaction};
use sqlx::types::Uuid;

use super::identities;
use super::keys::{self, FollowUp, follow};
use super::sessions::end_all;
use super::{Account, Accounts, LinkPurpose, columns, row};
use crate::error::StoreError;
use crate::jobs;
use crate::pg_types::Timestamptz;

/// A link is used by being deleted: of two at once the second finds none. Those beside it, of the
/// same purpose, have lost theirs. Whoever changes an account locks its row first, then links, sessions, mails
/// and keys, in that order, so that no two wait for each other; whoever ends a session begins there.
pub const USE_LINK: &str = "\
with holder as ( \
    select a.id from account_links l join accounts a on a.id = l.account_id \
    where l.id = $1 for no key update of a \
), used as ( \
    delete from account_links l using holder h \
    where l.id = $1 and l.account_id = h.id and l.purpose = $2 and l.expires_at > $3 \
    returning l.account_id, l.id \
), beside as ( \
    delete from account_links l using used u \
    where l.account_id = u.account_id and l.purpose = $2 and l.id <> u.id \
) select account_id from used";

macro_rules! update {
    ($set:literal) => {
        concat!(
            "update accounts a set ",
            $set,
            " where a.id = $1 and a.erased_at is null returning ",
            columns!()
        )
    };
}

const VERIFY: &str =
    update!("email_verified_at = coalesce(a.email_verified_at, $2), updated_at = $2");
const CHANGE_EMAIL: &str =
    update!("email = $3, email_key = $4, email_verified_at = $2, updated_at = $2");
const RESET: &str = update!(
    "password_hash = $3, failed_logins = 0, last_failed_at = null, updated_at = $2, \
        email_verified_at = coalesce(a.email_verified_at, $2)"
);
const CHANGE_PROFILE: &str = update!(
    "name = coalesce($3, a.name), phone = case when $4 then $5 else a.phone end, updated_at = $2"
);
const SET_ROLE: &str = update!("role = $3, updated_at = $2");
const BLOCK: &str = update!("blocked_at = case when $3 then $2 end, updated_at = $2");

/// Only while the password is the one that was compared.
const CHANGE_PASSWORD: &str = "\
update accounts set password_hash = $3, failed_logins = 0, last_failed_at = null, updated_at = $2 \
where id = $1 and password_hash is not distinct from $4 and erased_at is null";

const COUNT_FAILURE: &str = "\
update accounts set failed_logins = failed_logins + 1, last_failed_at = $2 where id = $1";

const ERASE: &str = "\
update accounts set email = null, email_key = null, email_verified_at = null, name = null, \
    phone = null, password_hash = null, failed_logins = 0, last_failed_at = null, \
    role = 'USER', erased_at = $2, updated_at = $2 \
where id = $1 and erased_at is null and password_hash is not distinct from $3";

const FORGET_LINKS: &str = "delete from account_links where account_id = $1";

/// What of a profile becomes something else.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProfileChange<'a> {
    pub name: Option<&'a str>,
    pub phone: PhoneChange<'a>,
}

/// What becomes of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhoneChange<'a> {
    /// It stays as it is.
    #[default]
    Kept,
    Removed,
    /// It becomes this one.
    Replaced(&'a str),
}

/// How a link was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkUsed {
    Done(Box<Account>),
    /// It is not one of ours, was used, or is too old.
    NoSuchLink,
    /// The address that it proves has an account by now.
    EmailTaken,
}

impl Accounts {
    /// Takes a link as proof of an account's address.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn verify_email(
        &self,
        link: Uuid,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<LinkUsed, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let purpose = LinkPurpose::VerifyEmail;
        let Some(account) = use_link(&mut transaction, link, purpose, now).await? else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let verified = sqlx::query(VERIFY)
            .bind(account)
            .bind(Timestamptz(now))
            .fetch_optional(&mut *transaction)
            .await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        finish(transaction, verified.as_ref().map(row::account)).await
    }

    /// Takes a link as proof of another address, which becomes the account's.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn change_email(
        &self,
        link: Uuid,
        (email, email_key): (&str, &str),
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<LinkUsed, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let purpose = LinkPurpose::ChangeEmail;
        let Some(account) = use_link(&mut transaction, link, purpose, now).await? else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let changed = sqlx::query(CHANGE_EMAIL)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(email)
            .bind(email_key)
            .fetch_optional(&mut *transaction)
            .await;
        if let Err(error) = &changed
            && error
                .as_database_error()
                .is_some_and(DatabaseError::is_unique_violation)
        {
            return Ok(LinkUsed::EmailTaken);
        }
        let changed = changed?;
        forget_links(&mut transaction, account).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        finish(transaction, changed.as_ref().map(row::account)).await
    }

    /// Takes a link instead of the forgotten password: there is a new one, the address is proved,
    /// and everybody who was signed in is so no longer.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn reset_password(
        &self,
        (link, password_hash): (Uuid, &str),
        forget_at: Timestamp,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<LinkUsed, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let purpose = LinkPurpose::ResetPassword;
        let Some(account) = use_link(&mut transaction, link, purpose, now).await? else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let reset = sqlx::query(RESET)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(password_hash)
            .fetch_optional(&mut *transaction)
            .await?;
        end_all(&mut transaction, (account, None), forget_at).await?;
        forget_links(&mut transaction, account).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        finish(transaction, reset.as_ref().map(row::account)).await
    }

    /// Another password instead of `before`, the hash that was compared; all sessions but the one
    /// that is kept end. `false` when the password has changed since.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn change_password(
        &self,
        (account, kept): (Uuid, Option<Uuid>),
        (before, after): (Option<&str>, &str),
        (forget_at, follow_up): (Timestamp, FollowUp<'_>),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let changed = sqlx::query(CHANGE_PASSWORD)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(after)
            .bind(before)
            .execute(&mut *transaction)
            .await?;
        if changed.rows_affected() != 1 {
            return Ok(false);
        }
        end_all(&mut transaction, (account, kept), forget_at).await?;
        forget_links(&mut transaction, account).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Another name or phone.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn change_profile(
        &self,
        account: Uuid,
        change: ProfileChange<'_>,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let changed = sqlx::query(CHANGE_PROFILE)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(change.name)
            .bind(change.phone != PhoneChange::Kept)
            .bind(match change.phone {
                PhoneChange::Replaced(phone) => Some(phone),
                PhoneChange::Kept | PhoneChange::Removed => None,
            })
            .fetch_optional(&mut *transaction)
            .await?;
        commit(transaction, changed.as_ref(), follow_up, now).await
    }

    /// Another role; tokens that were issued before keep the one they have.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn set_role(
        &self,
        account: Uuid,
        role: &str,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let changed = sqlx::query(SET_ROLE)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(role)
            .fetch_optional(&mut *transaction)
            .await?;
        commit(transaction, changed.as_ref(), follow_up, now).await
    }

    /// Blocks an account, or lets it in again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn set_blocked(
        &self,
        account: Uuid,
        blocked: bool,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let changed = sqlx::query(BLOCK)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(blocked)
            .fetch_optional(&self.pool)
            .await?;
        changed.as_ref().map(row::account).transpose()
    }

    /// Counts a wrong password.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn count_failure(&self, account: Uuid, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(COUNT_FAILURE)
            .bind(account)
            .bind(Timestamptz(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Erases the person: what is left is an id, which bookings name. `false` when that has
    /// been done, or the password is no longer the one that was `proved`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn erase(
        &self,
        (account, proved): (Uuid, Option<&str>),
        forget_at: Timestamp,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let erased = sqlx::query(ERASE)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(proved)
            .execute(&mut *transaction)
            .await?;
        if erased.rows_affected() != 1 {
            return Ok(false);
        }
        forget_links(&mut transaction, account).await?;
        // Whoever ends a session tells of it: once none is left, no more mails come.
        end_all(&mut transaction, (account, None), forget_at).await?;
        jobs::forget_mails(&mut transaction, account).await?;
        identities::forget(&mut transaction, account).await?;
        keys::forget(&mut transaction, account).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn use_link(
    connection: &mut PgConnection,
    link: Uuid,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<Uuid>, StoreError> {
    let used = sqlx::query_scalar(USE_LINK)
        .bind(link)
        .bind(purpose.as_str())
        .bind(Timestamptz(now))
        .fetch_optional(connection)
        .await?;
    Ok(used)
}

/// Commits what has changed an account, with what follows from it; of one that is gone nothing is done.
async fn commit(
    mut transaction: PgTransaction<'_>,
    changed: Option<&PgRow>,
    follow_up: FollowUp<'_>,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let Some(account) = changed.map(row::account).transpose()? else {
        return Ok(None);
    };
    follow(&mut transaction, follow_up, (account.id, None), now).await?;
    transaction.commit().await?;
    Ok(Some(account))
}

/// Commits what a link has done; of an account that is gone it has done nothing.
async fn finish(
    transaction: PgTransaction<'_>,
    account: Option<Result<Account, StoreError>>,
) -> Result<LinkUsed, StoreError> {
    let Some(account) = account.transpose()? else {
        return Ok(LinkUsed::NoSuchLink);
    };
    transaction.commit().await?;
    Ok(LinkUsed::Done(Box::new(account)))
}

/// Whoever asked for a link before a password or an address changed has nothing to do with it any more.
async fn forget_links(connection: &mut PgConnection, account: Uuid) -> Result<(), StoreError> {
    sqlx::query(FORGET_LINKS)
        .bind(account)
        .execute(connection)
        .await?;
    Ok(())
}
