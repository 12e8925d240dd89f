//! The links that were mailed: each is good once, for one purpose, until a time.

use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::types::Uuid;

use super::Accounts;
use super::keys::{FollowUp, follow};
use crate::error::StoreError;
use crate::pg_types::Timestamptz;

const INSERT: &str = "\
insert into account_links (id, account_id, purpose, email, created_at, expires_at) \
values ($1, $2, $3, $4, $5, $6)";

/// Those that are over, and all but the newest few: mails are slow, and the one before may be the
/// one that is opened.
const CLEAR: &str = "\
delete from account_links where id in ( \
    select id from ( \
        select id, purpose, expires_at, \
            row_number() over (partition by purpose order by created_at desc, id desc) as place \
        from account_links where account_id = $1 \
    ) ranked where expires_at <= $2 or (purpose = $4 and place >= $3))";

/// Of two who want a link at once the second waits, and nobody gets one for an account that is
/// erased, or by a password that is no longer its own.
const LOCK: &str = "\
select id from accounts where id = $1 and erased_at is null \
    and ($2::text is null or password_hash = $2) for no key update";

/// Goes along the key of links to one row.
pub const FIND: &str = "\
select account_id, email from account_links where id = $1 and purpose = $2 and expires_at > $3";

/// Links of one account and purpose that are good at once.
const LINKS_MAX: i64 = 5;

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    VerifyEmail,
    ChangeEmail,
    ResetPassword,
}

impl LinkPurpose {
    /// As the column has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// A link to be mailed.
#[derive(Clone, Debug)]
pub struct NewLink<'a> {
    pub id: Uuid,
    pub purpose: LinkPurpose,
    /// The address that it proves, where that is not the account's own yet.
    pub email: Option<&'a str>,
    /// The hash of the password by which it was asked for, if one had to be proved.
    pub proved: Option<&'a str>,
    pub expires_at: Timestamp,
}

/// A link that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub account: Uuid,
    pub email: Option<String>,
}

impl Accounts {
    /// Makes a link and what follows from it; `false` when the account's person is erased, or the password by
    /// which it was asked for is no longer its own.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn send_link(
        &self,
        account: Uuid,
        link: &NewLink<'_>,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let locked: Option<Uuid> = sqlx::query_scalar(LOCK)
            .bind(account)
            .bind(link.proved)
            .fetch_optional(&mut *transaction)
            .await?;
        if locked.is_none() {
            return Ok(false);
        }
        insert(&mut transaction, account, link, now).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A link that is good now. Looking does not use it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn link(
        &self,
        id: Uuid,
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<Option<Link>, StoreError> {
        let found: Option<(Uuid, Option<String>)> = sqlx::query_as(FIND)
            .bind(id)
            .bind(purpose.as_str())
            .bind(Timestamptz(now))
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|(account, email)| Link { account, email }))
    }
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    account: Uuid,
    link: &NewLink<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(CLEAR)
        .bind(account)
        .bind(Timestamptz(now))
        .bind(LINKS_MAX)
        .bind(link.purpose.as_str())
        .execute(&mut *connection)
        .await?;
    sqlx::query(INSERT)
        .bind(link.id)
        .bind(account)
        .bind(link.purpose.as_str())
        .bind(link.email)
        .bind(Timestamptz(now))
        .bind(Timestamptz(link.expires_at))
        .execute(connection)
        .await?;
    Ok(())
}
