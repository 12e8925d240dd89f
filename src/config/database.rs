//! Where the journal is kept.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::error::ConfigError;
use super::secret::Secret;

/// Connections for whatever is asked about accounts, and for mail.
pub const ACCOUNT_CONNECTIONS: u32 = 4;

/// Connections for following the keys of programs: one hears of changes, one reads them.
pub const KEY_CONNECTIONS: u32 = 2;

/// Settings of the database and of the journal in it.
#[derive(Clone, Debug, Args)]
pub struct DatabaseConfig {
    /// Address of a PostgreSQL database, from `DATABASE_URL` or the file of `DATABASE_URL_FILE`.
    /// Without it a private cluster is started under the data directory, with PostgreSQL's own
    /// programs.
    #[arg(skip = Secret::of_environment("DATABASE_URL"))]
    pub database_url: Secret,
    /// Directory of the private cluster.
    #[arg(long, env = "FULLHOUSE_DATA_DIR", default_value = "./.data")]
    pub data_dir: PathBuf,
    /// Directory of PostgreSQL's programs, when they are in none of the usual places.
    #[arg(long, env = "PG_BIN")]
    pub pg_bin: Option<PathBuf>,
    /// Connections for everything but the journal's writers.
    #[arg(long, env = "FULLHOUSE_DATABASE_CONNECTIONS", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub database_connections: u32,
    /// Writers of the journal; showtimes are spread over them.
    #[arg(long, env = "FULLHOUSE_JOURNAL_WRITERS", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=64))]
    pub journal_writers: u32,
    /// Commands admitted and not yet durable, over all showtimes; more are refused at once.
    #[arg(long = "journal-backlog-max", env = "FULLHOUSE_JOURNAL_BACKLOG_MAX", default_value_t = 32_768,
          value_parser = clap::value_parser!(u32).range(8..=10_000_000))]
    pub backlog_max: u32,
}

impl DatabaseConfig {
    /// The given database.
    ///
    /// # Errors
    ///
    /// When the address is given both directly and in a file, or the file cannot be read or is empty.
    pub fn url(&self) -> Result<Option<&SecretString>, ConfigError> {
        self.database_url.get()
    }

    /// Connections to the database that the program may have open at once.
    pub const fn connections_max(&self) -> u32 {
        // The journal reads by connections of its own, at most as many as everybody else; audits
        // have two and readiness one.
        2 * self.database_connections
            + self.journal_writers
            + 3
            + ACCOUNT_CONNECTIONS
            + KEY_CONNECTIONS
    }
}
