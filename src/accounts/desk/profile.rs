//! What somebody's account says of them, and the end of it.

use persistence::accounts::{Account, AccountFilter, ProfileChange};
use persistence::outbox::News;
use secrecy::SecretString;
use uuid::Uuid;

use super::{Desk, Device, Refusal, mail, role_of};
use crate::accounts::role::Role;
use crate::accounts::tokens::Bearer;

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

    /// Changes what was checked before.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`].
    pub async fn change_profile(
        &self,
        account: Uuid,
        change: ProfileChange<'_>,
    ) -> Result<Profile, Refusal> {
        let changed = self.0.accounts.change_profile(account, change, self.now());
        Profile::of(changed.await?.ok_or(Refusal::NoAccount)?)
    }

    /// Erases the person behind an account: bookings keep its id, and nothing else is kept.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the password is not right; [`Refusal::NoAccount`]; [`Refusal::Slowed`];
    /// [`Refusal::Busy`].
    pub async fn erase(
        &self,
        account: Uuid,
        password: SecretString,
        device: &Device,
    ) -> Result<(), Refusal> {
        let proved = self.prove("password", account, password, device).await?;
        let person = self.own(account).await?;
        let now = self.now();
        let news = News::Erased {
            to: person.email,
            name: person.email_verified_at.map(|_| person.name),
        };
        let (forget_at, jobs) = (self.forget_at(now), [mail(account, news)]);
        if !self
            .0
            .accounts
            .erase((account, proved.as_deref()), forget_at, &jobs, now)
            .await?
        {
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
        if bearer.session.is_none() {
            return Ok(true);
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

    /// Gives somebody another role, which their tokens have from the next refresh on.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoAccount`].
    pub async fn set_role(&self, account: Uuid, role: Role) -> Result<Profile, Refusal> {
        let changed = self.0.accounts.set_role(account, role.as_str(), self.now());
        Profile::of(changed.await?.ok_or(Refusal::NoAccount)?)
    }
}
