//! Becoming somebody.

use persistence::accounts::{Created, KeyedRegistration, LinkPurpose, NewAccount, NewSession};
use persistence::outbox::News;
use seating::timestamp::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Credentials, Desk, Device, Matter, Refusal, is_over, link, mail};
use crate::accounts::role::Role;
use crate::accounts::rules;
use crate::accounts::seals::Purpose;
use crate::fresh_ids;
use crate::wire::composed::composed;

/// Who wants an account.
#[derive(Clone, Debug)]
pub struct Registration {
    pub name: String,
    pub email: String,
    pub password: SecretString,
    pub phone: Option<String>,
}

impl Desk {
    /// Makes an account of a registration that was checked, signs its device in, and mails the link
    /// that proves its address.
    ///
    /// # Errors
    ///
    /// [`Refusal::EmailTaken`], of which the owner of the address is told; [`Refusal::KeyReused`];
    /// [`Refusal::Busy`].
    pub async fn register(
        &self,
        registration: &Registration,
        key: Option<&str>,
        device: &Device,
    ) -> Result<Credentials, Refusal> {
        self.0.passwords.have_room()?;
        let email_key = rules::email_key(&registration.email);
        let address = device.address.to_string();
        let keyed = key.map(|key| self.keyed(registration, key));
        if keyed.is_none() {
            let taken = self.0.accounts.by_email(&email_key, &address).await?;
            if taken.is_some() {
                return self.taken(&email_key).await;
            }
        }
        let password = composed(registration.password.expose_secret()).into_owned();
        let hash = self.0.passwords.hash(password.into()).await?;
        let now = self.now();
        let id = fresh_ids::uuid(now);
        let name = composed(&registration.name);
        let new = NewAccount {
            id,
            email: &registration.email,
            email_key: &email_key,
            email_verified_at: None,
            name: &name,
            phone: registration.phone.as_deref(),
            role: Role::User.as_str(),
            password_hash: Some(&hash),
        };
        let session = NewSession {
            id: fresh_ids::uuid(now),
            device: &rules::device(&device.user_agent),
            address: &address,
            expires_at: now.plus_seconds(self.0.lifetimes.refresh_seconds),
        };
        let (link, job) = link(id, LinkPurpose::VerifyEmail, None, now);
        let jobs = [job];
        let (with, beside) = ((Some(&session), Some(&link)), (keyed.as_ref(), &jobs[..]));
        match self.0.accounts.create(&new, with, beside, now).await? {
            Created::New => {
                self.0.bell.ring();
                let account = self.own(id).await?;
                self.credentials(account, (session.id, 0), now)
            }
            Created::Replayed { account, session } => self.once_more((account, session), now).await,
            Created::KeyReused => Err(Refusal::KeyReused),
            Created::EmailTaken => self.taken(&email_key).await,
        }
    }

    /// The first answer again, unless it has reached its sender: then the session has gone on, or has ended.
    async fn once_more(
        &self,
        (account, session): (Uuid, Uuid),
        now: Timestamp,
    ) -> Result<Credentials, Refusal> {
        let found = self.0.accounts.session(session).await?;
        let found = found.filter(|(it, session)| it.id == account && !is_over(session, now));
        let (account, session) = found.ok_or(Refusal::SessionEnded)?;
        if account.blocked_at.is_some() {
            return Err(Refusal::Blocked);
        }
        if session.generation != 0 {
            return Err(Refusal::EmailTaken);
        }
        let again = self.credentials(account, (session.id, 0), now)?;
        Ok(Credentials {
            replayed: true,
            ..again
        })
    }

    /// A digest of the key, and of what was sent with it: the same key of another address is another.
    fn keyed(&self, registration: &Registration, key: &str) -> KeyedRegistration {
        let email = rules::email_key(&registration.email);
        let phone = registration.phone.as_deref().unwrap_or_default();
        let content = [
            registration.name.as_bytes(),
            registration.email.as_bytes(),
            registration.password.expose_secret().as_bytes(),
            phone.as_bytes(),
        ];
        let seals = &self.0.seals;
        KeyedRegistration {
            key: seals.digest(Purpose::Registration, &[key.as_bytes(), email.as_bytes()]),
            fingerprint: seals.digest(Purpose::Registration, &content),
        }
    }

    /// Tells the owner of an address that somebody wanted to register with it.
    async fn taken(&self, email_key: &str) -> Result<Credentials, Refusal> {
        let owner = self.0.accounts.by_email(email_key, "").await?;
        if let Some(owner) = owner
            && self.0.postage.is_there_for(owner.account.id, Matter::Taken)
        {
            let job = mail(owner.account.id, News::EmailTaken);
            self.0.accounts.enqueue(job, self.now()).await?;
            self.0.bell.ring();
        }
        Err(Refusal::EmailTaken)
    }
}
