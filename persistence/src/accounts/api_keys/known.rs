//! Keys of programs, as servers follow them: all that are not revoked, news of changes, and when each
//! was used last.

use seating::timestamp::Timestamp;
use sqlx::postgres::{PgBindIterExt, PgListener, PgPool};
use sqlx::types::Uuid;

use super::API_KEYS_MAX;
use crate::error::StoreError;
use crate::pg_types::{Timestamptz, bigint};

/// Where a change of the keys is told.
pub(super) const CHANNEL: &str = "fullhouse_api_keys";

/// Goes along the index of those that are not revoked. One that has expired is known for a day longer, so that
/// whoever has it is told why it is refused.
const ALL: &str = "\
select id, role, digest, expires_at from api_keys \
where revoked_at is null and (expires_at is null or expires_at > $1 - interval '1 day') \
order by expires_at desc nulls first limit $2";

/// Only ever later.
const NOTE_USE: &str = "\
update api_keys k set last_used_at = greatest(k.last_used_at, u.at) \
from unnest($1::uuid[], $2::timestamptz[]) as u (id, at) where k.id = u.id";

/// The keys that programs may ask with.
#[derive(Clone, Debug)]
pub struct KnownKeys {
    pool: PgPool,
}

/// What must be known of a key to let whoever has it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    pub id: Uuid,
    /// `USER`, `EDITOR` or `SUPER_ADMIN`, which a constraint sees to.
    pub role: String,
    /// SHA-256 of the key.
    pub digest: Vec<u8>,
    pub expires_at: Option<Timestamp>,
}

/// Hears of changes on a connection of its own.
#[derive(Debug)]
pub struct KeyNews(PgListener);

impl KnownKeys {
    /// Over a pool of which one connection is kept for as long as somebody listens.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// All that are neither revoked nor long over at this time.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn all(&self, now: Timestamp) -> Result<Vec<KnownKey>, StoreError> {
        let rows: Vec<(Uuid, String, Vec<u8>, Option<Timestamptz>)> = sqlx::query_as(ALL)
            .bind(Timestamptz(now))
            .bind(bigint(2 * u64::from(API_KEYS_MAX)))
            .fetch_all(&self.pool)
            .await?;
        let known = rows.into_iter();
        let known = known.map(|(id, role, digest, expires_at)| KnownKey {
            id,
            role,
            digest,
            expires_at: expires_at.map(|Timestamptz(at)| at),
        });
        Ok(known.collect())
    }

    /// Keeps when keys were used last.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn note_use(&self, used: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        sqlx::query(NOTE_USE)
            .bind(used.iter().map(|(id, _)| *id).bind_iter())
            .bind(used.iter().map(|(_, at)| Timestamptz(*at)).bind_iter())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn listen(&self) -> Result<KeyNews, StoreError> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(KeyNews(listener))
    }
}

impl KeyNews {
    /// Waits until the keys have changed, or may have: while the connection was gone, nothing was heard.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the connection is lost and does not come back.
    pub async fn changed(&mut self) -> Result<(), StoreError> {
        self.0.try_recv().await?;
        Ok(())
    }
}
