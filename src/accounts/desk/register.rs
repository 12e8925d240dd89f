//! Becoming somebody.

use persistence::accounts::{LinkPurpose, NewAccount, NewSession};
use persistence::outbox::News;
use secrecy::{ExposeSecret, SecretString};

use super::keyed::{Before, Write};
use super::{Answered, Credentials, Desk, Device, Matter, Refusal, link, mail};
use crate::accounts::asker::Asker;
use crate::accounts::role::Role;
use crate::accounts::rules;
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
    /// that proves its address. Sent again under its key it gets the same tokens, until they were used.
    ///
    /// # Errors
    ///
    /// [`Refusal::EmailTaken`], of which the owner of the address is told; [`Refusal::KeyReused`];
    /// [`Refusal::Busy`].
    pub async fn register(
        &self,
        registration: &Registration,
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<Credentials>, Refusal> {
        self.0.passwords.have_room()?;
        let email_key = rules::email_key(&registration.email);
        let write = self.registering(registration, asker);
        let create = self.create(registration, &write, device);
        let again = async |before: Before| {
            // Whoever has used the tokens has had the answer, and can sign in.
            let again = self.once_more(before).await?;
            let again = again.ok_or(Refusal::EmailTaken)?;
            let password = registration.password.clone();
            self.same_password(before.account, password, device).await?;
            Ok(again)
        };
        let registered = self.once(&write, Box::pin(create), again).await;
        if matches!(registered, Err(Refusal::EmailTaken)) {
            self.tell_owner(&email_key).await?;
        }
        registered
    }

    async fn create(
        &self,
        registration: &Registration,
        write: &Write<'_>,
        device: &Device,
    ) -> Result<Credentials, Refusal> {
        let email_key = rules::email_key(&registration.email);
        // Hashing is for those alone whose address is free.
        if self.0.accounts.by_email(&email_key, "").await?.is_some() {
            return Err(Refusal::EmailTaken);
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
        let address = device.address.to_string();
        let session = NewSession {
            id: fresh_ids::uuid(now),
            device: &rules::device(&device.user_agent),
            address: &address,
            expires_at: now.plus_seconds(self.0.lifetimes.refresh_seconds),
            others_forgotten_at: self.forget_at(now),
        };
        // Whose address it is may be mailed too much already: then the link is there for the asking later.
        let mailed = self
            .0
            .postage
            .is_there_for(&email_key, Matter::Verification);
        let mailed = mailed.then(|| link(id, LinkPurpose::VerifyEmail, None, now));
        let (link, jobs): (Option<_>, Vec<_>) =
            mailed.map_or_else(Default::default, |(link, job)| (Some(link), vec![job]));
        let with = (Some(&session), link.as_ref());
        let follow_up = write.follow_up(&jobs);
        let account = self.0.accounts.create(&new, with, follow_up, now).await?;
        let account = account.ok_or(Refusal::EmailTaken)?;
        self.0.bell.ring();
        self.credentials(account, (session.id, 0), now)
    }

    /// The same key of another address is another.
    fn registering<'a>(&self, registration: &Registration, asker: &'a Asker) -> Write<'a> {
        let email_key = rules::email_key(&registration.email);
        let phone = registration.phone.as_deref().unwrap_or_default();
        let sent = [
            registration.name.as_bytes(),
            registration.email.as_bytes(),
            phone.as_bytes(),
        ];
        self.write(asker, &[b"register", email_key.as_bytes()], &sent)
    }

    /// Tells the owner of an address that somebody wanted to register with it.
    async fn tell_owner(&self, email_key: &str) -> Result<(), Refusal> {
        let owner = self.0.accounts.by_email(email_key, "").await?;
        if let Some(owner) = owner
            && self.0.postage.is_there_for(email_key, Matter::Taken)
        {
            let job = mail(owner.account.id, News::EmailTaken);
            self.0.accounts.enqueue(job, self.now()).await?;
            self.0.bell.ring();
        }
        Ok(())
    }
}
