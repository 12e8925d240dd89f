//! Settings: one struct per concern, every flag also an environment variable.

mod database;
mod http;
mod log;
mod owners;
mod rates;
mod secrets;

use clap::Args;

pub use database::DatabaseConfig;
pub use http::HttpConfig;
pub use log::{LogConfig, LogFormat};
pub use owners::{HoldAck, OwnersConfig};
pub use rates::{RateLimits, RateSetting, RatesConfig};
pub use secrets::SecretsConfig;

/// Everything that `serve` can be told.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Start with three demo houses on sale, and accept the demo secret.
    #[arg(long, env = "FULLHOUSE_DEMO")]
    pub demo: bool,
    /// The ports and what they accept.
    #[command(flatten)]
    pub http: HttpConfig,
    /// How much anybody may ask.
    #[command(flatten)]
    pub rates: RatesConfig,
    /// Where the events are kept.
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// The owners of showtimes.
    #[command(flatten)]
    pub owners: OwnersConfig,
    /// What must stay secret.
    #[command(flatten)]
    pub secrets: SecretsConfig,
}

/// Settings that do not fit together, or that are not safe to sell with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct ConfigError {
    /// Which setting.
    pub setting: &'static str,
    /// What is wrong with it and what to do.
    pub reason: String,
}

impl Config {
    /// Relates the settings to each other; each alone was checked when it was read.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.secrets.validate(self.demo)?;
        self.http.validate()?;
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

    use super::Config;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        config: Config,
    }

    fn validated(flags: &[&str]) -> Result<(), String> {
        let line = ["serve"].iter().chain(flags);
        let parsed = Line::try_parse_from(line).map_err(|error| error.to_string())?;
        parsed.config.validate().map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_valid_for_a_demo() {
        assert_eq!(validated(&["--demo"]), Ok(()));
    }

    #[test]
    fn selling_needs_a_secret_of_its_own() {
        assert!(validated(&[]).unwrap_err().contains("FULLHOUSE_JWT_SECRET"));
        let short = validated(&["--jwt-secret", "short"]).unwrap_err();
        assert!(short.contains("32 bytes"), "{short}");
        let demo = ["--jwt-secret", crate::auth::DEMO_SECRET];
        assert!(validated(&demo).unwrap_err().contains("demo"));
        assert_eq!(
            validated(&["--jwt-secret", "a secret that nobody else knows at all"]),
            Ok(())
        );
    }

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        let starving = ["--demo", "--showtime-in-flight-max", "60000"];
        assert!(validated(&starving).unwrap_err().contains("starve all"));
        let late = ["--demo", "--call-timeout-ms", "60000"];
        assert!(validated(&late).unwrap_err().contains("says why"));
    }
}
