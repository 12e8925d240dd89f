//! Proving with the password that an account is one's own.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Desk, Device, Refusal};
use crate::accounts::guard::Counted;
use crate::accounts::passwords::Compared;
use crate::accounts::rules::RECENT_SECONDS;
use crate::accounts::tokens::Bearer;
use crate::wire::composed::composed;

pub(super) const NOT_THE_PASSWORD: &str = "is not the password of this account";
const NO_PASSWORD: &str = "is not the password: the account has none, so leave it out";

impl Desk {
    /// Has whoever holds a token prove that the account is theirs, by its password, or where it has none by
    /// having signed in a short time ago; returns the hash that was compared.
    pub(super) async fn prove(
        &self,
        field: &str,
        whose: Bearer,
        password: Option<SecretString>,
        device: &Device,
    ) -> Result<Option<String>, Refusal> {
        let account = whose.caller.subject;
        let lock = self.0.accounts.lock(account).await?;
        let lock = lock.ok_or(Refusal::NoAccount)?;
        if lock.blocked {
            return Err(Refusal::Blocked);
        }
        match (lock.password_hash, password) {
            (None, None) => self.is_recent(whose).await.map(|()| None),
            (None, Some(_)) => Err(Refusal::field(field, NO_PASSWORD)),
            (Some(_), None) => Err(Refusal::field(
                field,
                "is missing, and this account has one",
            )),
            (Some(hash), Some(password)) => {
                let compared = self.compare(field, account, (password, Some(hash)), device);
                compared.await
            }
        }
    }

    /// Whether somebody has signed in within the last ten minutes.
    pub(super) async fn is_recent(&self, whose: Bearer) -> Result<(), Refusal> {
        let session = whose.session().ok_or(Refusal::SignInAgain)?;
        let found = self.0.accounts.session(session).await?;
        let (account, session) = found.ok_or(Refusal::SignInAgain)?;
        if account.blocked_at.is_some() {
            return Err(Refusal::Blocked);
        }
        let age = self.now().seconds_after(session.created_at);
        if account.id == whose.caller.subject && age < RECENT_SECONDS {
            Ok(())
        } else {
            Err(Refusal::SignInAgain)
        }
    }

    async fn compare(
        &self,
        field: &str,
        account: Uuid,
        (password, hash): (SecretString, Option<String>),
        device: &Device,
    ) -> Result<Option<String>, Refusal> {
        let counted = vec![Counted::Account(account), Counted::Address(device.address)];
        let attempt = self.0.guard.attempt(counted, self.now());
        let attempt = attempt.map_err(|retry_after| Refusal::Slowed { retry_after })?;
        let password = composed(password.expose_secret()).into_owned();
        let compared = self.0.passwords.compare(password.into(), hash.as_deref());
        match compared.await {
            Ok(Compared::Right(_)) => {
                self.0.guard.was_right(&attempt);
                Ok(hash)
            }
            Ok(Compared::Wrong) => Err(Refusal::field(field, NOT_THE_PASSWORD)),
            Err(busy) => {
                self.0.guard.was_not_looked_at(&attempt);
                Err(busy.into())
            }
        }
    }

    /// Whether a request that was sent again has the password of the account; with another it is another
    /// request.
    pub(super) async fn same_password(
        &self,
        account: Uuid,
        password: SecretString,
        device: &Device,
    ) -> Result<(), Refusal> {
        let lock = self.0.accounts.lock(account).await?;
        let Some(lock) = lock.filter(|lock| !lock.blocked) else {
            return Err(Refusal::KeyReused);
        };
        let both = (password, lock.password_hash);
        match self.compare("password", account, both, device).await {
            Ok(_hash) => Ok(()),
            Err(Refusal::Invalid(_) | Refusal::NoAccount | Refusal::Blocked) => {
                Err(Refusal::KeyReused)
            }
            Err(other) => Err(other),
        }
    }
}
