//! Signing in by a provider of identities.
//!
//! ```text
//!   an identity ──► is known              ──► its account is signed in
//!               ──► has a verified email
//!                     nobody's            ──► becomes an account, without a password
//!                     a confirmed one's   ──► is linked to that account, whose owner is told
//!                     an unconfirmed one's ─► NotLinked: somebody else may have registered with it
//!               ──► has none              ──► NoVerifiedEmail
//! ```
//!
//! Each is one transaction with the session and with the flow's key, so a flow signs in once.

mod flow;

use persistence::accounts::{IdentityKey, KeyedWrite, NewAccount, NewSession, SignIn};
use persistence::outbox::News;
use seating::timestamp::Timestamp;

use super::keyed::Write;
use super::{Credentials, Desk, Device, Refusal, mail};
use crate::accounts::asker::Asker;
use crate::accounts::role::Role;
use crate::accounts::rules;
use crate::accounts::seals::Purpose;
use crate::fresh_ids;
use crate::openid::Identity;

pub use flow::{FLOW_SECONDS, Flow, FlowSecrets};

/// How often an identity is looked at again because something else changed its account in between.
const LOOKS_MAX: u32 = 3;

/// How somebody whom a provider vouches for came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// They had signed in so before.
    Known,
    /// They had an account, which is linked now.
    Linked,
    /// They have become somebody.
    Registered,
}

impl Desk {
    /// Refuses a flow that has signed somebody in.
    ///
    /// # Errors
    ///
    /// [`Refusal::FlowUsed`].
    pub async fn flow_is_unused(&self, flow: &Flow) -> Result<(), Refusal> {
        let keyed = self.keyed_flow(flow);
        let used = self.0.accounts.key_use(&keyed, self.now()).await?;
        used.map_or(Ok(()), |_| Err(Refusal::FlowUsed))
    }

    /// Signs a device in whose owner a provider vouches for. It registers them if nobody has their
    /// address.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotLinked`], [`Refusal::NoVerifiedEmail`], [`Refusal::Blocked`],
    /// [`Refusal::FlowUsed`] when it has signed somebody in.
    pub async fn sign_in_by_provider(
        &self,
        identity: &Identity,
        flow: &Flow,
        (asker, device): (&Asker, &Device),
    ) -> Result<(Welcome, Credentials), Refusal> {
        let write = Write {
            by: asker.by(),
            keyed: Some(self.keyed_flow(flow)),
        };
        let welcome = self.welcome_identity(identity, &write, device);
        let again = async |_| Err(Refusal::FlowUsed);
        let welcomed = self.once(&write, Box::pin(welcome), again).await?;
        Ok(welcomed.answer)
    }

    fn keyed_flow(&self, flow: &Flow) -> KeyedWrite {
        let digest = |parts: &[&[u8]]| self.0.seals.digest(Purpose::KeyedWrite, parts);
        KeyedWrite {
            key: digest(&[b"flow", flow.id()]),
            fingerprint: digest(&[b"flow"]),
        }
    }

    async fn welcome_identity(
        &self,
        identity: &Identity,
        write: &Write<'_>,
        device: &Device,
    ) -> Result<(Welcome, Credentials), Refusal> {
        for _ in 0..LOOKS_MAX {
            let welcomed = self.welcome_once(identity, write, device).await?;
            if let Some(welcomed) = welcomed {
                return Ok(welcomed);
            }
        }
        Err(Refusal::Broken(
            "an identity's account changed whenever it was looked at".to_owned(),
        ))
    }

