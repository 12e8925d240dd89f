//! What is written to people about their accounts.

use std::sync::Arc;

use actors::clock::Clock;
use persistence::accounts::{Account, Accounts, LinkPurpose};
use persistence::error::StoreError;
use persistence::outbox::{Job, MAIL, Mail, News};
use uuid::Uuid;

use super::desk::sealed_for;
use super::seals::Seals;
use crate::jobs::{Doing, JobError, Work};
use crate::mail::{Letter, MailError, Mailer};

/// Writes letters and has them carried.
#[derive(Debug)]
pub struct Letters {
    pub accounts: Accounts,
    pub seals: Arc<Seals>,
    pub mailer: Arc<dyn Mailer>,
    pub clock: Arc<dyn Clock>,
    /// Where people reach this server, without a slash at the end.
    pub public_url: String,
}

impl Work for Letters {
    fn topic(&self) -> &'static str {
        MAIL
    }

    fn run(&self, id: i64, job: Job) -> Doing<'_> {
        Box::pin(async move {
            let Job::Mail(mail) = job else {
                return Err(JobError::Never("it is no mail".to_owned()));
            };
            let is_last = matches!(mail.news, News::Erased { .. });
            let letter = self.letter(id, mail).await;
            let letter = letter.map_err(|error| JobError::Later(error.to_string()))?;
            match letter {
                None => Ok(()),
                Some(letter) => self
                    .mailer
                    .send(&letter)
                    .await
                    .map_err(|error| match error {
                        MailError::Later(why) => JobError::Later(why),
                        MailError::Never(why) => JobError::Never(why),
                    })
                    // Nobody looks after what is left of somebody who is gone.
                    .or_else(|error| match error {
                        JobError::Never(_) if is_last => Ok(()),
                        JobError::Never(_) | JobError::Later(_) => Err(error),
                    }),
            }
        })
    }
}

