//! Proving an address, and changing to another.

use persistence::accounts::{LinkPurpose, LinkUsed, NewLink};
use persistence::outbox::News;
use secrecy::SecretString;
use uuid::Uuid;

use super::{Desk, Device, Matter, Profile, Refusal, link, mail};
use crate::accounts::rules;
use crate::accounts::seals::Purpose;

/// One answer for all links that are not good.
pub(super) const NO_SUCH_LINK: &str =
    "is not good: it was used, is too old, or is not whole; ask for another";

impl Desk {
    /// Takes a mailed link as proof of an address: the account's own, or the one it changes to.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the link is not good, [`Refusal::EmailTaken`] when the address has
    /// another account by now.
    pub async fn verify_email(&self, token: &str) -> Result<Profile, Refusal> {
        let used = if let Some(id) = self.0.seals.open_link(Purpose::VerifyEmail, token) {
            self.0.accounts.verify_email(id, self.now()).await?
        } else if let Some(id) = self.0.seals.open_link(Purpose::ChangeEmail, token) {
            self.use_change(id).await?
        } else {
            LinkUsed::NoSuchLink
        };
        match used {
            LinkUsed::Done(account) => Profile::of(*account),
            LinkUsed::NoSuchLink => Err(Refusal::field("token", NO_SUCH_LINK)),
            LinkUsed::EmailTaken => Err(Refusal::EmailTaken),
        }
    }

    async fn use_change(&self, id: Uuid) -> Result<LinkUsed, Refusal> {
        let now = self.now();
        let link = self
            .0
            .accounts
            .link(id, LinkPurpose::ChangeEmail, now)
            .await?;
        let Some((account, email)) = link.and_then(|it| Some((it.account, it.email?))) else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let Some(before) = self.0.accounts.get(account).await? else {
            return Ok(LinkUsed::NoSuchLink);
        };
        let jobs = [mail(account, News::EmailChanged { to: before.email })];
        let key = rules::email_key(&email);
        let used = self
            .0
            .accounts
            .change_email(id, (&email, &key), &jobs, now)
            .await?;
        self.0.bell.ring();
        Ok(used)
    }

    /// Mails the link that proves an address once more; nothing when it is proved.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`]; [`Refusal::TooManyMails`].
    pub async fn send_verification(&self, account: Uuid) -> Result<(), Refusal> {
        let account = self.own(account).await?;
        if account.email_verified_at.is_some() {
            return Ok(());
        }
        self.mail_link(account.id, (LinkPurpose::VerifyEmail, None), None)
            .await
    }

    /// Mails a link to the address that is to be the account's. Whether it has another account is said
    /// to whoever opens the link, for it is theirs.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the password is not right; [`Refusal::NoAccount`];
    /// [`Refusal::TooManyMails`]; [`Refusal::Slowed`]; [`Refusal::Busy`].
    pub async fn ask_for_email(
        &self,
        account: Uuid,
        (email, password): (&str, SecretString),
        device: &Device,
    ) -> Result<(), Refusal> {
        let proved = self.prove("password", account, password, device).await?;
        let to = (LinkPurpose::ChangeEmail, Some(email));
        self.mail_link(account, to, proved.as_deref()).await
    }

    async fn mail_link(
        &self,
        account: Uuid,
        (purpose, email): (LinkPurpose, Option<&str>),
        proved: Option<&str>,
    ) -> Result<(), Refusal> {
        let matter = match purpose {
            LinkPurpose::VerifyEmail => Matter::Verification,
            LinkPurpose::ChangeEmail => Matter::NewAddress,
            LinkPurpose::ResetPassword => Matter::Reset,
        };
        if !self.0.postage.is_there_for(account, matter) {
            return Err(Refusal::TooManyMails);
        }
        let now = self.now();
        let (link, job) = link(account, purpose, email, now);
        let link = NewLink { proved, ..link };
        self.0
            .accounts
            .send_link(account, &link, &[job], now)
            .await?;
        self.0.bell.ring();
        Ok(())
    }
}
