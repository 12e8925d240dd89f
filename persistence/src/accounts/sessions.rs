//! The devices on which people are signed in.
//!
//! A session that has ended has no row. The row of one that lives knows the number of its newest
//! refresh token, its generation, so that of two who use one token at once one finds it used.

use seating::timestamp::Timestamp;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Uuid;

use super::keys::{FollowUp, follow};
use super::{Account, Accounts, columns, logged, row};
use crate::error::StoreError;
use crate::pg_types::{BigInt, Timestamptz, bigint, int};
use crate::revocations::ENDED_SESSIONS_MAX;

/// Sessions of one account; for one more, those end that were used the longest time ago.
pub const SESSIONS_MAX: u32 = 50;

macro_rules! session_columns {
    () => {
        "s.id as session_id, s.device as session_device, s.address as session_address, \
            s.created_at as session_created_at, s.last_used_at as session_last_used_at, \
            s.expires_at as session_expires_at, s.generation as session_generation"
    };
}

const INSERT: &str = "\
insert into sessions (id, account_id, device, address, created_at, last_used_at, expires_at) \
values ($1, $2, $3, $4, $5, $5, $6)";

/// Those that are over, and those for which there is no room; that these have ended is remembered like any
/// other end.
const CLEAR: &str = "\
with cleared as ( \
    delete from sessions where id in ( \
        select id from ( \
            select id, expires_at, row_number() over (order by last_used_at desc, id desc) as place \
            from sessions where account_id = $1 \
        ) ranked where expires_at <= $2 or place >= $3) \
    returning id, expires_at \
) insert into ended_sessions (session_id, forget_at) \
select id, $4 from cleared \
where expires_at > $2 and (select count(*) from ended_sessions) < $5 on conflict do nothing";

/// Of two at once the second waits for the first, and finds the generation gone.
pub const ROTATE: &str = concat!(
    "with rotated as ( \
        update sessions s set generation = s.generation + 1, last_used_at = $3, expires_at = $4, \
            address = $5 \
        from accounts b \
        where s.id = $1 and s.generation = $2 and s.expires_at > $3 \
            and b.id = s.account_id and b.blocked_at is null and b.erased_at is null \
        returning s.* \
    ) select ",
    columns!(),
    ", ",
    session_columns!(),
    " from rotated s join accounts a on a.id = s.account_id"
);

/// Goes along the key of sessions and that of accounts.
pub const FIND: &str = concat!(
    "select ",
    columns!(),
    ", ",
    session_columns!(),
    " from sessions s join accounts a on a.id = s.account_id where s.id = $1 and a.erased_at is null"
);

/// Goes along the index of an account's sessions, of which there are few.
pub const LIST: &str = concat!(
    "select ",
    session_columns!(),
    " from sessions s where s.account_id = $1 and s.expires_at > $2 \
    order by s.last_used_at desc, s.id desc limit $3"
);

/// One session of an account, or all, or all but one; what has ended is remembered while there is room.
macro_rules! end {
    ($which:literal) => {
        concat!(
            "with ended as ( \
                delete from sessions where account_id = $1 and ",
            $which,
            " returning id \
            ), remembered as ( \
                insert into ended_sessions (session_id, forget_at) \
                select id, $3 from ended where (select count(*) from ended_sessions) < $4 \
                on conflict do nothing \
            ) select count(*) from ended"
        )
    };
}

const END: &str = end!("id = $2");
const END_ALL: &str = end!("id is distinct from $2");

/// A device that signs in.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    pub id: Uuid,
    /// What it calls itself.
    pub device: &'a str,
    /// From where it asks.
    pub address: &'a str,
    pub expires_at: Timestamp,
    /// Until when it is remembered that others have ended for which it leaves no room.
    pub others_forgotten_at: Timestamp,
}

/// A device that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub device: String,
    pub address: String,
    pub created_at: Timestamp,
    /// When it signed in or was last given a refresh token.
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    /// The number of its newest refresh token, from 0.
    pub generation: u32,
}

