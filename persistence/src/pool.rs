//! Connections to `PostgreSQL`, each with a limit on everything.
//!
//! The limits are set when a connection opens, so that no statement can do without them: a
//! statement that hangs, a lock that never comes or a transaction left open must not hold one of
//! the few connections for ever.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// Connections to one database; named here because only this crate names the driver.
pub use sqlx::postgres::PgPool;

/// What the server shows for our connections in `pg_stat_activity` and in its log.
const APPLICATION_NAME: &str = "fullhouse";

/// A connection is replaced after this time, so that none keeps a grown memory for ever and a
/// moved server is found again.
const CONNECTION_LIFETIME_MAX: Duration = Duration::from_mins(30);

/// The size of a pool and the limits of its connections.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// How many connections the pool opens at most.
    pub connections_max: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock.
    pub lock_timeout: Duration,
    /// How long a transaction may sit idle before the server ends its connection.
    pub idle_in_transaction_timeout: Duration,
}

impl PoolSettings {
    /// The usual limits for a pool of `connections_max` connections.
    ///
    /// They are ordered: waiting for a lock gives up before the statement does, and both before a
    /// client of ours would stop waiting.
    pub fn new(connections_max: u32) -> Self {
        Self {
            connections_max,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(3),
            idle_in_transaction_timeout: Duration::from_secs(15),
        }
    }
}

/// Reads a `DATABASE_URL`.
pub fn parse_url(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    url.parse()
}

/// Opens a pool and its first connection, so that a wrong address is found at once.
pub async fn connect(
    options: PgConnectOptions,
    settings: &PoolSettings,
) -> Result<PgPool, sqlx::Error> {
    pool_options(settings)
        .connect_with(limited(options, settings))
        .await
}

/// Makes a pool that opens its first connection when it is first used.
///
/// For a server that must come up while `PostgreSQL` is away.
pub fn connect_lazily(options: PgConnectOptions, settings: &PoolSettings) -> PgPool {
    pool_options(settings).connect_lazy_with(limited(options, settings))
}

fn pool_options(settings: &PoolSettings) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(settings.connections_max)
        .acquire_timeout(settings.acquire_timeout)
        .max_lifetime(CONNECTION_LIFETIME_MAX)
        // After a restart of the server the pool is full of dead connections; better one round
        // trip per use than one failure per dead connection.
        .test_before_acquire(true)
}

fn limited(options: PgConnectOptions, settings: &PoolSettings) -> PgConnectOptions {
    // Without a unit these settings are in milliseconds.
    options.application_name(APPLICATION_NAME).options([
        ("statement_timeout", settings.statement_timeout.as_millis()),
        ("lock_timeout", settings.lock_timeout.as_millis()),
        (
            "idle_in_transaction_session_timeout",
            settings.idle_in_transaction_timeout.as_millis(),
        ),
    ])
}
