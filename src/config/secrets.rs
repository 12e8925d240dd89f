//! What must stay secret.

use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::ConfigError;
use crate::auth::{DEMO_SECRET, SECRET_BYTES_MIN};

/// Secrets, which no log and no help text shows.
#[derive(Clone, Debug, Args)]
pub struct SecretsConfig {
    /// Key that signs tokens, at least 32 bytes.
    #[arg(long, env = "FULLHOUSE_JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<SecretString>,
}

impl SecretsConfig {
    /// The key for tokens: the demo's own when none is set.
    pub fn jwt_secret(&self) -> SecretString {
        let demo = || SecretString::from(DEMO_SECRET);
        self.own_jwt_secret().cloned().unwrap_or_else(demo)
    }

    /// The key that was set; an empty variable is as good as none.
    pub fn own_jwt_secret(&self) -> Option<&SecretString> {
        self.jwt_secret
            .as_ref()
            .filter(|secret| !secret.expose_secret().is_empty())
    }

    /// Whether tokens are signed with a key that everybody knows.
    pub fn is_demo(&self) -> bool {
        self.jwt_secret().expose_secret() == DEMO_SECRET
    }

    /// Refuses keys that are short, and the demo's outside a demo.
    pub fn validate(&self, demo: bool) -> Result<(), ConfigError> {
        let wrong = |reason: &str| ConfigError {
            setting: "FULLHOUSE_JWT_SECRET",
            reason: reason.to_owned(),
        };
        match self.own_jwt_secret() {
            None if !demo => Err(wrong(
                "is not set; set at least 32 random bytes (openssl rand -hex 32), or try --demo",
            )),
            Some(secret) if secret.expose_secret().len() < SECRET_BYTES_MIN => {
                Err(wrong("must have at least 32 bytes (openssl rand -hex 32)"))
            }
            Some(_) if self.is_demo() && !demo => Err(wrong(
                "is the demo's own, which everybody knows; use it with --demo only",
            )),
            _ => Ok(()),
        }
    }
}
