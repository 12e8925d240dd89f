//! Proving an address, and changing to another.

use persistence::accounts::{LinkPurpose, LinkUsed, NewLink};
use persistence::outbox::News;
use secrecy::SecretString;
use uuid::Uuid;

use super::keyed::Write;
use super::proof::NOT_THE_PASSWORD;
use super::{Answered, Desk, Device, Matter, Refusal, link, mail};
use crate::accounts::asker::Asker;
use crate::accounts::rules;
use crate::accounts::seals::Purpose;
use crate::accounts::tokens::Bearer;

/// One answer for all links that are not good.
pub(super) const NO_SUCH_LINK: &str =
    "is not good: it was used, is too old, or is not whole; ask for another";

const NO_EMAIL: &str = "is what the account does not have: give it one first";

impl Desk {
    /// Takes a mailed link as proof of an address: the account's own, or the one it changes to.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the link is not good, [`Refusal::EmailTaken`] when the address has
    /// another account by now, [`Refusal::KeyReused`].
    pub async fn verify_email(&self, token: &str, asker: &Asker) -> Result<Answered<()>, Refusal> {
        let write = self.write(asker, &[b"verify", token.as_bytes()], &[]);
        let using = self.use_proof(token, &write);
        self.once(&write, Box::pin(using), async |_| Ok(())).await
    }

    async fn use_proof(&self, token: &str, write: &Write<'_>) -> Result<(), Refusal> {
        let used = if let Some(id) = self.0.seals.open_link(Purpose::VerifyEmail, token) {
            let follow_up = write.follow_up(&[]);
            self.0
                .accounts
                .verify_email(id, follow_up, self.now())
                .await?
        } else if let Some(id) = self.0.seals.open_link(Purpose::ChangeEmail, token) {
            self.use_change(id, write).await?
        } else {
            LinkUsed::NoSuchLink
        };
        match used {
            LinkUsed::Done(_) => Ok(()),
            LinkUsed::NoSuchLink => Err(Refusal::field("token", NO_SUCH_LINK)),
            LinkUsed::EmailTaken => Err(Refusal::EmailTaken),
        }
    }

    async fn use_change(&self, id: Uuid, write: &Write<'_>) -> Result<LinkUsed, Refusal> {
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
        // Whoever had no address is told nowhere else.
        let told = before
            .email
            .map(|to| mail(account, News::EmailChanged { to }));
        let jobs = Vec::from_iter(told);
        let (follow_up, email_key) = (write.follow_up(&jobs), rules::email_key(&email));
        let used = self
            .0
            .accounts
            .change_email(id, (&email, &email_key), follow_up, now)
            .await?;
        self.0.bell.ring();
        Ok(used)
    }

    /// Mails the link that proves an address once more; nothing when it is proved.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`]; [`Refusal::Invalid`] when the account has no address; [`Refusal::TooManyMails`];
    /// [`Refusal::KeyReused`].
    pub async fn send_verification(
        &self,
        account: Uuid,
        asker: &Asker,
    ) -> Result<Answered<()>, Refusal> {
        let write = self.write(asker, &[account.as_bytes()], &[b"send"]);
        let deliver = async {
            let own = self.own(account).await?;
            if own.blocked_at.is_some() {
                return Err(Refusal::Blocked);
            }
            if own.email_verified_at.is_some() {
                return Ok(());
            }
            let email = own.email.ok_or_else(|| Refusal::field("email", NO_EMAIL))?;
            let to = (LinkPurpose::VerifyEmail, email.as_str());
            self.mail_link(account, to, None, &write).await
        };
        self.once(&write, Box::pin(deliver), async |_| Ok(())).await
    }

    /// Mails a link to the address that is to be the account's. Whether it has another account is said
    /// to whoever opens the link, for it is theirs.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the password is not right; [`Refusal::SignInAgain`];
    /// [`Refusal::NoAccount`]; [`Refusal::TooManyMails`]; [`Refusal::Slowed`]; [`Refusal::KeyReused`]; [`Refusal::Busy`].
    pub async fn ask_for_email(
        &self,
        whose: Bearer,
        (email, password): (&str, Option<SecretString>),
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<()>, Refusal> {
        let account = whose.caller.subject;
        let sent: [&[u8]; 2] = [b"change email", email.as_bytes()];
        let write = self.write(asker, &[account.as_bytes()], &sent);
        let deliver = async {
            let proved = self.prove("password", whose, password, device).await?;
            let to = (LinkPurpose::ChangeEmail, email);
            self.mail_link(account, to, proved.as_deref(), &write).await
        };
        self.once(&write, Box::pin(deliver), async |_| Ok(())).await
    }

    async fn mail_link(
        &self,
        account: Uuid,
        (purpose, to): (LinkPurpose, &str),
        proved: Option<&str>,
        write: &Write<'_>,
    ) -> Result<(), Refusal> {
        let matter = match purpose {
            LinkPurpose::VerifyEmail => Matter::Verification,
            LinkPurpose::ChangeEmail => Matter::NewAddress,
            LinkPurpose::ResetPassword => Matter::Reset,
        };
        let postage = &self.0.postage;
        let may_ask = postage.is_there_for(account, matter);
        if !may_ask || !postage.is_there_for(rules::email_key(to), matter) {
            return Err(Refusal::TooManyMails);
        }
        let now = self.now();
        let other = (purpose == LinkPurpose::ChangeEmail).then_some(to);
        let (link, job) = link(account, purpose, other, now);
        let link = NewLink { proved, ..link };
        let jobs = [job];
        let follow_up = write.follow_up(&jobs);
        let accounts = &self.0.accounts;
        if !accounts.send_link(account, &link, follow_up, now).await? {
            // It was changed, or the account erased, since the password was compared.
            return Err(match proved {
                Some(_) => Refusal::field("password", NOT_THE_PASSWORD),
                None => Refusal::NoAccount,
            });
        }
        self.0.bell.ring();
        Ok(())
    }
}
