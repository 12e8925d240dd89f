//! What somebody's account says of them, and the end of it.

use persistence::accounts::{
    Account, AccountFilter, Aside, LinkedIdentity, PhoneChange, ProfileChange,
};
use persistence::outbox::News;
use secrecy::SecretString;
use uuid::Uuid;

use super::keyed::Write;
use super::{Answered, Desk, Device, Matter, Refusal, mail, role_of};
use crate::accounts::asker::Asker;
use crate::accounts::role::Role;
use crate::accounts::tokens::{Bearer, Proof};

const ONLY_WAY_IN: &str = "is the one way into this account: prove another number instead, or give the account an email address first";

/// An account as its owner and operators see it.
#[derive(Clone, Debug)]
pub struct Profile {
    pub account: Account,
    pub role: Role,
}

impl Profile {
    pub(super) fn of(account: Account) -> Result<Self, Refusal> {
        let role = role_of(&account)?;
        Ok(Self { account, role })
    }
}

impl Desk {
    /// Somebody's own account.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`].
    pub async fn profile(&self, account: Uuid) -> Result<Profile, Refusal> {
        Profile::of(self.own(account).await?)
    }

    /// What is known of somebody beside their account.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`].
    pub async fn aside(&self, account: Uuid) -> Result<Aside, Refusal> {
        let found = self.0.accounts.aside(account).await?;
        found.ok_or(Refusal::NoAccount)
    }

    /// Who vouches for somebody, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn identities(&self, account: Uuid) -> Result<Vec<LinkedIdentity>, Refusal> {
        Ok(self.0.accounts.identities(account).await?)
    }

    /// Changes what was checked before. Sent again under its key it changes nothing, and is answered with the
    /// account as it is then.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when nothing else than the phone opens the account, and it would go;
    /// [`Refusal::NoAccount`]; [`Refusal::TooManyChanges`]; [`Refusal::KeyReused`].
    pub async fn change_profile(
        &self,
        account: Uuid,
        change: ProfileChange<'_>,
        asker: &Asker,
    ) -> Result<Answered<Profile>, Refusal> {
        let (phone, of_phone): (&[u8], _) = match change.phone {
            PhoneChange::Kept => (b"kept", ""),
            PhoneChange::Removed => (b"removed", ""),
            PhoneChange::Replaced(phone) => (b"replaced", phone),
        };
        let name = change.name.unwrap_or_default();
        let sent: [&[u8]; 4] = [b"change", name.as_bytes(), phone, of_phone.as_bytes()];
        let write = self.write(asker, &[account.as_bytes()], &sent);
        let follow_up = write.follow_up(&[]);
        let changing = async {
            let own = self.own(account).await?;
            keeps_a_way_in(&own, change.phone)?;
            if !self.0.postage.is_there_for(account, Matter::Profile) {
                return Err(Refusal::TooManyChanges);
            }
            let accounts = &self.0.accounts;
            let changed = accounts.change_profile(account, change, follow_up, self.now());
            Profile::of(changed.await?.ok_or(Refusal::NoAccount)?)
        };
        let again = async |_| self.profile(account).await;
        self.once(&write, Box::pin(changing), again).await
    }

    /// Erases the person behind an account: bookings keep its id, and nothing else is kept.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the password is not right; [`Refusal::SignInAgain`];
    /// [`Refusal::NoAccount`]; [`Refusal::Slowed`]; [`Refusal::KeyReused`]; [`Refusal::Busy`].
    pub async fn erase(
        &self,
        whose: Bearer,
        password: Option<SecretString>,
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<()>, Refusal> {
        let account = whose.caller.subject;
        let write = self.write(asker, &[account.as_bytes()], &[b"erase"]);
        let erase = self.prove_and_erase(whose, password, &write, device);
        self.once(&write, Box::pin(erase), async |_| Ok(())).await
    }

    async fn prove_and_erase(
        &self,
        whose: Bearer,
        password: Option<SecretString>,
        write: &Write<'_>,
        device: &Device,
    ) -> Result<(), Refusal> {
        let account = whose.caller.subject;
        let proved = self.prove("password", whose, password, device).await?;
        let person = self.own(account).await?;
        let now = self.now();
        // An address that nobody has proved may be a stranger's.
        let proved_email = person.email.filter(|_| person.email_verified_at.is_some());
        let told = proved_email.map(|to| {
            let news = News::Erased {
                to,
                name: Some(person.name),
            };
            mail(account, news)
        });
        let (forget_at, jobs) = (self.forget_at(now), Vec::from_iter(told));
        let follow_up = write.follow_up(&jobs);
        let person = (account, proved.as_deref());
        let accounts = &self.0.accounts;
        if !accounts.erase(person, forget_at, follow_up, now).await? {
            return Err(Refusal::NoAccount);
        }
        self.0.bell.ring();
        Ok(())
    }

    /// Whether somebody whose token says that they manage accounts still does: a role taken away, or a
    /// block, must not be undone by whoever lost it. Tokens of the operator's stand for themselves.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn still_manages(&self, bearer: Bearer) -> Result<bool, Refusal> {
        match bearer.proof {
            Proof::Operator => return Ok(true),
            Proof::ApiKey => {
                let key = self.0.accounts.api_key(bearer.caller.subject).await?;
                return Ok(key.is_some_and(|key| key.revoked_at.is_none()));
            }
            Proof::Session(_) => {}
        }
        let account = self.0.accounts.get(bearer.caller.subject).await?;
        let Some(account) = account.filter(|it| it.blocked_at.is_none()) else {
            return Ok(false);
        };
        Ok(role_of(&account)? == Role::SuperAdmin)
    }

    /// At most `limit` accounts, the newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn list(
        &self,
        filter: AccountFilter<'_>,
        limit: u32,
    ) -> Result<Vec<Profile>, Refusal> {
        let found = self.0.accounts.list(filter, limit).await?;
        found.into_iter().map(Profile::of).collect()
    }

    /// Gives somebody another role, which their tokens have from the next refresh on. Sent again under the
    /// key of whoever gives it, it changes nothing, and is answered with the account as it is then.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`]; [`Refusal::KeyReused`].
    pub async fn set_role(
        &self,
        (account, role): (Uuid, Role),
        asker: &Asker,
    ) -> Result<Answered<Profile>, Refusal> {
        let sent: [&[u8]; 3] = [b"role", account.as_bytes(), role.as_str().as_bytes()];
        let write = self.write(asker, &[asker.subject_bytes()], &sent);
        let follow_up = write.follow_up(&[]);
        let change = async {
            let accounts = &self.0.accounts;
            let changed = accounts.set_role(account, role.as_str(), follow_up, self.now());
            Profile::of(changed.await?.ok_or(Refusal::NoAccount)?)
        };
        let again = async |_| self.profile(account).await;
        self.once(&write, Box::pin(change), again).await
    }
}

/// An account without an address keeps the number that opens it. No account ever loses its address, so what was
/// found stays so.
fn keeps_a_way_in(own: &Account, phone: PhoneChange<'_>) -> Result<(), Refusal> {
    let after = match phone {
        PhoneChange::Kept => return Ok(()),
        PhoneChange::Removed => None,
        PhoneChange::Replaced(phone) => Some(phone),
    };
    if own.email.is_some() || own.phone.as_deref() == after {
        return Ok(());
    }
    Err(Refusal::field("phone", ONLY_WAY_IN))
}
