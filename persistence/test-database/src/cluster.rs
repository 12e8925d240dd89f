//! A cluster of a test's own, which the test may stop, kill and start again.

use std::path::PathBuf;
use std::time::Duration;

use local_cluster::standby::{STANDBY_NAME, Standby};
use local_cluster::{ClusterOptions, LocalCluster};
use persistence::migrate;
use persistence::pool::{self, PoolSettings};
use rustix::process::{Pid, test_kill_process};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};

use super::{SetupError, Sql, disposable};

/// The one database of the cluster.
const DATABASE: &str = "fullhouse";

/// Longer than a stop or a crash recovery of a small database takes on a busy machine.
const DRILL_TIMEOUT: Duration = Duration::from_mins(1);

/// How often something that takes a moment is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// A cluster for outage drills, with one migrated database; removed when the value is dropped, or
/// when the process ends.
#[derive(Debug)]
pub struct TestCluster {
    cluster: LocalCluster,
}

impl TestCluster {
    /// A running cluster that does not wait for the disk, for drills in which only processes die.
    pub async fn create() -> Self {
        Self::create_with(false).await
    }

    /// A running cluster; with `fsync` it commits at the pace of a production cluster.
    ///
    /// # Panics
    ///
    /// When it cannot be started, because then the test has failed.
    #[expect(clippy::panic, reason = "a panic is how a test fails")]
    pub async fn create_with(fsync: bool) -> Self {
        match Self::try_create(disposable(fsync)).await {
            Ok(cluster) => cluster,
            Err(error) => panic!("no test cluster: {error}"),
        }
    }

    /// A running cluster in a new folder, which is on a disk of the drill's choice.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when the cluster does not start or cannot be migrated.
    pub async fn try_create_in(data_dir: PathBuf) -> Result<Self, SetupError> {
        let options = ClusterOptions {
            data_dir,
            ..disposable(true)
        };
        Self::try_create(options).await
    }

    async fn try_create(options: ClusterOptions) -> Result<Self, SetupError> {
        let cluster = LocalCluster::start_with(options).await?;
        let options = cluster.database(DATABASE).await?;
        let pool = pool::connect(options, &PoolSettings::new(1)).await?;
        migrate::migrate(&pool).await?;
        pool.close().await;
        Ok(Self { cluster })
    }

    /// How to connect to the database, whether or not the server is up.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.cluster.connect_options(DATABASE)
    }

    /// The database as a `DATABASE_URL` for another process.
    pub fn url(&self) -> String {
        self.cluster.url(DATABASE)
    }

    /// Plain questions to the database.
    pub fn sql(&self) -> Sql {
        Sql::new(self.connect_options())
    }

    /// Stops the server in good order, cutting connections off, and waits for its end.
    ///
    /// # Panics
    ///
    /// When it does not stop, because then the test has failed.
    pub async fn stop(&mut self) {
        let stopped = self
            .cluster
            .end_server(rustix::process::Signal::INT, DRILL_TIMEOUT)
            .await;
        assert!(stopped, "the test cluster does not stop");
    }

    /// Kills the server's main process, as the kernel does when memory runs out, and waits until its
    /// sessions have noticed: one that is slow to could still commit.
    ///
    /// # Panics
    ///
    /// When it survives, because then the test has failed.
    pub async fn kill9(&mut self) {
        // Whoever cannot ask any more has nothing to wait for.
        let sessions = tokio::time::timeout(DRILL_TIMEOUT, self.sessions()).await;
        let killed = self
            .cluster
            .end_server(rustix::process::Signal::KILL, DRILL_TIMEOUT)
            .await;
        assert!(killed, "the test cluster cannot be killed");
        let lives = |session: &Pid| test_kill_process(*session).is_ok();
        let deadline = tokio::time::Instant::now() + DRILL_TIMEOUT;
        while let Ok(Ok(sessions)) = &sessions
            && sessions.iter().any(lives)
            && tokio::time::Instant::now() < deadline
        {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// The processes that serve its connections.
    async fn sessions(&self) -> Result<Vec<Pid>, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.connect_options()).await?;
        let question = "select pid from pg_stat_activity where backend_type = 'client backend'";
        let pids: Vec<i32> = sqlx::query_scalar(question)
            .fetch_all(&mut connection)
            .await?;
        Ok(pids.into_iter().filter_map(Pid::from_raw).collect())
    }

    /// A standby that the server waits for with every commit from now on.
    ///
    /// # Panics
    ///
    /// When it cannot be made, because then the test has failed.
    #[expect(clippy::panic, reason = "a panic is how a test fails")]
    pub async fn synchronous_standby(&self) -> TestStandby {
        match self.try_standby().await {
            Ok(standby) => standby,
            Err(error) => panic!("no standby: {error}"),
        }
    }

    async fn try_standby(&self) -> Result<TestStandby, SetupError> {
        let standby = self.cluster.standby(DRILL_TIMEOUT).await?;
        let mut connection = PgConnection::connect_with(&self.connect_options()).await?;
        let names = format!("alter system set synchronous_standby_names = '{STANDBY_NAME}'");
        for statement in [names.as_str(), "select pg_reload_conf()"] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
        }
        let follows = "select exists (select from pg_stat_replication where sync_state = 'sync')";
        while !sqlx::query_scalar::<_, bool>(follows)
            .fetch_one(&mut connection)
            .await?
        {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        connection.close().await?;
        Ok(TestStandby { standby })
    }

    /// Whether the server accepts connections.
    pub async fn is_up(&self) -> bool {
        PgConnection::connect_with(&self.connect_options())
            .await
            .is_ok()
    }

    /// Starts the server again and waits until it accepts connections.
    ///
    /// # Panics
    ///
    /// When it does not come up, because then the test has failed.
    #[expect(clippy::panic, reason = "a panic is how a test fails")]
    pub async fn start(&mut self) {
        if let Err(error) = self.cluster.restart_server(DRILL_TIMEOUT).await {
            panic!("the test cluster does not start: {error}");
        }
    }
}

/// A server that follows a [`TestCluster`]; ended when the value is dropped.
#[derive(Debug)]
pub struct TestStandby {
    standby: Standby,
}

impl TestStandby {
    /// How to connect to its copy of the database.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.standby.connect_options(DATABASE)
    }

    /// Stops it in good order: it receives nothing more, and the primary waits for it.
    ///
    /// # Panics
    ///
    /// When it does not stop, because then the test has failed.
    pub async fn stop(&mut self) {
        let stopped = self.standby.stop(DRILL_TIMEOUT).await;
        assert!(stopped, "the standby does not stop");
    }

    /// Starts it again; if the primary is there, it catches up.
    ///
    /// # Panics
    ///
    /// When it does not come up, because then the test has failed.
    #[expect(clippy::panic, reason = "a panic is how a test fails")]
    pub async fn start(&mut self) {
        if let Err(error) = self.standby.start(DRILL_TIMEOUT).await {
            panic!("the standby does not start: {error}");
        }
    }

    /// Makes it the primary.
    ///
    /// # Panics
    ///
    /// When it refuses, because then the test has failed.
    #[expect(clippy::panic, reason = "a panic is how a test fails")]
    pub async fn promote(&self) {
        if let Err(error) = self.standby.promote().await {
            panic!("the standby is not promoted: {error}");
        }
    }
}
