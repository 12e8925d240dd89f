//! The database, opened: a given one, or the private cluster under the data directory.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use journal::Journal;
use journal::causes::Causes;
use local_cluster::{Caretaker, ClusterError, ClusterOptions, LocalCluster};
use persistence::accounts::Accounts;
use persistence::accounts::KnownKeys;
use persistence::audit::Audit;
use persistence::audit_log::AuditLog;
use persistence::jobs::Jobs;
use persistence::journal::{JournalOptions, PgJournal};
use persistence::migrate;
use persistence::pool::{self, Address, PgPool, PoolSettings};
use persistence::revocations::Revocations;
use persistence::showtimes::Showtimes;
use secrecy::ExposeSecret;

use crate::config::{ACCOUNT_CONNECTIONS, ConfigError, DatabaseConfig, KEY_CONNECTIONS};
use crate::server::readiness::DatabaseCheck;
use crate::showtimes::Auditor;

/// The name of our database in the private cluster.
const DATABASE: &str = "fullhouse";

/// The open database with everything that works on it.
pub struct Store {
    /// Present when the program runs its own database server.
    cluster: Option<Caretaker>,
    pub journal: Arc<PgJournal>,
    /// The list of showtimes.
    pub showtimes: Showtimes,
    /// Who has an account.
    pub accounts: Accounts,
    /// What is to be done later.
    pub jobs: Jobs,
    /// Who did what.
    pub audit_log: AuditLog,
    /// Keys of programs, to be followed.
    pub known_keys: KnownKeys,
    /// Which tokens are good no longer.
    pub revocations: Revocations,
    /// Connections of audits.
    audits: PgPool,
    /// Whether it answers and has every migration.
    pub check: DatabaseCheck,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    /// The settings do not say where it is.
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("DATABASE_URL is not a database address: {0}")]
    Address(String),
    /// The private cluster does not run.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The tables could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// A command that only reads found no database, and creates none.
    #[error("there is no database: DATABASE_URL is not set and {folder} has no cluster")]
    Nothing { folder: String },
    /// A command that only reads found tables that are not up to date, and does not migrate.
    #[error(
        "the tables are not those of this program: run `fullhouse migrate`, or look with the program \
         that serves"
    )]
    Outdated,
}

impl Store {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// [`StoreOpenError`]: the address is wrong, the database is unreachable, or a migration failed.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, StoreOpenError> {
        let (cluster, address) = if let Some(address) = address(config)? {
            (None, address)
        } else {
            let cluster = LocalCluster::start_with(cluster_options(config)).await?;
            let address = cluster.database(DATABASE).await?;
            (Some(cluster), address)
        };
        let pool = connect(address, config).await?;
        let migrated = migrate::migrate(&pool).await;
        migrated.map_err(|error| StoreOpenError::Migration(Causes(&error).to_string()))?;
        Ok(Self::over(cluster, pool, config))
    }

    /// Opens the database for a command that only looks: it migrates nothing and creates nothing,
    /// and the database refuses whatever it might try to change.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], and when there is nothing to read or the tables are not up to date.
    pub async fn open_to_read(config: &DatabaseConfig) -> Result<Self, StoreOpenError> {
        let (cluster, address) = match address(config)? {
            Some(address) => (None, address),
            None if !LocalCluster::exists(&config.data_dir) => {
                let folder = config.data_dir.display().to_string();
                return Err(StoreOpenError::Nothing { folder });
            }
            None => {
                let cluster = LocalCluster::start_with(cluster_options(config)).await?;
                let address = cluster.connect_options(DATABASE);
                (Some(cluster), address)
            }
        };
        let pool = connect(pool::read_only(address), config).await?;
        let current = migrate::is_up_to_date(&pool).await;
        if !current.map_err(|error| StoreOpenError::Unreachable(Causes(&error).to_string()))? {
            return Err(StoreOpenError::Outdated);
        }
        Ok(Self::over(cluster, pool, config))
    }

    fn over(cluster: Option<LocalCluster>, pool: PgPool, config: &DatabaseConfig) -> Self {
        let address = pool.connect_options().as_ref().clone();
        let audits = pool::connect_lazily(address.clone(), &AUDITS);
        let accounts = pool::connect_lazily(address.clone(), &ACCOUNTS);
        let keys = pool::connect_lazily(address.clone(), &KEYS);
        let probe = pool::connect_lazily(address, &PROBE);
        Self {
            cluster: cluster.map(Caretaker::of),
            journal: Arc::new(PgJournal::start(pool.clone(), journal_options(config))),
            showtimes: Showtimes::new(pool.clone()),
            accounts: Accounts::new(accounts.clone()),
            jobs: Jobs::new(accounts.clone()),
            audit_log: AuditLog::new(accounts),
            known_keys: KnownKeys::new(keys),
            revocations: Revocations::new(pool),
            audits,
            check: Box::new(move || {
                let probe = probe.clone();
                Box::pin(async move {
                    let current = migrate::is_up_to_date(&probe).await;
                    current.map_err(|error| Causes(&error).to_string())
                })
            }),
        }
    }

    /// Audits on connections of their own, with more time than a buyer has.
    pub fn auditor(&self, journal: Arc<dyn Journal>) -> Auditor {
        let showtimes = Showtimes::new(self.audits.clone());
        Auditor::new(showtimes, Audit::new(self.audits.clone()), journal)
    }

    /// Ends a command's use of the database.
    ///
    /// # Errors
    ///
    /// When the private cluster does not stop.
    pub async fn close(mut self) -> Result<(), StoreOpenError> {
        if let Err(undrained) = self.journal.close(CLOSE_TIMEOUT).await {
            tracing::warn!(error = %undrained, "the journal was closed before all entries were written");
        }
        if let Some(cluster) = self.cluster.take() {
            cluster.stop().await?;
        }
        Ok(())
    }

    /// The private cluster, whose end is the last thing that the program waits for.
    pub const fn take_cluster(&mut self) -> Option<Caretaker> {
        self.cluster.take()
    }
}

