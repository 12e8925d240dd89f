//! Where drills are played: a PostgreSQL cluster of their own and servers on it.

use std::path::PathBuf;
use std::process::Stdio;

use loadtest::program::{Launch, sibling};
use serde_json::Value;
use test_database::TestCluster;
use tokio::process::Command;
use uuid::Uuid;

use crate::error::DrillError;
use crate::summary::Summary;

/// Short enough that an outage of seconds is answered, long enough that a slow disk is not one.
const CALL_TIMEOUT_MS: &str = "2000";

/// A database, and how servers on it are started.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The database's cluster.
    pub(crate) cluster: TestCluster,
    /// How a server is started.
    pub(crate) launch: Launch,
    program: PathBuf,
}

impl Stage {
    /// A cluster that commits at the pace of a production cluster.
    pub(crate) async fn build() -> Result<Self, DrillError> {
        Self::build_on(Box::pin(TestCluster::create_with(true)).await)
    }

    /// On a cluster that is up already.
    pub(crate) fn build_on(cluster: TestCluster) -> Result<Self, DrillError> {
        let program = sibling("fullhouse")?;
        let launch = launch(program.clone(), &cluster.url());
        Ok(Self {
            cluster,
            launch,
            program,
        })
    }

    /// Lets servers reach the database at another address from now on.
    pub(crate) fn reach_database_at(&mut self, database_url: &str) {
        self.launch = launch(self.program.clone(), database_url);
    }

    /// The showtime's events, as an operator reads them.
    pub(crate) async fn journal(&self, showtime: Uuid) -> Result<Vec<Value>, DrillError> {
        let showtime = showtime.to_string();
        let (succeeded, lines) = self.command(&["journal", "show", &showtime]).await?;
        if !succeeded {
            return Err(DrillError::Unexpected("journal show failed".to_owned()));
        }
        Ok(lines)
    }

    /// Notes what an operator is told who verifies everything.
    pub(crate) async fn judge(&self, summary: &mut Summary) -> Result<(), DrillError> {
        let (succeeded, mut lines) = self.command(&["journal", "verify"]).await?;
        let told = lines.pop().unwrap_or_default();
        summary.count("verified", told["showtimes"].as_u64().unwrap_or(0));
        summary.demand(succeeded && told["consistent"] == true, || {
            format!("journal verify says {told}")
        });
        Ok(())
    }

    async fn command(&self, arguments: &[&str]) -> Result<(bool, Vec<Value>), DrillError> {
        let output = Command::new(&self.program)
            .args(arguments)
            .env("DATABASE_URL", self.cluster.url())
            .env("FULLHOUSE_LOG", "error")
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .await?;
        let lines = output.stdout.split(|&byte| byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        let lines: Result<Vec<Value>, _> = lines.map(serde_json::from_slice).collect();
        Ok((output.status.success(), lines?))
    }
}

fn launch(program: PathBuf, database_url: &str) -> Launch {
    // What a server says about the faults that a drill makes is no news to the drill.
    let log = std::env::var("FULLHOUSE_LOG").unwrap_or_else(|_| "off".to_owned());
    Launch::new(program)
        .arg("serve")
        .env("DATABASE_URL", database_url)
        .env("FULLHOUSE_LOG", log)
        .env("FULLHOUSE_CALL_TIMEOUT_MS", CALL_TIMEOUT_MS)
}
