//! The database, opened: a given one, or the private cluster under the data directory.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use persistence::audit::Audit;
use persistence::journal::{JournalOptions, PgJournal};
use persistence::local_cluster::{ClusterError, LocalCluster, Options};
use persistence::migrate;
use persistence::pool::{self, PoolSettings};
use persistence::showtimes::Showtimes;
use secrecy::ExposeSecret;

use crate::config::DatabaseConfig;
use crate::readiness::DatabaseCheck;

/// The name of our database in the private cluster.
const DATABASE: &str = "fullhouse";

/// The open database with everything that works on it.
pub struct Store {
    /// Present when the program runs its own database server.
    cluster: Option<LocalCluster>,
    /// The events.
    pub journal: Arc<PgJournal>,
    /// The list of showtimes.
    pub showtimes: Showtimes,
    /// The tables as an audit reads them.
    pub audit: Audit,
    /// Whether it answers and has every migration.
    pub check: DatabaseCheck,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address cannot be read.
    #[error("DATABASE_URL is not a database address: {0}")]
    Address(String),
    /// The private cluster does not run.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database does not answer.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The tables could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
}

impl Store {
    /// Opens the database and brings its tables up to date.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, OpenError> {
        let (cluster, address) = if let Some(url) = config.url() {
            let address = pool::parse_url(url.expose_secret());
            (
                None,
                address.map_err(|error| OpenError::Address(error.to_string()))?,
            )
        } else {
            let cluster = LocalCluster::start_with(cluster_options(config)).await?;
            let address = cluster.database(DATABASE).await?;
            (Some(cluster), address)
        };
        let settings = PoolSettings::new(config.database_connections);
        let pool = pool::connect(address, &settings).await;
        let pool = pool.map_err(|error| OpenError::Unreachable(error.to_string()))?;
        let migrated = migrate::migrate(&pool).await;
        migrated.map_err(|error| OpenError::Migration(error.to_string()))?;
        let journal = Arc::new(PgJournal::start(pool.clone(), journal_options(config)));
        Ok(Self {
            cluster,
            journal,
            showtimes: Showtimes::new(pool.clone()),
            audit: Audit::new(pool.clone()),
            check: Box::new(move || {
                let pool = pool.clone();
                Box::pin(async move {
                    let current = migrate::is_up_to_date(&pool).await;
                    current.map_err(|error| error.to_string())
                })
            }),
        })
    }

    /// Ends a command's use of the database.
    pub async fn close(mut self) -> Result<(), OpenError> {
        if let Err(undrained) = self.journal.close(CLOSE_TIMEOUT).await {
            tracing::warn!(error = %undrained, "the journal was cut off");
        }
        if let Some(cluster) = self.cluster.take() {
            cluster.stop().await?;
        }
        Ok(())
    }

    /// The private cluster, whose end is the last thing that the program waits for.
    pub const fn take_cluster(&mut self) -> Option<LocalCluster> {
        self.cluster.take()
    }
}

fn cluster_options(config: &DatabaseConfig) -> Options {
    Options {
        pg_bin: config.pg_bin.clone(),
        connections_max: config.database_connections + config.journal_writers + SPARE_CONNECTIONS,
        ..Options::new(&config.data_dir)
    }
}

/// A command appends nothing, so there is nothing to wait for.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections left for people and for commands run beside the server.
const SPARE_CONNECTIONS: u32 = 50;

fn journal_options(config: &DatabaseConfig) -> JournalOptions {
    JournalOptions {
        writers: config.journal_writers as usize,
        backlog_limit: config.backlog_max as usize,
        node: format!("pid-{}", std::process::id()),
        ..JournalOptions::default()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("cluster", &self.cluster)
            .finish_non_exhaustive()
    }
}
