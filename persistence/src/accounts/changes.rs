//! Addresses and passwords that change, by a link or by whoever is signed in.
//!
//! Each change is one transaction with the end of the sessions and tokens that it ends, with the
//! jobs that tell of it, and with its row of the audit log.

mod erase;
mod profile;

use seating::timestamp::Timestamp;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnection, PgTransaction};
use sqlx::types::Uuid;

use super::identities;
use super::keys::{FollowUp, follow};
use super::sessions::end_all;
use super::{Account, Accounts, LinkPurpose, logged, row, update};
use crate::error::StoreError;
use crate::pg_types::Timestamptz;

pub use profile::{PhoneChange, ProfileChange};

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

const VERIFY: &str =
    update!("email_verified_at = coalesce(a.email_verified_at, $2), updated_at = $2");
const CHANGE_EMAIL: &str =
    update!("email = $3, email_key = $4, email_verified_at = $2, updated_at = $2");
const RESET: &str = update!(
    "password_hash = $3, failed_logins = 0, last_failed_at = null, updated_at = $2, \
        email_verified_at = coalesce(a.email_verified_at, $2)"
);
/// Only while the password is the one that was compared.
const CHANGE_PASSWORD: &str = "\
update accounts set password_hash = $3, failed_logins = 0, last_failed_at = null, updated_at = $2 \
where id = $1 and password_hash is not distinct from $4 and erased_at is null";

const COUNT_FAILURE: &str = "\
update accounts set failed_logins = failed_logins + 1, last_failed_at = $2 where id = $1";

const FORGET_LINKS: &str = "delete from account_links where account_id = $1";

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
        let Some(before) = use_link(&mut transaction, link, purpose, now).await? else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let verified = sqlx::query(VERIFY)
            .bind(before.id)
            .bind(Timestamptz(now))
            .fetch_optional(&mut *transaction)
            .await?;
        let after = verified.as_ref().map(row::account).transpose()?;
        let what = ("account.email_verified", before, after);
        finish(transaction, what, follow_up, now).await
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
        let Some(before) = use_link(&mut transaction, link, purpose, now).await? else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let changed = sqlx::query(CHANGE_EMAIL)
            .bind(before.id)
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
        let after = changed?.as_ref().map(row::account).transpose()?;
        forget_links(&mut transaction, before.id).await?;
        let what = ("account.email_changed", before, after);
        finish(transaction, what, follow_up, now).await
    }

    /// Takes a link instead of the forgotten password: there is a new one, the address is proved,
    /// everybody who was signed in is so no longer, and no provider vouches for the account any more: whoever
    /// has the address confirmed there is linked again when they come.
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
        let Some(before) = use_link(&mut transaction, link, purpose, now).await? else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let reset = sqlx::query(RESET)
            .bind(before.id)
            .bind(Timestamptz(now))
            .bind(password_hash)
            .fetch_optional(&mut *transaction)
            .await?;
        let after = reset.as_ref().map(row::account).transpose()?;
        end_all(&mut transaction, (before.id, None), forget_at).await?;
        forget_links(&mut transaction, before.id).await?;
        identities::forget(&mut transaction, before.id).await?;
        let what = ("account.password_reset", before, after);
        finish(transaction, what, follow_up, now).await
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
        let what = ("account.password_changed", account);
        logged::log(&mut transaction, follow_up.by, what, (None, None), now).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(true)
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
}

/// The account of a link, as it is before what the link does.
async fn use_link(
    connection: &mut PgConnection,
    link: Uuid,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let used: Option<Uuid> = sqlx::query_scalar(USE_LINK)
        .bind(link)
        .bind(purpose.as_str())
        .bind(Timestamptz(now))
        .fetch_optional(&mut *connection)
        .await?;
    match used {
        Some(account) => logged::before(connection, account).await,
        None => Ok(None),
    }
}

/// Commits what a link has done; to an account that is gone it has done nothing.
async fn finish(
    mut transaction: PgTransaction<'_>,
    (action, before, after): (&str, Account, Option<Account>),
    follow_up: FollowUp<'_>,
    now: Timestamp,
) -> Result<LinkUsed, StoreError> {
    let Some(after) = after else {
        return Ok(LinkUsed::NoSuchLink);
    };
    let change = (Some(&before), Some(&after));
    let what = (action, after.id);
    logged::log(&mut transaction, follow_up.by, what, change, now).await?;
    follow(&mut transaction, follow_up, (after.id, None), now).await?;
    transaction.commit().await?;
    Ok(LinkUsed::Done(Box::new(after)))
}

/// Whoever asked for a link before a password or an address changed has nothing to do with it any more.
async fn forget_links(connection: &mut PgConnection, account: Uuid) -> Result<(), StoreError> {
    sqlx::query(FORGET_LINKS)
        .bind(account)
        .execute(connection)
        .await?;
    Ok(())
}