    /// None when something has changed since it was looked at.
    async fn welcome_once(
        &self,
        identity: &Identity,
        write: &Write<'_>,
        device: &Device,
    ) -> Result<Option<(Welcome, Credentials)>, Refusal> {
        let key = IdentityKey {
            issuer: &identity.issuer,
            subject: &identity.subject,
        };
        if let Some(known) = self.0.accounts.by_identity(key).await? {
            let welcomed = self.welcome_known(&known, write, device).await?;
            return Ok(welcomed.map(|credentials| (Welcome::Known, credentials)));
        }
        let email = identity.verified_email.as_deref();
        let email = email.filter(|email| rules::email(email).is_ok());
        let email = email.ok_or(Refusal::NoVerifiedEmail)?;
        let owner = self
            .0
            .accounts
            .by_email(&rules::email_key(email), "")
            .await?;
        let Some(owner) = owner else {
            let name = rules::name_of_identity(identity.name.as_deref(), email);
            let registered = self.register_identity(key, (email, &name), write, device);
            let registered = registered.await?;
            return Ok(registered.map(|it| (Welcome::Registered, it)));
        };
        if owner.account.blocked_at.is_some() {
            return Err(Refusal::Blocked);
        }
        if owner.account.email_verified_at.is_none() {
            return Err(Refusal::NotLinked);
        }
        let linked = self
            .link_identity((key, email), &owner, write, device)
            .await?;
        Ok(linked.map(|it| (Welcome::Linked, it)))
    }

    async fn welcome_known(
        &self,
        known: &SignIn,
        write: &Write<'_>,
        device: &Device,
    ) -> Result<Option<Credentials>, Refusal> {
        match self.welcome((known, None), write, device).await {
            Ok(credentials) => Ok(Some(credentials)),
            // It was given another password in between, or is gone.
            Err(Refusal::WrongCredentials) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn link_identity(
        &self,
        (key, email): (IdentityKey<'_>, &str),
        owner: &SignIn,
        write: &Write<'_>,
        device: &Device,
    ) -> Result<Option<Credentials>, Refusal> {
        let now = self.now();
        let (name, address) = (
            rules::device(&device.user_agent),
            device.address.to_string(),
        );
        let session = self.session_for((&name, &address), now);
        let news = News::IdentityLinked {
            device: name.to_string(),
        };
        let jobs = [mail(owner.account.id, news)];
        let follow_up = write.follow_up(&jobs);
        let email_key = rules::email_key(email);
        let whose = (owner.account.id, email_key.as_str());
        let accounts = &self.0.accounts;
        let linked = accounts.link_identity(key, whose, &session, (follow_up, now));
        let Some(account) = linked.await? else {
            return Ok(None);
        };
        self.0.bell.ring();
        let credentials = self.credentials(account, (session.id, 0), now)?;
        Ok(Some(Credentials {
            failures: owner.last_failed_at.map(|at| (owner.failed_logins, at)),
            ..credentials
        }))
    }

    async fn register_identity(
        &self,
        key: IdentityKey<'_>,
        (email, name): (&str, &str),
        write: &Write<'_>,
        device: &Device,
    ) -> Result<Option<Credentials>, Refusal> {
        let now = self.now();
        let new = NewAccount {
            id: fresh_ids::uuid(now),
            email,
            email_key: &rules::email_key(email),
            email_verified_at: Some(now),
            name,
            phone: None,
            role: Role::User.as_str(),
            password_hash: None,
        };
        let (device, address) = (
            rules::device(&device.user_agent),
            device.address.to_string(),
        );
        let session = self.session_for((&device, &address), now);
        let follow_up = write.follow_up(&[]);
        let accounts = &self.0.accounts;
        let created = accounts.create_with_identity(key, &new, &session, (follow_up, now));
        let Some(account) = created.await? else {
            return Ok(None);
        };
        self.credentials(account, (session.id, 0), now).map(Some)
    }

    /// A session that begins now, on a device of this name at this address.
    fn session_for<'a>(
        &self,
        (device, address): (&'a str, &'a str),
        now: Timestamp,
    ) -> NewSession<'a> {
        NewSession {
            id: fresh_ids::uuid(now),
            device,
            address,
            expires_at: now.plus_seconds(self.0.lifetimes.refresh_seconds),
            others_forgotten_at: self.forget_at(now),
        }
    }
}
