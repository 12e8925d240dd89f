//! Accounts that a proved phone opens.
//!
//! Whatever a code does is one transaction with its use. The row of the code is locked first, then that of the
//! account: so nobody else proves the same number meanwhile.

mod codes;

use seating::timestamp::Timestamp;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;
use sqlx::types::Uuid;

use super::keys::{FollowUp, follow};
use super::sessions::{self, NewSession};
use super::{Account, Accounts, columns, logged, row, update};
use crate::error::StoreError;
use crate::pg_types::Timestamptz;

pub use codes::{ATTEMPT, Attempt, CLAIM, Claim, FORGET_OLD, NewCode, USE};

/// Goes along the index of proved numbers to one row.
pub const BY_PHONE: &str = concat!(
    "select ",
    columns!(),
    " from accounts a where a.phone = $1 and a.phone_verified_at is not null for no key update"
);

const INSERT: &str = "\
insert into accounts (id, name, phone, phone_verified_at, role, created_at, updated_at) \
values ($1, $2, $3, $4, 'USER', $4, $4)";

const GET: &str = concat!("select ", columns!(), " from accounts a where a.id = $1");

/// The moment differs from that of an earlier proof, which a trigger would take for that of the earlier number.
const PROVE: &str = update!(
    "phone = $3, phone_verified_at = greatest($2, a.phone_verified_at + interval '1 microsecond'), \
        updated_at = $2"
);

/// A code that was given for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenCode<'a> {
    pub phone: &'a str,
    pub id: Uuid,
}

/// Who gets an account if the number has none.
#[derive(Clone, Copy, Debug)]
pub struct NewByPhone<'a> {
    pub id: Uuid,
    pub name: &'a str,
}

/// What became of a code with which somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnteredByPhone {
    /// The account of the number, which was there.
    SignedIn(Box<Account>),
    /// The account of the number, which was made.
    Created(Box<Account>),
    /// It was used, is too old, or another was sent since.
    NoSuchCode,
    Blocked,
}

/// What became of a code that proves the number of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneProved {
    Done(Box<Account>),
    /// It was used, is too old, or another was sent since.
    NoSuchCode,
    NoAccount,
    Blocked,
    /// Another account has proved the number.
    Taken,
}

impl Accounts {
    /// Uses a code to open a session of the account whose proved number it is, or of a new one.
    ///
    /// # Errors
    ///
    /// [`StoreError::KeyTaken`] when the same request came before; [`StoreError::Driver`] when the
    /// database fails.
    pub async fn enter_by_phone(
        &self,
        code: GivenCode<'_>,
        (new, session): (NewByPhone<'_>, &NewSession<'_>),
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<EnteredByPhone, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if !codes::consume(&mut transaction, code, now).await? {
            return Ok(EnteredByPhone::NoSuchCode);
        }
        let found = by_phone(&mut transaction, code.phone).await?;
        let is_new = found.is_none();
        let account = match found {
            Some(account) if account.blocked_at.is_some() => return Ok(EnteredByPhone::Blocked),
            Some(account) => account,
            None => create(&mut transaction, new, code.phone, (follow_up, now)).await?,
        };
        sessions::open(&mut transaction, account.id, session, now).await?;
        let about = (account.id, Some(session.id));
        follow(&mut transaction, follow_up, about, now).await?;
        transaction.commit().await?;
        let account = Box::new(account);
        Ok(if is_new {
            EnteredByPhone::Created(account)
        } else {
            EnteredByPhone::SignedIn(account)
        })
    }

    /// Uses a code as proof that a number is the account's, whose number it becomes.
    ///
    /// # Errors
    ///
    /// [`StoreError::KeyTaken`] when the same request came before; [`StoreError::Driver`] when the
    /// database fails.
    pub async fn prove_phone(
        &self,
        account: Uuid,
        code: GivenCode<'_>,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<PhoneProved, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if !codes::consume(&mut transaction, code, now).await? {
            return Ok(PhoneProved::NoSuchCode);
        }
        let Some(before) = logged::before(&mut transaction, account).await? else {
            return Ok(PhoneProved::NoAccount);
        };
        if before.blocked_at.is_some() {
            return Ok(PhoneProved::Blocked);
        }
        let proved = sqlx::query(PROVE)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(code.phone)
            .fetch_optional(&mut *transaction)
            .await;
        if let Err(error) = &proved
            && error
                .as_database_error()
                .is_some_and(DatabaseError::is_unique_violation)
        {
            return Ok(PhoneProved::Taken);
        }
        let Some(after) = proved?.as_ref().map(row::account).transpose()? else {
            return Ok(PhoneProved::NoAccount);
        };
        let what = ("account.phone_verified", account);
        let change = (Some(&before), Some(&after));
        logged::log(&mut transaction, follow_up.by, what, change, now).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(PhoneProved::Done(Box::new(after)))
    }
}

async fn by_phone(
    connection: &mut PgConnection,
    phone: &str,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(BY_PHONE)
        .bind(phone)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(row::account).transpose()
}

async fn create(
    connection: &mut PgConnection,
    new: NewByPhone<'_>,
    phone: &str,
    (follow_up, now): (FollowUp<'_>, Timestamp),
) -> Result<Account, StoreError> {
    sqlx::query(INSERT)
        .bind(new.id)
        .bind(new.name)
        .bind(phone)
        .bind(Timestamptz(now))
        .execute(&mut *connection)
        .await?;
    let created = sqlx::query(GET)
        .bind(new.id)
        .fetch_one(&mut *connection)
        .await?;
    let created = row::account(&created)?;
    let what = ("account.created", new.id);
    let change = (None, Some(&created));
    logged::log(connection, follow_up.by, what, change, now).await?;
    Ok(created)
}