impl Accounts {
    /// Signs a device in: its session, the end of the failures before it, a better hash of the
    /// password where there is one, and what follows, in one transaction; the account as it is then.
    /// None when the account has been blocked or erased since it was looked at, or its password is no
    /// longer `compared`, the hash with which the given one was compared.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn sign_in(
        &self,
        account: Uuid,
        (session, compared, rehashed): (&NewSession<'_>, Option<&str>, Option<&str>),
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let welcome = sqlx::query(WELCOME)
            .bind(account)
            .bind(rehashed)
            .bind(compared)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(welcome) = welcome.as_ref().map(row::account).transpose()? else {
            return Ok(None);
        };
        open(&mut transaction, account, session, now).await?;
        follow(
            &mut transaction,
            follow_up,
            (account, Some(session.id)),
            now,
        )
        .await?;
        transaction.commit().await?;
        Ok(Some(welcome))
    }

    /// Makes the next refresh token of a session the newest one, if `generation` is, the session
    /// lives, and its account is neither blocked nor erased.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn rotate(
        &self,
        (session, generation): (Uuid, u32),
        address: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(Account, Session)>, StoreError> {
        let rotated = sqlx::query(ROTATE)
            .bind(session)
            .bind(int(generation))
            .bind(Timestamptz(now))
            .bind(Timestamptz(expires_at))
            .bind(address)
            .fetch_optional(&self.pool)
            .await?;
        rotated.as_ref().map(with_account).transpose()
    }

    /// A session with its account, also one that is over or whose account is blocked.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn session(&self, id: Uuid) -> Result<Option<(Account, Session)>, StoreError> {
        let found = sqlx::query(FIND)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(with_account).transpose()
    }

    /// The sessions of an account that live, the last used first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn sessions(
        &self,
        account: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query(LIST)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(i64::from(SESSIONS_MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::session).collect()
    }

    /// Ends a session, with the jobs that follow, and remembers that until `forget_at`, when the last of its
    /// access tokens will have expired; `false` when the account has no such session.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn end_session(
        &self,
        (account, session): (Uuid, Uuid),
        forget_at: Timestamp,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let ended = end(&mut transaction, END, (account, Some(session)), forget_at).await?;
        if ended != 1 {
            return Ok(false);
        }
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends all sessions of an account, with what follows from it; returns how many there were.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn end_sessions(
        &self,
        account: Uuid,
        forget_at: Timestamp,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let ended = end_all(&mut transaction, (account, None), forget_at).await?;
        if ended > 0 {
            let what = ("account.sessions_ended", account);
            logged::log(&mut transaction, follow_up.by, what, (None, None), now).await?;
        }
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(ended)
    }
}

/// Forgets the failures; refuses whoever is blocked or erased, or has another password by now.
const WELCOME: &str = concat!(
    "update accounts a set failed_logins = 0, last_failed_at = null, \
        password_hash = coalesce($2, a.password_hash) \
    where a.id = $1 and a.blocked_at is null and a.erased_at is null \
        and a.password_hash is not distinct from $3 \
    returning ",
    columns!()
);

/// Opens a session, and clears those away that are over or too many.
pub(super) async fn open(
    connection: &mut PgConnection,
    account: Uuid,
    new: &NewSession<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(CLEAR)
        .bind(account)
        .bind(Timestamptz(now))
        .bind(i64::from(SESSIONS_MAX))
        .bind(Timestamptz(new.others_forgotten_at))
        .bind(bigint(ENDED_SESSIONS_MAX as u64))
        .execute(&mut *connection)
        .await?;
    sqlx::query(INSERT)
        .bind(new.id)
        .bind(account)
        .bind(new.device)
        .bind(new.address)
        .bind(Timestamptz(now))
        .bind(Timestamptz(new.expires_at))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends all sessions of an account, but for one that is kept.
pub(super) async fn end_all(
    connection: &mut PgConnection,
    (account, kept): (Uuid, Option<Uuid>),
    forget_at: Timestamp,
) -> Result<u64, StoreError> {
    end(connection, END_ALL, (account, kept), forget_at).await
}

async fn end(
    connection: &mut PgConnection,
    statement: &'static str,
    (account, session): (Uuid, Option<Uuid>),
    forget_at: Timestamp,
) -> Result<u64, StoreError> {
    let BigInt(ended) = sqlx::query_scalar(statement)
        .bind(account)
        .bind(session)
        .bind(Timestamptz(forget_at))
        .bind(bigint(ENDED_SESSIONS_MAX as u64))
        .fetch_one(connection)
        .await?;
    Ok(ended)
}

fn with_account(row: &PgRow) -> Result<(Account, Session), StoreError> {
    Ok((row::account(row)?, row::session(row)?))
}
