//! What must stay secret.

use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::error::ConfigError;
use super::secret::Secret;
use crate::accounts::{DEMO_SECRET, SECRET_BYTES_MIN, Seals, Tokens};

/// Keys that sign tokens, from the environment or files: `FULLHOUSE_JWT_SECRET`, and while it is
/// being replaced also `FULLHOUSE_JWT_SECRET_PREVIOUS`.
#[derive(Clone, Debug, Args)]
pub struct SecretsConfig {
    /// Key that signs tokens, at least 32 bytes.
    #[arg(skip = Secret::of_environment("FULLHOUSE_JWT_SECRET"))]
    pub jwt_secret: Secret,
    /// Key whose tokens are accepted as well.
    #[arg(skip = Secret::of_environment("FULLHOUSE_JWT_SECRET_PREVIOUS"))]
    pub jwt_secret_previous: Secret,
}

/// Where the demo's own key is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Tokens have to be signed with a key of the operator's.
    Selling,
    /// A demonstration that only this machine can reach, on a cluster of its own.
    PrivateDemo,
    /// A demonstration that others can reach, or on a database that others may sell with.
    PublicDemo,
}

impl SecretsConfig {
    /// Whether a key was set.
    ///
    /// # Errors
    ///
    /// When the key cannot be read, as [`Secret::get`] says.
    pub fn is_set(&self) -> Result<bool, ConfigError> {
        Ok(self.jwt_secret.get()?.is_some())
    }

    /// Makes and verifies tokens with these keys; with the demo's own when none is set.
    ///
    /// # Errors
    ///
    /// When a key cannot be read, as [`Secret::get`] says.
    pub fn tokens(&self) -> Result<Tokens, ConfigError> {
        let demo = SecretString::from(DEMO_SECRET);
        let tokens = Tokens::new(self.jwt_secret.get()?.unwrap_or(&demo));
        Ok(match self.jwt_secret_previous.get()? {
            Some(previous) => tokens.also_accepting(previous),
            None => tokens,
        })
    }

    /// Seals refresh tokens and links with the same keys.
    ///
    /// # Errors
    ///
    /// When a key cannot be read, as [`Secret::get`] says.
    pub fn seals(&self) -> Result<Seals, ConfigError> {
        let current = self.jwt_secret.get()?.cloned();
        let current = current.unwrap_or_else(|| SecretString::from(DEMO_SECRET));
        Ok(Seals::new(
            current,
            self.jwt_secret_previous.get()?.cloned(),
        ))
    }

    /// Refuses keys that are short, and the demo's own where it is not good enough.
    ///
    /// # Errors
    ///
    /// When a key cannot be read, is too short, is missing, or is the demo's own at this stage.
    pub fn validate(&self, stage: Stage) -> Result<(), ConfigError> {
        let current = self.jwt_secret.get()?;
        let previous = self.jwt_secret_previous.get()?;
        for (setting, key) in [
            (&self.jwt_secret, current),
            (&self.jwt_secret_previous, previous),
        ] {
            if key.is_some_and(|key| key.expose_secret().len() < SECRET_BYTES_MIN) {
                return Err(setting.wrong("must have at least 32 bytes (openssl rand -hex 32)"));
            }
        }
        let is_demo =
            |key: Option<&SecretString>| key.is_some_and(|key| key.expose_secret() == DEMO_SECRET);
        let known = is_demo(current) || is_demo(previous);
        let why = match (stage, current) {
            (Stage::Selling, None) => {
                "is not set; set at least 32 random bytes (openssl rand -hex 32), or try --demo"
            }
            (Stage::PublicDemo, None) => {
                "is not set, and the demo's own is good only on a loopback address with the private \
                 cluster; set at least 32 random bytes (openssl rand -hex 32)"
            }
            (Stage::Selling | Stage::PublicDemo, Some(_)) if known => {
                "is the demo's own, which everybody knows; it is good only for --demo on a loopback \
                 address with the private cluster"
            }
            (Stage::PrivateDemo, _) | (Stage::Selling | Stage::PublicDemo, Some(_)) => {
                return Ok(());
            }
        };
        Err(self.jwt_secret.wrong(why))
    }
}
