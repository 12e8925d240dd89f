//! Settings: one struct per concern, every flag also an environment variable.

mod accounts;
mod database;
mod error;
#[cfg(test)]
mod example;
mod http;
mod log;
mod openid;
mod owners;
mod rates;
mod secret;
mod secrets;

use clap::Args;

pub use accounts::{AccountsConfig, CodesConfig, EmailVerification};
pub use database::{ACCOUNT_CONNECTIONS, DatabaseConfig, KEY_CONNECTIONS};
pub use error::ConfigError;
pub use http::HttpConfig;
pub use log::{LogConfig, LogFormat};
pub use openid::OpenIdConfig;
pub use owners::{HoldAckSetting, OwnersConfig};
pub use rates::{ForwardedHeader, Per, Rate, RateLimits, RateSetting, RatesConfig};
pub use secret::Secret;
pub use secrets::{SecretsConfig, Stage};

/// Every setting of `serve`.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Start with three demo showtimes on sale, and accept the demo secret.
    #[arg(long, env = "FULLHOUSE_DEMO")]
    pub demo: bool,
    /// The ports and what they accept.
    #[command(flatten)]
    pub http: HttpConfig,
    /// How much anybody may ask.
    #[command(flatten)]
    pub rates: RatesConfig,
    /// Where the journal is kept.
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// The owners of showtimes.
    #[command(flatten)]
    pub owners: OwnersConfig,
    /// Who signs in, and how they are written to.
    #[command(flatten)]
    pub accounts: AccountsConfig,
    /// Who vouches for people.
    #[command(flatten)]
    pub openid: OpenIdConfig,
    /// What must stay secret.
    #[command(flatten)]
    pub secrets: SecretsConfig,
}

impl Config {
    /// Who may come in, and on whose database.
    fn stage(&self) -> Result<Stage, ConfigError> {
        let private = self.http.http_addr.ip().is_loopback() && self.database.url()?.is_none();
        Ok(match (self.demo, private) {
            (false, _) => Stage::Selling,
            (true, true) => Stage::PrivateDemo,
            (true, false) => Stage::PublicDemo,
        })
    }

    /// Relates the settings to each other; each alone was checked when it was read.
    ///
    /// # Errors
    ///
    /// The first setting that does not fit the others or is not safe to sell with.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.secrets.validate(self.stage()?)?;
        self.http.validate()?;
        self.accounts.validate()?;
        self.openid.validate(&self.accounts.public_url)?;
        if self.owners.in_flight_max > self.database.backlog_max {
            return Err(ConfigError {
                setting: "FULLHOUSE_SHOWTIME_IN_FLIGHT_MAX",
                reason: "is above FULLHOUSE_JOURNAL_BACKLOG_MAX, so one showtime could starve all"
                    .to_owned(),
            });
        }
        if self.owners.call_timeout_ms >= self.http.request_timeout_ms {
            return Err(ConfigError {
                setting: "FULLHOUSE_CALL_TIMEOUT_MS",
                reason:
                    "must be below FULLHOUSE_REQUEST_TIMEOUT_MS, so that a late answer says why"
                        .to_owned(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Config, Secret};
    use crate::accounts::DEMO_SECRET;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        config: Config,
    }

    const OWN: &str = "a secret that nobody else knows at all";

    fn parsed(flags: &[&str]) -> Config {
        let line = ["serve"].iter().chain(flags);
        Line::try_parse_from(line).unwrap().config
    }

    fn validated(flags: &[&str]) -> Result<(), String> {
        said(&parsed(flags))
    }

    fn said(config: &Config) -> Result<(), String> {
        config.validate().map_err(|error| error.to_string())
    }

    fn with_secret(flags: &[&str], secret: &str) -> Config {
        let mut config = parsed(flags);
        config.secrets.jwt_secret = Secret::given("FULLHOUSE_JWT_SECRET", secret);
        config
    }

    #[test]
    fn defaults_are_valid_for_a_demo() {
        assert_eq!(validated(&["--demo"]), Ok(()));
    }

    #[test]
    fn selling_needs_a_secret_of_its_own() {
        assert!(validated(&[]).unwrap_err().contains("FULLHOUSE_JWT_SECRET"));
        let short = said(&with_secret(&[], "short")).unwrap_err();
        assert!(short.contains("32 bytes"), "{short}");
        let demo = said(&with_secret(&[], DEMO_SECRET)).unwrap_err();
        assert!(demo.contains("everybody knows"), "{demo}");
        assert_eq!(said(&with_secret(&[], OWN)), Ok(()));
    }

    #[test]
    fn the_demos_secret_is_good_on_loopback_and_the_private_cluster_alone() {
        let public = ["--demo", "--http-addr", "0.0.0.0:8080"];
        assert!(validated(&public).unwrap_err().contains("loopback"));
        assert!(said(&with_secret(&public, DEMO_SECRET)).is_err());
        assert_eq!(said(&with_secret(&public, OWN)), Ok(()));
        let mut shared = parsed(&["--demo"]);
        shared.database.database_url = Secret::given("DATABASE_URL", "postgres://db/sales");
        assert!(said(&shared).unwrap_err().contains("private cluster"));
    }

    #[test]
    fn a_short_or_well_known_previous_secret_is_refused_as_well() {
        for previous in ["short", DEMO_SECRET] {
            let mut config = with_secret(&[], OWN);
            let given = Secret::given("FULLHOUSE_JWT_SECRET_PREVIOUS", previous);
            config.secrets.jwt_secret_previous = given;
            assert!(said(&config).is_err(), "{previous}");
        }
    }

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        let starving = ["--demo", "--showtime-in-flight-max", "60000"];
        assert!(validated(&starving).unwrap_err().contains("starve all"));
        let late = ["--demo", "--call-timeout-ms", "60000"];
        assert!(validated(&late).unwrap_err().contains("says why"));
    }
}
