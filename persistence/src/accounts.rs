//! Who has an account: people with their addresses, roles and passwords, the devices on which they
//! are signed in, and the links that were mailed to them.
//!
//! Whatever changes here and has to be told to somebody is one transaction with the job that does so.
//! What a caller decides, whether a password is right or a token may be used again, is decided
//! elsewhere; each statement here only refuses what has changed since it was looked at.

mod api_keys;
mod changes;
mod create;
mod identities;
mod keys;
mod links;
mod list;
mod logged;
mod phone;
mod row;
mod sessions;
pub mod statements;

use seating::timestamp::Timestamp;
use sqlx::postgres::PgPool;
use sqlx::types::Uuid;

use crate::error::StoreError;
use crate::pg_types::{Int, Timestamptz};

pub use api_keys::{API_KEYS_MAX, ApiKey, KeyNews, KnownKey, KnownKeys, NewApiKey};
pub use changes::{LinkUsed, PhoneChange, ProfileChange};
pub use create::{ImportedAccount, NewAccount};
pub use identities::{IDENTITIES_MAX, IdentityKey, LinkedIdentity};
pub use keys::{FollowUp, KEYS_MAX, KeyUse, KeyedWrite};
pub use links::{Link, LinkPurpose, NewLink};
pub use list::AccountFilter;
pub use phone::{Attempt, Claim, EnteredByPhone, GivenCode, NewByPhone, NewCode, PhoneProved};
pub use sessions::{NewSession, SESSIONS_MAX, Session};

/// The columns in the order in which [`row::account`] reads them.
macro_rules! columns {
    () => {
        "a.id, a.email, a.email_verified_at, a.name, a.phone, a.phone_verified_at, a.role, \
            a.created_at, a.updated_at, a.blocked_at"
    };
}
use columns;

/// A change of an account that answers with it as it is then.
macro_rules! update {
    ($set:literal) => {
        concat!(
            "update accounts a set ",
            $set,
            " where a.id = $1 and a.erased_at is null returning ",
            $crate::accounts::columns!()
        )
    };
}
use update;

const GET: &str = concat!(
    "select ",
    columns!(),
    " from accounts a where a.id = $1 and a.erased_at is null"
);

/// Goes along the index of addresses to one row, and from there along the index of an account's sessions.
pub const BY_EMAIL: &str = concat!(
    "select ",
    columns!(),
    ", a.password_hash, a.failed_logins, a.last_failed_at, \
        exists (select from sessions s where s.account_id = a.id and s.address = $2) as familiar \
    from accounts a where a.email_key = $1"
);

const ASIDE: &str = "\
select a.failed_logins, a.last_failed_at, \
    array(select l.email from account_links l where l.account_id = a.id and l.email is not null \
        order by l.created_at) \
from accounts a where a.id = $1 and a.erased_at is null";

const PASSWORD: &str = "\
select password_hash, blocked_at is not null from accounts where id = $1 and erased_at is null";

/// The repository of accounts.
#[derive(Clone, Debug)]
pub struct Accounts {
    pool: PgPool,
}

/// Somebody's account, whose person is not erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: Uuid,
    /// The address as its owner writes it; none where a proved phone opens the account.
    pub email: Option<String>,
    pub email_verified_at: Option<Timestamp>,
    pub name: String,
    pub phone: Option<String>,
    /// When its owner proved the number, which signs in since.
    pub phone_verified_at: Option<Timestamp>,
    /// `USER`, `EDITOR` or `SUPER_ADMIN`, which a constraint sees to.
    pub role: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub blocked_at: Option<Timestamp>,
}

/// An account as somebody finds it who wants to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    pub account: Account,
    /// Argon2's or bcrypt's text; nothing when no password opens the account.
    pub password_hash: Option<String>,
    /// Wrong passwords since the last right one.
    pub failed_logins: u32,
    pub last_failed_at: Option<Timestamp>,
    /// Whether somebody is signed in from the same address.
    pub familiar: bool,
}

/// What is known of somebody beside their account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Wrong passwords since the last right one.
    pub failed_logins: u32,
    pub last_failed_at: Option<Timestamp>,
    /// Addresses that they asked for and have not confirmed.
    pub unconfirmed: Vec<String>,
}

/// What opens an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Argon2's or bcrypt's text; nothing when no password does.
    pub password_hash: Option<String>,
    /// Whether its owner is kept out.
    pub blocked: bool,
}

impl Accounts {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// One account; none when there is none, or its person is erased.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn get(&self, id: Uuid) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(GET).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(row::account).transpose()
    }

    /// The account of an address, `email_key` being the address in the form in which two of one
    /// person are equal, for somebody who signs in from `address`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn by_email(
        &self,
        email_key: &str,
        address: &str,
    ) -> Result<Option<SignIn>, StoreError> {
        let row = sqlx::query(BY_EMAIL)
            .bind(email_key)
            .bind(address)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(row::sign_in).transpose()
    }

    /// What is known of somebody beside their account.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn aside(&self, id: Uuid) -> Result<Option<Aside>, StoreError> {
        let found: Option<(Int, Option<Timestamptz>, Vec<String>)> = sqlx::query_as(ASIDE)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|(failed, last, unconfirmed)| Aside {
            failed_logins: failed.0,
            last_failed_at: last.map(|at| at.0),
            unconfirmed,
        }))
    }

    /// What opens an account.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Lock>, StoreError> {
        let found: Option<(Option<String>, bool)> = sqlx::query_as(PASSWORD)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|(password_hash, blocked)| Lock {
            password_hash,
            blocked,
        }))
    }
}
