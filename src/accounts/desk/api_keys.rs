//! Keys for programs: made, shown once, taken away.

use persistence::accounts::{ApiKey, NewApiKey};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::keyed::Write;
use super::{Answered, Desk, Refusal};
use crate::accounts::asker::Asker;
use crate::accounts::key_ring;
use crate::accounts::role::Role;
use crate::fresh_ids;

/// What a key is to be.
#[derive(Clone, Copy, Debug)]
pub struct ApiKeyWish<'a> {
    pub name: &'a str,
    pub role: Role,
    pub expires_at: Option<Timestamp>,
}

/// A key that was made.
#[derive(Clone, Debug)]
pub struct ShownApiKey {
    pub api_key: ApiKey,
    /// What its program sends: shown to whoever made it, once, because nobody has it afterwards.
    pub key: Option<String>,
}

impl Desk {
    /// Makes a key. Sent again under its `Idempotency-Key` it is the same one, and not shown again.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when it would be over already; [`Refusal::TooManyApiKeys`];
    /// [`Refusal::KeyReused`].
    pub async fn create_api_key(
        &self,
        wish: ApiKeyWish<'_>,
        asker: &Asker,
    ) -> Result<Answered<ShownApiKey>, Refusal> {
        let expiry = wish.expires_at.map_or(0, Timestamp::unix_micros);
        let sent: [&[u8]; 4] = [
            b"api key",
            wish.name.as_bytes(),
            wish.role.as_str().as_bytes(),
            &expiry.to_be_bytes(),
        ];
        let write = self.write(asker, &[asker.subject_bytes()], &sent);
        let create = self.make_api_key(wish, &write);
        let again = async |before: super::keyed::Before| {
            let api_key = self.api_key(before.session.unwrap_or_default()).await?;
            Ok(ShownApiKey { api_key, key: None })
        };
        self.once(&write, Box::pin(create), again).await
    }

    async fn make_api_key(
        &self,
        wish: ApiKeyWish<'_>,
        write: &Write<'_>,
    ) -> Result<ShownApiKey, Refusal> {
        let now = self.now();
        if wish.expires_at.is_some_and(|at| at <= now) {
            return Err(Refusal::field("expires_at", "must be in the future"));
        }
        let key = key_ring::spelled(rand::random());
        let new = NewApiKey {
            id: fresh_ids::uuid(now),
            name: wish.name,
            role: wish.role.as_str(),
            digest: &key_ring::digest(&key),
            created_by: write.by.actor.unwrap_or_default(),
            expires_at: wish.expires_at,
        };
        let follow_up = write.follow_up(&[]);
        let created = self.0.accounts.create_api_key(new, follow_up, now).await?;
        Ok(ShownApiKey {
            api_key: created.ok_or(Refusal::TooManyApiKeys)?,
            key: Some(key),
        })
    }

    /// A key, without what its program sends.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoApiKey`].
    pub async fn api_key(&self, id: Uuid) -> Result<ApiKey, Refusal> {
        let found = self.0.accounts.api_key(id).await?;
        found.ok_or(Refusal::NoApiKey(id))
    }

    /// At most `limit` keys, the newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn api_keys(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<ApiKey>, Refusal> {
        Ok(self.0.accounts.api_keys(after, limit).await?)
    }

    /// Takes a key away; within a second every server refuses it. One that was taken away stays so.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoApiKey`]; [`Refusal::KeyReused`].
    pub async fn revoke_api_key(
        &self,
        id: Uuid,
        asker: &Asker,
    ) -> Result<Answered<ApiKey>, Refusal> {
        let sent: [&[u8]; 2] = [b"revoke api key", id.as_bytes()];
        let write = self.write(asker, &[asker.subject_bytes()], &sent);
        let follow_up = write.follow_up(&[]);
        let revoke = async {
            let accounts = &self.0.accounts;
            let revoked = accounts.revoke_api_key(
                (id, asker.subject.unwrap_or_default()),
                follow_up,
                self.now(),
            );
            revoked.await?.ok_or(Refusal::NoApiKey(id))
        };
        let again = async |_| self.api_key(id).await;
        self.once(&write, Box::pin(revoke), again).await
    }
}