/// A text and what it is about.
type Words = (&'static str, String);

impl Letters {
    /// The letter of a job; none when nobody wants it any more.
    async fn letter(&self, id: i64, mail: Mail) -> Result<Option<Letter>, StoreError> {
        let account = self.accounts.get(mail.account_id).await?;
        let Some((to, name)) = addressee(&mail.news, account) else {
            tracing::debug!(
                account.id = %mail.account_id,
                "a letter was not written, because the account is gone or has no address"
            );
            return Ok(None);
        };
        let Some((subject, text)) = self.words(&mail.news).await? else {
            return Ok(None);
        };
        let greeting = name
            .as_ref()
            .map_or_else(String::new, |name| format!(" {name}"));
        Ok(Some(Letter {
            id: format!("job-{id}-{}", mail.account_id.simple()),
            text: format!("Hello{greeting},\n\n{text}\n"),
            to,
            name,
            subject: subject.to_owned(),
        }))
    }

    async fn words(&self, news: &News) -> Result<Option<Words>, StoreError> {
        Ok(match news {
            News::VerifyEmail { link_id } => self
                .link(LinkPurpose::VerifyEmail, *link_id)
                .await?
                .map(|link| ("Confirm your email address", verify(&link))),
            News::ChangeEmail { link_id, .. } => self
                .link(LinkPurpose::ChangeEmail, *link_id)
                .await?
                .map(|link| ("Confirm your new email address", change(&link))),
            News::ResetPassword { link_id } => self
                .link(LinkPurpose::ResetPassword, *link_id)
                .await?
                .map(|link| ("Choose a new password", reset(&link))),
            News::EmailChanged { .. } => Some(("Your email address was changed", changed())),
            News::PasswordChanged => Some(("Your password was changed", password_changed())),
            News::EmailTaken => Some(("You have an account already", self.taken())),
            News::SignedInAfterFailures { failures, device } => {
                Some(("You are signed in", after_failures(*failures, device)))
            }
            News::TokenReused { device } => Some(("A device was signed out", reused(device))),
            News::IdentityLinked { device } => {
                Some(("You can sign in without your password", linked(device)))
            }
            News::Erased { .. } => Some(("Your account is erased", erased())),
        })
    }

    /// Where a link leads; none when it was used or is too old by now.
    async fn link(&self, purpose: LinkPurpose, id: Uuid) -> Result<Option<String>, StoreError> {
        let good = self.accounts.link(id, purpose, self.clock.now()).await?;
        Ok(good.map(|_| {
            let token = self.seals.link(sealed_for(purpose), id);
            let page = match purpose {
                LinkPurpose::VerifyEmail | LinkPurpose::ChangeEmail => "verify-email",
                LinkPurpose::ResetPassword => "reset-password",
            };
            format!("{}/account/{page}?token={token}", self.public_url)
        }))
    }

    fn taken(&self) -> String {
        format!(
            "somebody, perhaps you, wanted to register with this address at {}. It has an account \
             already: sign in with it, or ask for a new password if you have forgotten yours. If it \
             was not you, there is nothing to do.",
            self.public_url
        )
    }
}

/// To which address a letter goes, and by which name; nowhere when the account is gone or has none. An address that
/// nobody has confirmed is called by none: whoever registered with it may have put into the name
/// what they want somebody else to read.
fn addressee(news: &News, account: Option<Account>) -> Option<(String, Option<String>)> {
    if let News::Erased { to, name } = news {
        return Some((to.clone(), name.clone()));
    }
    let account = account?;
    let confirmed = account.email_verified_at.is_some();
    let name = confirmed.then_some(account.name);
    Some(match news {
        News::ChangeEmail { to, .. } | News::EmailChanged { to } => (to.clone(), None),
        News::Erased { .. }
        | News::VerifyEmail { .. }
        | News::ResetPassword { .. }
        | News::PasswordChanged
        | News::EmailTaken
        | News::SignedInAfterFailures { .. }
        | News::TokenReused { .. }
        | News::IdentityLinked { .. } => (account.email?, name),
    })
}

fn verify(link: &str) -> String {
    format!(
        "please confirm that this address is yours:\n\n  {link}\n\nThe link is good once, for 24 \
         hours. If you did not register, somebody mistyped an address, and there is nothing to do."
    )
}

fn change(link: &str) -> String {
    format!(
        "please confirm that this is the new address of your account:\n\n  {link}\n\nThe link is good \
         once, for 24 hours. Until then your account keeps the address it has."
    )
}

fn reset(link: &str) -> String {
    format!(
        "here you choose a new password:\n\n  {link}\n\nThe link is good once, for 30 minutes, and \
         signs you out everywhere. If you did not ask for it, there is nothing to do: your password \
         stays as it is."
    )
}

fn changed() -> String {
    "your account has another email address now, and this one is no longer used. If it was not you, \
     write to the box office at once."
        .to_owned()
}

fn password_changed() -> String {
    "your password was changed, and other devices were signed out. If it was not you, ask for a new \
     password at once."
        .to_owned()
}

fn after_failures(failures: u32, device: &str) -> String {
    format!(
        "you have just signed in ({device}), after {failures} attempts with a wrong password. If \
         those were not yours, somebody is guessing: a long password that you use nowhere else keeps \
         them out. If you did not sign in, ask for a new password at once."
    )
}

fn reused(device: &str) -> String {
    format!(
        "a device of yours ({device}) was signed out, because its key was used a second time: it may \
         have been copied. Sign in again there. If this comes again, change your password."
    )
}

fn linked(device: &str) -> String {
    format!(
        "somebody has just signed in to your account ({device}) through a provider who says that this \
         address is theirs, and can do so from now on, without your password. If it was not you, somebody \
         else has an account with this address there: write to the box office at once."
    )
}

fn erased() -> String {
    "your account is erased, with your name, addresses and password. What you bought stays valid, \
     without your name."
        .to_owned()
}
