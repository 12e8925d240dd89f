//! Whom providers of identities vouch for: what they call somebody, and whose account that is.

use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::types::Uuid;

use super::create::{self, NewAccount};
use super::keys::{FollowUp, follow};
use super::sessions::{self, NewSession};
use super::{Account, Accounts, SignIn, columns, logged, row};
use crate::error::StoreError;
use crate::pg_types::Timestamptz;

/// Goes along the key of identities to one row, and from there along that of accounts.
pub const FIND: &str = concat!(
    "select ",
    columns!(),
    ", a.password_hash, a.failed_logins, a.last_failed_at, false as familiar \
    from account_identities i join accounts a on a.id = i.account_id \
    where i.issuer = $1 and i.subject = $2 and a.erased_at is null"
);

/// Goes along the index of an account's identities, of which there are few.
pub const OF_ACCOUNT: &str = "\
select issuer, subject, created_at from account_identities where account_id = $1 \
order by created_at, issuer, subject";

/// Waits for another transaction that adds the same one. One of somebody who was erased is free again: the
/// program before this one leaves it.
const INSERT: &str = "\
insert into account_identities as i (issuer, subject, account_id, created_at) values ($1, $2, $3, $4) \
on conflict (issuer, subject) do update set account_id = excluded.account_id, \
    created_at = excluded.created_at \
where exists (select from accounts a where a.id = i.account_id and a.erased_at is not null)";

/// Locks the account first. Only while it has the address that the provider vouched for, and has confirmed it.
const WELCOME: &str = concat!(
    "update accounts a set failed_logins = 0, last_failed_at = null \
    where a.id = $1 and a.email_key = $2 and a.email_verified_at is not null \
        and a.blocked_at is null and a.erased_at is null \
    returning ",
    columns!()
);

/// Those of one account beyond the newest, which stay.
pub const FORGET_MANY: &str = "\
delete from account_identities where (issuer, subject) in ( \
    select issuer, subject from account_identities where account_id = $1 \
    order by created_at desc, issuer, subject offset $2)";

const FORGET_ALL: &str = "delete from account_identities where account_id = $1";

/// Identities of one account; for one more, the oldest goes.
pub const IDENTITIES_MAX: u32 = 10;

/// What a provider calls somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityKey<'a> {
    /// The provider.
    pub issuer: &'a str,
    pub subject: &'a str,
}

/// An identity that lets somebody in to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    pub issuer: String,
    pub subject: String,
    pub linked_at: Timestamp,
}

impl Accounts {
    /// The account of an identity, for somebody who wants to sign in.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn by_identity(&self, key: IdentityKey<'_>) -> Result<Option<SignIn>, StoreError> {
        let row = sqlx::query(FIND)
            .bind(key.issuer)
            .bind(key.subject)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(row::sign_in).transpose()
    }

    /// The identities of an account, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn identities(&self, account: Uuid) -> Result<Vec<LinkedIdentity>, StoreError> {
        let rows: Vec<(String, String, Timestamptz)> = sqlx::query_as(OF_ACCOUNT)
            .bind(account)
            .fetch_all(&self.pool)
            .await?;
        let linked = |(issuer, subject, Timestamptz(linked_at))| LinkedIdentity {
            issuer,
            subject,
            linked_at,
        };
        Ok(rows.into_iter().map(linked).collect())
    }

    /// Links an identity to the account of an address and signs a device in there, with what follows, in one
    /// transaction. None when the account has another address by now, has not confirmed it, is blocked
    /// or erased, or when the identity is linked already.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails; [`StoreError::KeyTaken`].
    pub async fn link_identity(
        &self,
        key: IdentityKey<'_>,
        (account, email_key): (Uuid, &str),
        session: &NewSession<'_>,
        (follow_up, now): (FollowUp<'_>, Timestamp),
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let welcome = sqlx::query(WELCOME)
            .bind(account)
            .bind(email_key)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(welcome) = welcome.as_ref().map(row::account).transpose()? else {
            return Ok(None);
        };
        if !insert(&mut transaction, key, account, now).await? {
            return Ok(None);
        }
        sqlx::query(FORGET_MANY)
            .bind(account)
            .bind(i64::from(IDENTITIES_MAX))
            .execute(&mut *transaction)
            .await?;
        sessions::open(&mut transaction, account, session, now).await?;
        logged::log_identity(&mut transaction, follow_up.by, account, key.issuer, now).await?;
        let whose = (account, Some(session.id));
        follow(&mut transaction, follow_up, whose, now).await?;
        transaction.commit().await?;
        Ok(Some(welcome))
    }

    /// Creates an account with its identity and its first session, and what follows, in one transaction.
    /// None when the address has an account, or the identity is linked already.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails; [`StoreError::KeyTaken`].
    pub async fn create_with_identity(
        &self,
        key: IdentityKey<'_>,
        new: &NewAccount<'_>,
        session: &NewSession<'_>,
        (follow_up, now): (FollowUp<'_>, Timestamp),
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let Some(account) = create::insert(&mut transaction, new, now).await? else {
            return Ok(None);
        };
        if !insert(&mut transaction, key, new.id, now).await? {
            return Ok(None);
        }
        sessions::open(&mut transaction, new.id, session, now).await?;
        let what = ("account.created", new.id);
        let change = (None, Some(&account));
        logged::log(&mut transaction, follow_up.by, what, change, now).await?;
        logged::log_identity(&mut transaction, follow_up.by, new.id, key.issuer, now).await?;
        let whose = (new.id, Some(session.id));
        follow(&mut transaction, follow_up, whose, now).await?;
        transaction.commit().await?;
        Ok(Some(account))
    }
}

/// Adds an identity; `false` when it is somebody's already.
async fn insert(
    connection: &mut PgConnection,
    key: IdentityKey<'_>,
    account: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query(INSERT)
        .bind(key.issuer)
        .bind(key.subject)
        .bind(account)
        .bind(Timestamptz(now))
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Forgets the identities of somebody.
pub(super) async fn forget(connection: &mut PgConnection, account: Uuid) -> Result<(), StoreError> {
    sqlx::query(FORGET_ALL)
        .bind(account)
        .execute(connection)
        .await?;
    Ok(())
}
