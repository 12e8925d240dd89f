//! Connections to `PostgreSQL`, each with a limit on everything.
//!
//! The limits are set when a connection opens, so that no statement can do without them: a
//! statement that hangs, a lock that never comes or a transaction left open must not hold one of
//! the few connections for ever.

pub(crate) mod session;

use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};

/// Connections to one database; named here because only this crate names the driver.
pub use sqlx::postgres::PgPool;

/// Where a database is and how to log in; named here for the same reason.
pub use sqlx::postgres::PgConnectOptions as Address;

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
///
/// # Errors
///
/// [`sqlx::Error::Configuration`] when it is not the address of a database.
pub fn parse_url(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    url.parse()
}

/// An address whose sessions may look and nothing else.
pub fn read_only(address: Address) -> Address {
    address.options([("default_transaction_read_only", "on")])
}

/// Opens a pool and its first connection, so that a wrong address is found at once, and so is a
/// pooler that drops the limits: a pool would only say that it found no connection in time.
///
/// # Errors
///
/// When the server cannot be reached, refuses the user, or drops the limits.
pub async fn connect(
    options: PgConnectOptions,
    settings: &PoolSettings,
) -> Result<PgPool, sqlx::Error> {
    let limited = limited(options.clone(), settings);
    let first = pool_options(settings).max_connections(1);
    let first = first.connect_with(limited.clone()).await?;
    session::verify(&mut *first.acquire().await?, &limited).await?;
    first.close().await;
    Ok(connect_lazily(options, settings))
}

/// Opens one connection that keeps what `options` ask for, or none.
pub(crate) async fn open(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    session::verify(&mut connection, options).await?;
    Ok(connection)
}

/// Makes every connection of a pool one that keeps what `options` ask for.
pub(crate) fn guarded(pool: PgPoolOptions, options: &PgConnectOptions) -> PgPoolOptions {
    let options = options.clone();
    pool.after_connect(move |connection, _| {
        let options = options.clone();
        Box::pin(async move { session::verify(connection, &options).await })
    })
}

/// Makes a pool that opens its first connection when it is first used.
///
/// For a server that must come up while `PostgreSQL` is unreachable.
pub fn connect_lazily(options: PgConnectOptions, settings: &PoolSettings) -> PgPool {
    let limited = limited(options, settings);
    guarded(pool_options(settings), &limited).connect_lazy_with(limited)
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
