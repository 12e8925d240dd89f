//! Keys of programs, as whoever manages them sees them.
//!
//! Servers have all keys that are not revoked in memory ([`KnownKeys`]), so there are few; each
//! change tells them in the transaction that makes it.

mod known;

use seating::timestamp::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Uuid;

use super::keys::{FollowUp, follow};
use super::{Accounts, logged};
use crate::error::StoreError;
use crate::pg_types::{Timestamptz, bigint, optional};

pub use known::{KeyNews, KnownKey, KnownKeys};

/// Keys that are good; some hundred bytes of memory each in every server.
pub const API_KEYS_MAX: u32 = 1_000;

macro_rules! columns {
    () => {
        "k.id, k.name, k.role, k.created_by, k.created_at, k.expires_at, k.last_used_at, k.revoked_at"
    };
}

/// Whoever makes keys at the same moment takes turns, so that there are never too many.
const TAKE_TURN: &str = "select pg_advisory_xact_lock(hashtext('fullhouse api keys'))";

const INSERT: &str = concat!(
    "insert into api_keys as k (id, name, role, digest, created_by, created_at, expires_at) \
    select $1, $2, $3, $4, $5, $6, $7 \
    where (select count(*) from api_keys \
        where revoked_at is null and (expires_at is null or expires_at > $6)) < $8 returning ",
    columns!()
);

const GET: &str = concat!("select ", columns!(), " from api_keys k where k.id = $1");

/// Goes along the primary key, the newest first.
const LIST: &str = concat!(
    "select ",
    columns!(),
    " from api_keys k where $1::uuid is null or k.id < $1 order by k.id desc limit $2"
);

/// The first time counts.
const REVOKE: &str = concat!(
    "update api_keys k set revoked_at = coalesce(k.revoked_at, $2) where k.id = $1 returning ",
    columns!()
);

const TELL: &str = "select pg_notify($1, '')";

/// A key of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// `USER`, `EDITOR` or `SUPER_ADMIN`, which a constraint sees to.
    pub role: String,
    /// Whoever made it: an account, or another key.
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A key to be.
#[derive(Clone, Copy, Debug)]
pub struct NewApiKey<'a> {
    pub id: Uuid,
    pub name: &'a str,
    pub role: &'a str,
    /// SHA-256 of the key.
    pub digest: &'a [u8; 32],
    pub created_by: Uuid,
    pub expires_at: Option<Timestamp>,
}

impl Accounts {
    /// Makes a key known. None when there are as many as may be.
    ///
    /// # Errors
    ///
    /// [`StoreError::KeyTaken`] when the same request came before; [`StoreError::Driver`] when the
    /// database fails.
    pub async fn create_api_key(
        &self,
        new: NewApiKey<'_>,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(TAKE_TURN).execute(&mut *transaction).await?;
        let created = sqlx::query(INSERT)
            .bind(new.id)
            .bind(new.name)
            .bind(new.role)
            .bind(&new.digest[..])
            .bind(new.created_by)
            .bind(Timestamptz(now))
            .bind(optional(new.expires_at))
            .bind(bigint(u64::from(API_KEYS_MAX)))
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(created) = created.as_ref().map(api_key).transpose()? else {
            return Ok(None);
        };
        tell(&mut transaction).await?;
        let what = ("api_key.created", &created);
        logged::log_key(&mut transaction, follow_up.by, what, now).await?;
        let about = (new.created_by, Some(new.id));
        follow(&mut transaction, follow_up, about, now).await?;
        transaction.commit().await?;
        Ok(Some(created))
    }

    /// One key, revoked or not.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>, StoreError> {
        let row = sqlx::query(GET).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(api_key).transpose()
    }

    /// At most `limit` keys, revoked ones too, the newest first, beginning after one of them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn api_keys(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let rows = sqlx::query(LIST)
            .bind(after)
            .bind(bigint(u64::from(limit)))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(api_key).collect()
    }

    /// Takes a key away, for `by`. None when there is no such key.
    ///
    /// # Errors
    ///
    /// [`StoreError::KeyTaken`] when the same request came before; [`StoreError::Driver`] when the
    /// database fails.
    pub async fn revoke_api_key(
        &self,
        (id, by): (Uuid, Uuid),
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let revoked = sqlx::query(REVOKE)
            .bind(id)
            .bind(Timestamptz(now))
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(revoked) = revoked.as_ref().map(api_key).transpose()? else {
            return Ok(None);
        };
        tell(&mut transaction).await?;
        let what = ("api_key.revoked", &revoked);
        logged::log_key(&mut transaction, follow_up.by, what, now).await?;
        follow(&mut transaction, follow_up, (by, Some(id)), now).await?;
        transaction.commit().await?;
        Ok(Some(revoked))
    }
}

/// Tells all servers, once this is committed, that the keys are others.
async fn tell(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query(TELL)
        .bind(known::CHANNEL)
        .execute(connection)
        .await?;
    Ok(())
}

fn api_key(row: &PgRow) -> Result<ApiKey, StoreError> {
    let Timestamptz(created_at) = row.try_get("created_at")?;
    let at = |column| -> Result<Option<Timestamp>, StoreError> {
        let at: Option<Timestamptz> = row.try_get(column)?;
        Ok(at.map(|Timestamptz(at)| at))
    };
    Ok(ApiKey {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        created_by: row.try_get("created_by")?,
        created_at,
        expires_at: at("expires_at")?,
        last_used_at: at("last_used_at")?,
        revoked_at: at("revoked_at")?,
    })
}
