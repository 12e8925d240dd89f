//! Proving with the password that an account is one's own.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Desk, Device, Refusal};
use crate::accounts::guard::Counted;
use crate::accounts::passwords::Compared;
use crate::wire::composed::composed;

pub(super) const NOT_THE_PASSWORD: &str = "is not the password of this account";

impl Desk {
    /// Has whoever holds a token prove that the account is theirs; returns the hash that was compared.
    pub(super) async fn prove(
        &self,
        field: &str,
        account: Uuid,
        password: SecretString,
        device: &Device,
    ) -> Result<Option<String>, Refusal> {
        let lock = self.0.accounts.lock(account).await?;
        let lock = lock.ok_or(Refusal::NoAccount)?;
        if lock.blocked {
            return Err(Refusal::Blocked);
        }
        let hash = lock.password_hash;
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
        match self.prove("password", account, password, device).await {
            Ok(_hash) => Ok(()),
            Err(Refusal::Invalid(_) | Refusal::NoAccount | Refusal::Blocked) => {
                Err(Refusal::KeyReused)
            }
            Err(other) => Err(other),
        }
    }
}
