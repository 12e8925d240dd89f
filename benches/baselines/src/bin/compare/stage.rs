//! What every subject plays on: one PostgreSQL cluster, one Redis, a database and houses for each.

use std::collections::BTreeMap;
use std::process::Output;

use baselines::design::Design;
use baselines::locks::local_redis::{LocalRedis, RedisStartError};
use baselines::transactions::Transactions;
use loadtest::house::{House, HouseError};
use loadtest::program::{Launch, Program, ProgramError, ending_with_us, sibling};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use test_database::TestCluster;
use tokio::process::Command;
use uuid::Uuid;

use crate::cell::Cell;
use crate::cpu;
use crate::subject::Subject;

#[derive(Debug)]
pub(crate) struct Stage {
    cluster: TestCluster,
    redis: LocalRedis,
    /// Unknown where there is no `/proc`.
    postmaster: Option<i32>,
    houses: BTreeMap<(Subject, House), Uuid>,
}

/// The comparison itself failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StageError {
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("SQL: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Redis(#[from] RedisStartError),
    #[error("no house: {0}")]
    House(#[from] HouseError),
    #[error("the generator: {0}")]
    Generator(String),
    #[error("the check of {subject}: {problem}")]
    Check { subject: String, problem: String },
}

impl Stage {
    pub(crate) async fn build() -> Result<Self, StageError> {
        let cluster = TestCluster::create_with(true).await;
        let redis = LocalRedis::start().await?;
        let mut connection = cluster.connect_options().connect().await?;
        for design in Design::ALL {
            let database = Subject::Baseline(design, Transactions::Application).database();
            let statement = format!(r#"create database "{database}" template "fullhouse""#);
            // A database that somebody is connected to cannot be copied: this asks from another.
            let options = cluster.connect_options().database("postgres");
            let mut maintenance = options.connect().await?;
            connection.close().await?;
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut maintenance)
                .await?;
            connection = maintenance;
        }
        let (backend,): (i32,) = sqlx::query_as("select pg_backend_pid()")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(Self {
            cluster,
            redis,
            postmaster: cpu::parent(backend),
            houses: BTreeMap::new(),
        })
    }

    /// Starts the subject's server.
    pub(crate) async fn serve(&self, subject: Subject) -> Result<Program, StageError> {
        let name = subject.database();
        let url = self
            .cluster
            .url()
            .replace("/fullhouse?", &format!("/{name}?"));
        let launch = match subject {
            Subject::Fullhouse => Launch::new(sibling("fullhouse")?).arg("serve"),
            Subject::FullhouseMemory => {
                let launch = Launch::new(sibling("fullhouse")?).arg("serve");
                launch.env("FULLHOUSE_HOLD_ACK", "memory")
            }
            Subject::ParseOnly => {
                let launch = Launch::new(sibling("fullhouse")?).arg("serve");
                launch.arg("--bench-routes")
            }
            Subject::Baseline(design, transactions) => {
                let launch = baseline(design, transactions)?;
                launch.arg("--redis-url").arg(self.redis.url())
            }
            Subject::FirstFree(design) => {
                let launch = baseline(design, Transactions::Application)?;
                launch.arg("--picks=first")
            }
        };
        let launch = launch
            .env("DATABASE_URL", url)
            .env("FULLHOUSE_LOG", "error");
        Ok(launch.start().await?)
    }

    /// The showtime to sell. Checkouts sell for good, and Fullhouse is audited by its journal, so
    /// both get a new one each time.
    pub(crate) async fn showtime(
        &mut self,
        subject: Subject,
        cell: Cell,
        server: &Program,
    ) -> Result<Uuid, StageError> {
        let house = cell.workload.house();
        let lasting = matches!(subject, Subject::Baseline(..) | Subject::FirstFree(_))
            && cell.workload != loadtest::workload::Workload::Checkout;
        if !lasting {
            return Ok(house.open(server.http()).await?);
        }
        if let Some(showtime) = self.houses.get(&(subject, house)) {
            return Ok(*showtime);
        }
        let showtime = house.open(server.http()).await?;
        self.houses.insert((subject, house), showtime);
        Ok(showtime)
    }

    /// Lets one buyer in before the others, so that no design is charged for 256 of them asking it
    /// for the same house at once: how a cold server starts is not what is compared.
    pub(crate) async fn warm_up(&self, server: &Program, showtime: Uuid) -> Result<(), StageError> {
        let arguments = [
            format!("--server={}", server.http()),
            format!("--showtime={showtime}"),
            "--connections=1".to_owned(),
            "--warmup-seconds=0".to_owned(),
            "--seconds=0.02".to_owned(),
        ];
        self.generate(&arguments).await?;
        Ok(())
    }

    /// Runs the generator to its end.
    pub(crate) async fn generate(&self, arguments: &[String]) -> Result<Output, StageError> {
        let output = ending_with_us(sibling("generator")?)
            .args(arguments)
            .kill_on_drop(true)
            .output()
            .await?;
        if output.status.success() {
            return Ok(output);
        }
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(StageError::Generator(complaint))
    }

    /// Leaves every database as tidy as it was, so that nobody pays for a predecessor's leftovers.
    pub(crate) async fn tidy(&self, subject: Subject) -> Result<(), StageError> {
        let mut connection = self.connect(subject).await?;
        // On a busy disk this takes as long as it takes; the server's limit is not for it.
        for statement in ["set statement_timeout = 0", "vacuum analyze", "checkpoint"] {
            sqlx::query(statement).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    /// The subject's database as a `DATABASE_URL`.
    pub(crate) fn url(&self, subject: Subject) -> String {
        let name = format!("/{}?", subject.database());
        self.cluster.url().replace("/fullhouse?", &name)
    }

    /// A connection to the subject's database.
    pub(crate) async fn connect(&self, subject: Subject) -> Result<PgConnection, StageError> {
        let options: PgConnectOptions = self.cluster.connect_options();
        Ok(options.database(&subject.database()).connect().await?)
    }

    /// Processor seconds of PostgreSQL and Redis so far.
    pub(crate) fn store_cpu(&self) -> Option<f64> {
        let redis = self.redis.pid().and_then(cpu::of_family);
        Some(cpu::of_family(self.postmaster?)? + redis?)
    }

    /// Versions of what is measured.
    pub(crate) async fn versions(&self) -> Result<Vec<String>, StageError> {
        let mut connection = self.connect(Subject::Fullhouse).await?;
        let (postgres,): (String,) = sqlx::query_as("select split_part(version(), ' on ', 1)")
            .fetch_one(&mut connection)
            .await?;
        let (settings,): (String,) = sqlx::query_as(
            "select string_agg(name || ' = ' || current_setting(name), ', ' order by name)
             from pg_settings where name in
                 ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers')",
        )
        .fetch_one(&mut connection)
        .await?;
        let redis = Command::new("redis-server")
            .arg("--version")
            .output()
            .await?;
        let redis = String::from_utf8_lossy(&redis.stdout).into_owned();
        let redis = redis
            .split_whitespace()
            .find_map(|word| word.strip_prefix("v="));
        let redis = format!("Redis {}", redis.unwrap_or("of unknown version"));
        Ok(vec![format!("{postgres} ({settings})"), redis])
    }

    /// Ends everything.
    pub(crate) async fn strike(mut self) {
        self.cluster.stop().await;
    }
}

fn baseline(design: Design, transactions: Transactions) -> std::io::Result<Launch> {
    let launch = Launch::new(sibling("baseline")?);
    Ok(launch
        .arg(format!("--design={design}"))
        .arg(format!("--transactions={transactions}")))
}
