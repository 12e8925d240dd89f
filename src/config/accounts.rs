//! Accounts: tokens, passwords, mail, codes.

mod codes;

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::error::ConfigError;
use super::secret::Secret;
use crate::accounts::{Cost, Lifetimes, MEMORY_KIB_MIN, PASSES_MIN};
use crate::mail::{LogMailer, Mailer, SmtpMailer};
pub use codes::CodesConfig;

/// Settings of accounts.
#[derive(Clone, Debug, Args)]
pub struct AccountsConfig {
    /// How long an access token is good, in seconds: a role taken away or a block counts after this at
    /// the latest.
    #[arg(long, env = "FULLHOUSE_ACCESS_TOKEN_SECONDS", default_value_t = 900,
          value_parser = clap::value_parser!(u32).range(60..=86_400))]
    pub access_token_seconds: u32,
    /// How long a device stays signed in without being used, in seconds.
    #[arg(long, env = "FULLHOUSE_REFRESH_TOKEN_SECONDS", default_value_t = 604_800,
          value_parser = clap::value_parser!(u32).range(600..=31_536_000))]
    pub refresh_token_seconds: u32,
    /// Whether somebody must have proved their email address before they hold places.
    #[arg(long, env = "FULLHOUSE_EMAIL_VERIFICATION", value_enum, default_value_t = EmailVerification::Optional)]
    pub email_verification: EmailVerification,
    /// Memory for one password's hash, in KiB.
    #[arg(long, env = "FULLHOUSE_PASSWORD_MEMORY_KIB", default_value_t = MEMORY_KIB_MIN,
          value_parser = clap::value_parser!(u32).range(i64::from(MEMORY_KIB_MIN)..=1_048_576))]
    pub password_memory_kib: u32,
    /// How often that memory is gone through.
    #[arg(long, env = "FULLHOUSE_PASSWORD_PASSES", default_value_t = PASSES_MIN,
          value_parser = clap::value_parser!(u32).range(i64::from(PASSES_MIN)..=20))]
    pub password_passes: u32,
    /// Threads that hash passwords; on Linux they give way to everything else. When it is left out, half as
    /// many as there are processors, and at least one.
    #[arg(long, env = "FULLHOUSE_PASSWORD_THREADS",
          value_parser = clap::value_parser!(u32).range(1..=256))]
    pub password_threads: Option<u32>,
    /// Passwords that wait for those threads; more are answered 503.
    #[arg(long, env = "FULLHOUSE_PASSWORDS_WAITING_MAX", default_value_t = 128,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub passwords_waiting_max: u32,
    /// Where people reach this server, for links in mails and for what browsers say of their pages.
    #[arg(
        long,
        env = "FULLHOUSE_PUBLIC_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub public_url: String,
    /// Address of a mail server with its user, from `FULLHOUSE_SMTP_URL` or the file of
    /// `FULLHOUSE_SMTP_URL_FILE`. Without it mails are printed on standard output.
    #[arg(skip = Secret::of_environment("FULLHOUSE_SMTP_URL"))]
    pub smtp_url: Secret,
    /// The sender of mails.
    #[arg(
        long,
        env = "FULLHOUSE_MAIL_FROM",
        default_value = "Fullhouse <no-reply@localhost.localdomain>"
    )]
    pub mail_from: String,
    /// Codes that are sent to phones.
    #[command(flatten)]
    pub codes: CodesConfig,
}

/// Who may hold places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmailVerification {
    /// Whoever is signed in.
    Optional,
    /// Whoever has proved their address, or has a token of the operator's.
    Required,
}

impl AccountsConfig {
    /// How long tokens are good.
    pub const fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            access_seconds: self.access_token_seconds,
            refresh_seconds: self.refresh_token_seconds,
        }
    }

    /// Threads that hash passwords. Each fills a processor, with its memory too, while there is a password: of
    /// the processors as many are left to whoever sells.
    pub fn password_threads(&self) -> u32 {
        self.password_threads.unwrap_or_else(|| {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            u32::try_from(processors / 2).unwrap_or(1).max(1)
        })
    }

    /// What a password's hash costs.
    pub const fn cost(&self) -> Cost {
        Cost {
            memory_kib: self.password_memory_kib,
            passes: self.password_passes,
        }
    }

    /// What carries mails.
    ///
    /// # Errors
    ///
    /// When the mail server or the sender cannot be read.
    pub fn mailer(&self) -> Result<Arc<dyn Mailer>, ConfigError> {
        let Some(url) = self.smtp_url.get()? else {
            return Ok(Arc::new(LogMailer));
        };
        let mailer = SmtpMailer::new(url, &self.mail_from).map_err(|error| ConfigError {
            setting: error.setting(),
            reason: error.to_string(),
        })?;
        Ok(Arc::new(mailer))
    }

    /// Relates the settings of accounts.
    ///
    /// # Errors
    ///
    /// When the public address is none, the mail server or the sender cannot be read, or a device would
    /// be signed out before its first token expires.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let web = self.public_url.starts_with("https://") || self.public_url.starts_with("http://");
        if !web || self.public_url.ends_with('/') || self.public_url.contains(['?', '#', ' ']) {
            return Err(ConfigError {
                setting: "FULLHOUSE_PUBLIC_URL",
                reason: format!(
                    "{:?} is not an address such as https://tickets.example, without a slash at its end",
                    self.public_url
                ),
            });
        }
        if self.refresh_token_seconds <= self.access_token_seconds {
            return Err(ConfigError {
                setting: "FULLHOUSE_REFRESH_TOKEN_SECONDS",
                reason: "must be above FULLHOUSE_ACCESS_TOKEN_SECONDS".to_owned(),
            });
        }
        let here = ["127.0.0.1", "localhost", "[::1]"];
        let is_here = here.iter().any(|host| self.public_url.contains(host));
        if self.smtp_url.get()?.is_some() && is_here {
            tracing::warn!(
                "FULLHOUSE_PUBLIC_URL is of this machine alone, and so are the links in mails"
            );
        }
        self.codes.codes().map(drop)?;
        self.mailer().map(drop)
    }
}
