//! A standby of a cluster, for drills of failovers.

use std::time::Duration;

use rustix::process::Signal;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::Instant;

use super::folder::Folder;
use super::postmaster::{self, Postmaster, Recipe};
use super::{ClusterError, LocalCluster, child};

/// What the primary knows it by, in `synchronous_standby_names`.
pub const STANDBY_NAME: &str = "standby";

/// A server that follows the owned one, in the same data folder.
#[derive(Debug)]
pub struct Standby {
    recipe: Recipe,
    server: Option<Postmaster>,
}

impl LocalCluster {
    /// Copies an owned cluster and starts the copy as its standby.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] when the copy cannot be made, or does not answer within `limit`.
    pub async fn standby(&self, limit: Duration) -> Result<Standby, ClusterError> {
        let ownership = self.ownership.as_ref();
        let Some(primary) = ownership.map(|owned| &owned.recipe) else {
            let folder = self.folder.root().to_owned();
            return Err(ClusterError::HeldElsewhere { folder });
        };
        let beside = self.folder.root().with_file_name(STANDBY_NAME);
        let folder = Folder::prepare(&beside, &primary.account)?;
        let recipe = Recipe {
            folder,
            account: primary.account,
            binaries: primary.binaries.clone(),
            fsync: primary.fsync,
            connections_max: primary.connections_max,
        };
        recipe.copy(primary).await?;
        let mut standby = Standby {
            recipe,
            server: None,
        };
        standby.start(limit).await?;
        Ok(standby)
    }
}

impl Recipe {
    async fn copy(&self, primary: &Self) -> Result<(), ClusterError> {
        let program = self.binaries.pg_basebackup();
        let sockets = primary.folder.sockets().display();
        let user = postmaster::SUPERUSER;
        let mut command = self.account.command(&program, self.folder.root());
        command
            .args(["--write-recovery-conf", "--wal-method=stream"])
            .args(["--checkpoint=fast", "--no-sync", "--dbname"])
            .arg(format!(
                "host={sockets} port=5432 user={user} application_name={STANDBY_NAME}"
            ))
            .arg("--pgdata")
            .arg(self.folder.data_folder());
        let output = child::output(command).await;
        let output = output.map_err(ClusterError::io("run", &program))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(ClusterError::Creation {
            folder: self.folder.data_folder(),
            output: String::from_utf8_lossy(&said).trim().to_owned(),
        })
    }
}

impl Standby {
    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Startup`] when it does not answer within `limit`.
    pub async fn start(&mut self, limit: Duration) -> Result<(), ClusterError> {
        self.server = self.recipe.start(Instant::now() + limit).await?;
        Ok(())
    }

    /// Stops it in good order; false when it survives `limit`.
    pub async fn stop(&mut self, limit: Duration) -> bool {
        let Some(server) = self.server.as_mut() else {
            return true;
        };
        server.signal(Signal::INT);
        server.wait(limit).await
    }

    /// Makes it a primary of its own.
    ///
    /// # Errors
    ///
    /// When the standby cannot be reached or refuses.
    pub async fn promote(&self) -> Result<(), sqlx::Error> {
        let options = self.connect_options("postgres");
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::query("select pg_promote()")
            .execute(&mut connection)
            .await?;
        connection.close().await
    }

    /// How to connect to its copy of a database.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        postmaster::connect_options(&self.recipe.folder, database)
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.signal(Signal::QUIT);
        }
    }
}