/// Where the database is, if it is given.
fn address(config: &DatabaseConfig) -> Result<Option<Address>, StoreOpenError> {
    let Some(url) = config.url()? else {
        return Ok(None);
    };
    let address = pool::parse_url(url.expose_secret());
    let address = address.map_err(|error| StoreOpenError::Address(error.to_string()))?;
    Ok(Some(address))
}

async fn connect(address: Address, config: &DatabaseConfig) -> Result<PgPool, StoreOpenError> {
    let settings = PoolSettings::new(config.database_connections);
    let pool = pool::connect(address, &settings).await;
    pool.map_err(|error| StoreOpenError::Unreachable(Causes(&error).to_string()))
}

/// Audits read whole showtimes, one statement for all that one of them has sold. A few at once are
/// enough, and they take no connection from buyers.
const AUDITS: PoolSettings = PoolSettings {
    connections_max: 2,
    acquire_timeout: Duration::from_mins(1),
    statement_timeout: Duration::from_mins(2),
    lock_timeout: Duration::from_secs(3),
    idle_in_transaction_timeout: Duration::from_secs(15),
};

/// Strangers register and sign in; however many they are, they wait for each other here, and take no
/// connection from those who buy.
const ACCOUNTS: PoolSettings = PoolSettings {
    connections_max: ACCOUNT_CONNECTIONS,
    acquire_timeout: Duration::from_secs(2),
    statement_timeout: Duration::from_secs(5),
    lock_timeout: Duration::from_secs(3),
    idle_in_transaction_timeout: Duration::from_secs(15),
};

/// A key that was taken away is refused soon, however many ask for other things.
const KEYS: PoolSettings = PoolSettings {
    connections_max: KEY_CONNECTIONS,
    acquire_timeout: Duration::from_secs(2),
    statement_timeout: Duration::from_secs(2),
    lock_timeout: Duration::from_secs(1),
    idle_in_transaction_timeout: Duration::from_secs(15),
};

/// Whether the database answers must not depend on who else asks it: a crowd of readers waits for
/// the other connections, and the server still sells.
const PROBE: PoolSettings = PoolSettings {
    connections_max: 1,
    acquire_timeout: Duration::from_secs(2),
    statement_timeout: Duration::from_secs(2),
    lock_timeout: Duration::from_secs(1),
    idle_in_transaction_timeout: Duration::from_secs(15),
};

fn cluster_options(config: &DatabaseConfig) -> ClusterOptions {
    ClusterOptions {
        pg_bin: config.pg_bin.clone(),
        connections_max: config.database_connections + config.journal_writers + SPARE_CONNECTIONS,
        ..ClusterOptions::new(&config.data_dir)
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
