//! A forgotten password, and another one.

use persistence::accounts::{LinkPurpose, LinkUsed, SignIn};
use persistence::outbox::News;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use uuid::Uuid;

use super::email::NO_SUCH_LINK;
use super::keyed::{Before, Write};
use super::proof::NOT_THE_PASSWORD;
use super::{Answered, Desk, Device, Matter, Refusal, evenly, link, mail};
use crate::accounts::asker::Asker;
use crate::accounts::rules;
use crate::accounts::seals::Purpose;
use crate::accounts::tokens::Bearer;
use crate::wire::composed::composed;

/// A password is given with an address.
const NO_ADDRESS: &str =
    "would open nothing: the account has no email address to sign in with, give it one first";

impl Desk {
    /// Mails a link instead of a password, if the address has an account. Whether it has takes the same
    /// time and is not said; nor is whether the same request came before, which is mailed nothing more.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn forgot_password(&self, email: &str, asker: &Asker) -> Result<(), Refusal> {
        let began = Instant::now();
        let email_key = rules::email_key(email);
        let write = self.write(asker, &[b"forgot", email_key.as_bytes()], &[]);
        let deliver = self.mail_reset(&email_key, &write);
        let mailed = self.once(&write, Box::pin(deliver), async |_| Ok(())).await;
        if let Err(error) = mailed {
            // Said to the operator alone: it can happen only where there is an account.
            tracing::warn!(error = %error, "a mail that was asked for instead of a password was not sent");
        }
        evenly(began, ()).await;
        Ok(())
    }

    async fn mail_reset(&self, email_key: &str, write: &Write<'_>) -> Result<(), Refusal> {
        let found = self.0.accounts.by_email(email_key, "").await?;
        let mailed = |_: &SignIn| self.0.postage.is_there_for(email_key, Matter::Reset);
        let Some(found) = found.filter(mailed) else {
            return Ok(());
        };
        let (id, now) = (found.account.id, self.now());
        let (link, job) = link(id, LinkPurpose::ResetPassword, None, now);
        let jobs = [job];
        let follow_up = write.follow_up(&jobs);
        self.0.accounts.send_link(id, &link, follow_up, now).await?;
        self.0.bell.ring();
        Ok(())
    }

    /// Takes a mailed link instead of the old password. Ends all sessions and their tokens.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the link is not good, [`Refusal::KeyReused`], [`Refusal::Busy`].
    pub async fn reset_password(
        &self,
        (token, password): (&str, SecretString),
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<()>, Refusal> {
        let write = self.write(asker, &[b"reset", token.as_bytes()], &[]);
        let reset = self.use_reset((token, &password), &write, device);
        let again = async |before: Before| {
            let password = password.clone();
            self.same_password(before.account, password, device).await
        };
        self.once(&write, Box::pin(reset), again).await
    }

    async fn use_reset(
        &self,
        (token, password): (&str, &SecretString),
        write: &Write<'_>,
        device: &Device,
    ) -> Result<(), Refusal> {
        let refused = || Refusal::field("token", NO_SUCH_LINK);
        let link = self.0.seals.open_link(Purpose::ResetPassword, token);
        let link = link.ok_or_else(refused)?;
        // Hashing is for those alone who have one that is good.
        let purpose = LinkPurpose::ResetPassword;
        let found = self.0.accounts.link(link, purpose, self.now()).await?;
        let account = found.ok_or_else(refused)?.account;
        let password = composed(password.expose_secret()).into_owned();
        let hash = self.0.passwords.hash(password.into()).await?;
        let now = self.now();
        let (forget_at, jobs) = (self.forget_at(now), [mail(account, News::PasswordChanged)]);
        let follow_up = write.follow_up(&jobs);
        let used = self
            .0
            .accounts
            .reset_password((link, &hash), forget_at, follow_up, now);
        match used.await? {
            LinkUsed::Done(account) => {
                // Whoever reads the mail is the owner: others who guess do not keep them out from here.
                if let Some(email) = &account.email {
                    let email_key = rules::email_key(email);
                    self.0.guard.vouch(email_key, device.address);
                }
                self.0.bell.ring();
                Ok(())
            }
            LinkUsed::NoSuchLink | LinkUsed::EmailTaken => Err(refused()),
        }
    }

    /// Replaces a password by another, or gives an account its first. The other sessions end.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the old one is not right, or there is no address to sign in with,
    /// [`Refusal::Slowed`] after too many of those, [`Refusal::SignInAgain`], [`Refusal::NoAccount`], [`Refusal::KeyReused`], [`Refusal::Busy`].
    pub async fn change_password(
        &self,
        whose: Bearer,
        (old, new): (Option<SecretString>, SecretString),
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<()>, Refusal> {
        let account = whose.caller.subject;
        let write = self.write(asker, &[account.as_bytes()], &[b"change password"]);
        let change = async {
            let proved = self.prove("old_password", whose, old, device);
            let before = proved.await?;
            if before.is_none() && self.own(account).await?.email.is_none() {
                return Err(Refusal::field("new_password", NO_ADDRESS));
            }
            let whose = (account, whose.session());
            self.replace_password(whose, (before, &new), &write).await
        };
        let again = async |before: Before| {
            self.same_password(before.account, new.clone(), device)
                .await
        };
        self.once(&write, Box::pin(change), again).await
    }

    async fn replace_password(
        &self,
        (account, session): (Uuid, Option<Uuid>),
        (before, new): (Option<String>, &SecretString),
        write: &Write<'_>,
    ) -> Result<(), Refusal> {
        let new = composed(new.expose_secret()).into_owned();
        let hash = self.0.passwords.hash(new.into()).await?;
        let (jobs, now) = ([mail(account, News::PasswordChanged)], self.now());
        let both = (before.as_deref(), hash.as_str());
        let changed = self.0.accounts.change_password(
            (account, session),
            both,
            (self.forget_at(now), write.follow_up(&jobs)),
            now,
        );
        if !changed.await? {
            return Err(Refusal::field("old_password", NOT_THE_PASSWORD));
        }
        self.0.bell.ring();
        Ok(())
    }
}
