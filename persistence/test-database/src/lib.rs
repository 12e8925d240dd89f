//! **Databases for tests**: a fresh, migrated one per test, and whole clusters for outage drills.
//!
//! With `DATABASE_URL` set, databases are made on that server and dropped afterwards. Without it
//! all tests of a process share one disposable cluster, which ends, and is removed, when the
//! process ends in whatever way. So plain `cargo test` needs nothing set.
//!
//! [`TestDatabase`] is a database of a test's own, [`TestCluster`] a server that the test may stop,
//! kill and start again, [`Proxy`] a way to it that can be cut at the worst moment, and [`Sql`] asks
//! from outside the program. Nothing here is compiled into the program, and none of it ever touches
//! a database that it did not make.
//!
//! # How to add to it
//!
//! A fault of the server is a method of [`TestCluster`], a fault of the way to it a [`Fate`]; a
//! question that tests of two crates ask is a method of [`Sql`].

use std::path::PathBuf;
use std::time::Duration;

use local_cluster::{ClusterOptions, LocalCluster};
use persistence::migrate;
use persistence::pool::{self, PoolSettings};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::OnceCell;
use uuid::Uuid;

pub use cluster::{TestCluster, TestStandby};
pub use error::SetupError;
pub use proxy::{Fate, Proxy, Request};
pub use sql::{ClosedTable, Sql, TakenConnections};

mod cluster;
mod error;
mod proxy;
mod sql;

/// Enough for a test that races several transactions, and few enough that dozens of tests at once
/// stay below the server's limit.
const POOL_CONNECTIONS_MAX: u32 = 5;

/// Tests run side by side, one pool each, and drills spawn whole servers.
const CLUSTER_CONNECTIONS_MAX: u32 = 300;

/// The database every other one of a process is copied from, which is faster than migrating it.
const TEMPLATE: &str = "fullhouse_template";

/// Dropping a database is best effort; a server which does not answer must not hold up the test.
const DROP_TIMEOUT: Duration = Duration::from_secs(10);

/// The server the databases of this process are made on. Never dropped: the end of the process
/// closes the watcher's pipe.
static SERVER: OnceCell<Server> = OnceCell::const_new();

/// A fresh, migrated database, dropped when the value is.
#[derive(Debug)]
pub struct TestDatabase {
    server: &'static Server,
    name: String,
    pool: PgPool,
}

impl TestDatabase {
    /// Makes a database with the current schema and nothing else in it.
    ///
    /// # Panics
    ///
    /// When there is no server to make it on, because then the test has failed.
    #[expect(clippy::panic, reason = "a panic is how a test fails")]
    pub async fn create() -> Self {
        match Self::try_create().await {
            Ok(database) => database,
            Err(error) => panic!("no test database: {error}"),
        }
    }

    async fn try_create() -> Result<Self, SetupError> {
        let server = SERVER.get_or_try_init(Server::find).await?;
        let name = format!("fullhouse_test_{}", Uuid::new_v4().simple());
        server.create(&name).await?;
        let settings = PoolSettings::new(POOL_CONNECTIONS_MAX);
        let pool = pool::connect(server.connect_options(&name), &settings).await?;
        if !server.has_template() {
            migrate::migrate(&pool).await?;
        }
        Ok(Self { server, name, pool })
    }

    /// A small pool of connections with the production limits.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// How to connect to the database, for a pool of another size.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.server.connect_options(&self.name)
    }

    /// The database as a `DATABASE_URL` for another process.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Plain questions to the database.
    pub fn sql(&self) -> Sql {
        Sql::new(self.connect_options())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server, self.name.clone());
        // The runtime of the test may be ending, so this needs a thread and a runtime of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime
                .block_on(async { tokio::time::timeout(DROP_TIMEOUT, server.remove(&name)).await? })
        });
        let dropped = dropped.join();
        if !matches!(dropped, Ok(Ok(()))) {
            tracing::warn!(
                name = self.name,
                ?dropped,
                "a test database was not dropped"
            );
        }
    }
}

/// Where databases are made.
#[derive(Debug)]
enum Server {
    /// The server of `DATABASE_URL`.
    Given(String, Box<PgConnectOptions>),
    /// A disposable cluster of our own, with a migrated template.
    Own(LocalCluster),
}

impl Server {
    async fn find() -> Result<Self, SetupError> {
        if let Ok(url) = std::env::var("DATABASE_URL")
            && !url.is_empty()
        {
            let options = pool::parse_url(&url)?;
            return Ok(Self::Given(url, Box::new(options)));
        }
        let cluster = LocalCluster::start_with(disposable(false)).await?;
        let options = cluster.database(TEMPLATE).await?;
        let pool = pool::connect(options, &PoolSettings::new(1)).await?;
        migrate::migrate(&pool).await?;
        // A database with connections cannot be copied.
        pool.close().await;
        Ok(Self::Own(cluster))
    }

    fn has_template(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    fn connect_options(&self, name: &str) -> PgConnectOptions {
        match self {
            Self::Given(_, options) => options.as_ref().clone().database(name),
            Self::Own(cluster) => cluster.connect_options(name),
        }
    }

    fn url(&self, name: &str) -> String {
        match self {
            Self::Given(url, _) => with_database(url, name),
            Self::Own(cluster) => cluster.url(name),
        }
    }

    /// Where statements about whole databases are run.
    fn maintenance_options(&self) -> PgConnectOptions {
        match self {
            Self::Given(_, options) => options.as_ref().clone(),
            Self::Own(cluster) => cluster.connect_options("postgres"),
        }
    }

    async fn create(&self, name: &str) -> Result<(), sqlx::Error> {
        let template = if self.has_template() {
            TEMPLATE
        } else {
            "template0"
        };
        self.execute(format!(r#"create database "{name}" template "{template}""#))
            .await
    }

    async fn remove(&self, name: &str) -> std::io::Result<()> {
        let statement = format!(r#"drop database if exists "{name}" with (force)"#);
        self.execute(statement).await.map_err(std::io::Error::other)
    }

    async fn execute(&self, statement: String) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.maintenance_options()).await?;
        let done = sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await;
        connection.close().await?;
        done.map(|_| ())
    }
}

/// A cluster in a fresh folder of its own that vanishes with its owner.
fn disposable(fsync: bool) -> ClusterOptions {
    let folder = std::env::temp_dir().join(format!("fullhouse-test-{}", Uuid::new_v4().simple()));
    ClusterOptions {
        pg_bin: std::env::var_os("PG_BIN").map(PathBuf::from),
        fsync,
        disposable: true,
        connections_max: CLUSTER_CONNECTIONS_MAX,
        ..ClusterOptions::new(folder)
    }
}

/// `url` with `name` for its database.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = match url.split_once('?') {
        Some((address, query)) => (address, format!("?{query}")),
        None => (url, String::new()),
    };
    let host_at = address.find("://").map_or(0, |at| at + 3);
    let (scheme, host) = address.split_at(host_at);
    let host = host.split('/').next().unwrap_or_default();
    format!("{scheme}{host}/{name}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        let cases = [
            (
                "postgres://u:p@db:5433/old?sslmode=require",
                "postgres://u:p@db:5433/new?sslmode=require",
            ),
            ("postgres://db", "postgres://db/new"),
            (
                "postgres:///old?host=/run/pg",
                "postgres:///new?host=/run/pg",
            ),
        ];
        for (url, expected) in cases {
            assert_eq!(with_database(url, "new"), expected);
        }
    }
}
