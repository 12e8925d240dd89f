//! **The local cluster**: a private `PostgreSQL` server beside the program's data.
//!
//! Without `DATABASE_URL` the program finds `PostgreSQL`'s own binaries, creates a cluster under
//! `<data_dir>/postgres` that listens on a unix socket only, starts it, and stops it when it ends
//! itself, in whatever way. It must never leave a server behind, and never stop one that it
//! neither started nor inherited.
//!
//! Of the programs on one data folder the first owns the cluster; later ones use it as it is and
//! lose it when the owner ends. A server left running by an owner *and* a watcher that were both
//! killed is adopted; one that was started by hand is used and left alone.
//!
//! This crate must never look into a database, nor know what is in one: it makes empty ones, and
//! the memory (`persistence`) fills them. What is for drills alone, a standby and the server's
//! sudden end, is behind the feature `test-util`.
//!
//! # How to add to it
//!
//! Another place where packages put `PostgreSQL`'s binaries goes into `binaries.rs` and into
//! `script/bootstrap`; a setting of the server, with why, into `settings.rs`; another failure into
//! [`ClusterError`], with what the operator can do about it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use tokio::time::Instant;

use crate::account::Account;
use crate::folder::{Folder, POLL_INTERVAL};
use crate::postmaster::{Postmaster, Recipe, ServerAnswer};
use crate::watcher::Watcher;

pub use caretaker::Caretaker;
pub use error::ClusterError;

mod caretaker;
mod error;

mod account;
mod binaries;
mod child;
mod folder;
mod postmaster;
mod settings;
#[cfg(feature = "test-util")]
pub mod standby;
mod versions;
mod watcher;

/// Recovery after a crash replays up to `max_wal_size`, which takes minutes on a slow disk.
const START_TIMEOUT: Duration = Duration::from_mins(5);

/// The server removes its process id file, which the watcher waits for, shortly before it ends.
const WATCHER_GRACE: Duration = Duration::from_secs(2);

/// How often a server that is not our child is asked, and how often it may stay silent. One
/// that is alive after all is found to be when the next one is started.
const ASK_INTERVAL: Duration = Duration::from_secs(2);
const UNANSWERED_MAX: u32 = 3;

/// A fast stop writes one checkpoint.
const STOP_TIMEOUT: Duration = Duration::from_mins(1);

/// Where a cluster lives and how it is run.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The program's data folder; the cluster is in its subfolder `postgres`.
    pub data_dir: PathBuf,
    /// The folder of the server binaries (`PG_BIN`), instead of searching the usual places.
    pub pg_bin: Option<PathBuf>,
    /// Wait for the disk when committing. Off is only for clusters that are thrown away.
    pub fsync: bool,
    /// Remove the data folder, with everything in it, when the owner ends.
    pub disposable: bool,
    /// How many connections the server accepts.
    pub connections_max: u32,
    /// How long to wait for an earlier owner's server to stop and for ours to accept connections.
    pub start_timeout: Duration,
}

impl ClusterOptions {
    /// A durable cluster in `data_dir`, run by the binaries found in the usual places.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            pg_bin: None,
            fsync: true,
            disposable: false,
            connections_max: 100,
            start_timeout: START_TIMEOUT,
        }
    }
}

/// A running cluster, and the duty to stop it if we own it.
///
/// Dropping it stops an owned cluster too, without waiting for that.
#[derive(Debug)]
pub struct LocalCluster {
    folder: Folder,
    ownership: Option<Ownership>,
}

/// What the owner holds, in the order in which it is let go.
#[derive(Debug)]
struct Ownership {
    watcher: Watcher,
    /// `None` for a cluster adopted while it was running.
    postmaster: Option<Postmaster>,
    recipe: Recipe,
    lock: File,
}

impl LocalCluster {
    /// Starts the cluster in `data_dir`, or uses the one that is running there.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] says what is missing and what the operator can do about it.
    pub async fn start(data_dir: &Path) -> Result<Self, ClusterError> {
        Self::start_with(ClusterOptions::new(data_dir)).await
    }

    /// Starts the cluster `options` describe, or uses the one that is running there.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(options: ClusterOptions) -> Result<Self, ClusterError> {
        let deadline = Instant::now() + options.start_timeout;
        let account = Account::choose().await?;
        let folder = Folder::prepare(&options.data_dir, &account)?;
        let ownership = match own_or_find_ready(&folder, deadline).await? {
            Some(lock) => own(&options, account, &folder, lock, deadline).await?,
            None => None,
        };
        let (owned, path) = (ownership.is_some(), folder.root().display());
        tracing::info!(folder = %path, owned, "the local cluster is ready");
        Ok(Self { folder, ownership })
    }

    /// Whether there is a cluster in `data_dir`, running or not.
    pub fn exists(data_dir: &Path) -> bool {
        data_dir.join("postgres/data/PG_VERSION").is_file()
    }

    /// Whether this program will stop the cluster.
    pub fn is_owned(&self) -> bool {
        self.ownership.is_some()
    }

    /// How to connect to the database `name`, which is created if it is missing.
    ///
    /// # Errors
    ///
    /// [`ClusterError::DatabaseName`] for a name that needs quotes, [`ClusterError::Database`] when
    /// the server refuses.
    pub async fn database(&self, name: &str) -> Result<PgConnectOptions, ClusterError> {
        check_name(name)?;
        let mut connection = PgConnection::connect_with(&self.connect_options("postgres")).await?;
        let created = create_database(&mut connection, name).await;
        connection.close().await?;
        created?;
        Ok(self.connect_options(name))
    }

    /// How to connect to the database `name`, which may not exist.
    pub fn connect_options(&self, name: &str) -> PgConnectOptions {
        postmaster::connect_options(&self.folder, name)
    }

    /// The database `name` as a `DATABASE_URL` for another process.
    pub fn url(&self, name: &str) -> String {
        let user = postmaster::SUPERUSER;
        // The socket's path is plain by construction, so nothing in it needs escaping.
        let sockets = self.folder.sockets().display();
        format!("postgres://{user}@localhost/{name}?host={sockets}&sslmode=disable")
    }

    /// Stops the cluster if we own it, and waits until it has stopped.
    ///
    /// Connections still open are cut off, so the program closes its pools first.
    ///
    /// # Errors
    ///
    /// [`ClusterError::StopTimeout`] when it still runs after the longest stop.
    pub async fn stop(self) -> Result<(), ClusterError> {
        let Some(Ownership {
            watcher,
            postmaster,
            lock,
            ..
        }) = self.ownership
        else {
            return Ok(());
        };
        let mut stopped = watcher.finish().await;
        if let Some(mut postmaster) = postmaster {
            // Still running only if somebody killed the watcher.
            if !postmaster.wait(WATCHER_GRACE).await {
                postmaster.signal(Signal::INT);
            }
            stopped &= postmaster.wait(STOP_TIMEOUT).await;
        }
        drop(lock);
        if !stopped {
            return Err(ClusterError::StopTimeout {
                folder: self.folder.root().to_owned(),
            });
        }
        tracing::info!(folder = %self.folder.root().display(), "the local cluster has stopped");
        Ok(())
    }
}

impl LocalCluster {
    /// Waits until an owned server has ended by itself; never, when it is not ours.
    async fn ended(&mut self) {
        match self.ownership.as_mut().map(|it| it.postmaster.as_mut()) {
            Some(Some(postmaster)) => postmaster.ended().await,
            // Adopted: not our child, so the system does not report its end.
            Some(None) => self.silent().await,
            None => std::future::pending().await,
        }
    }

    /// Waits until the server has not answered several times in a row.
    async fn silent(&self) {
        let mut unanswered = 0;
        while unanswered < UNANSWERED_MAX {
            tokio::time::sleep(ASK_INTERVAL).await;
            match postmaster::ask(&self.folder).await {
                ServerAnswer::Nobody => unanswered += 1,
                ServerAnswer::Ours | ServerAnswer::Foreign => unanswered = 0,
            }
        }
    }

    /// Starts a server that was ended; the watcher is still the first one.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and when it does not answer within `limit`.
    pub async fn restart_server(&mut self, limit: Duration) -> Result<(), ClusterError> {
        if let Some(Ownership {
            postmaster, recipe, ..
        }) = self.ownership.as_mut()
        {
            *postmaster = recipe.start(Instant::now() + limit).await?;
        }
        Ok(())
    }
}

#[cfg(feature = "test-util")]
impl LocalCluster {
    /// Ends the server, not its watcher; false when it survives `limit` or is not ours.
    pub async fn end_server(&mut self, signal: Signal, limit: Duration) -> bool {
        let ownership = self.ownership.as_mut();
        let Some(postmaster) = ownership.and_then(|owned| owned.postmaster.as_mut()) else {
            return false;
        };
        postmaster.signal(signal);
        postmaster.wait(limit).await
    }
}

/// Becomes the owner, or returns `None` when the cluster of another owner is ready for use.
async fn own_or_find_ready(
    folder: &Folder,
    deadline: Instant,
) -> Result<Option<File>, ClusterError> {
    loop {
        if let Some(lock) = folder.try_own()? {
            return Ok(Some(lock));
        }
        if postmaster::ask(folder).await != ServerAnswer::Nobody {
            return Ok(None);
        }
        if Instant::now() >= deadline {
            return Err(ClusterError::HeldElsewhere {
                folder: folder.root().to_owned(),
            });
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Starts or adopts the cluster, or returns `None` when one that was started by hand is running.
async fn own(
    options: &ClusterOptions,
    account: Account,
    folder: &Folder,
    lock: File,
    deadline: Instant,
) -> Result<Option<Ownership>, ClusterError> {
    let children_lock = folder.await_children(deadline).await?;
    let running = postmaster::ask(folder).await;
    if running == ServerAnswer::Foreign {
        return Ok(None);
    }
    let recipe = Recipe::new(options, account, folder.clone()).await?;
    recipe.create(&children_lock).await?;
    let remove = removed_in_the_end(options, &recipe)?;
    // Before the server, so that there is no moment at which nobody would stop it.
    let watcher = Watcher::spawn(&recipe, children_lock, &remove)?;
    let postmaster = match running {
        ServerAnswer::Ours => None,
        ServerAnswer::Foreign | ServerAnswer::Nobody => recipe.start(deadline).await?,
    };
    Ok(Some(Ownership {
        watcher,
        postmaster,
        recipe,
        lock,
    }))
}

/// The folders the watcher removes: those of a disposable cluster, which are given to its account.
fn removed_in_the_end(
    options: &ClusterOptions,
    recipe: &Recipe,
) -> Result<Vec<PathBuf>, ClusterError> {
    let folder = &recipe.folder;
    let Some(data_dir) = folder.root().parent().filter(|_| options.disposable) else {
        return Ok(Vec::new());
    };
    recipe.account.give(data_dir)?;
    Ok(vec![data_dir.to_owned(), folder.sockets().to_owned()])
}

fn check_name(name: &str) -> Result<(), ClusterError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    // 63 bytes is where the server cuts names off.
    if name.is_empty() || name.len() > 63 || !name.chars().all(is_plain) {
        return Err(ClusterError::DatabaseName {
            name: name.to_owned(),
        });
    }
    Ok(())
}

async fn create_database(connection: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
    if exists {
        return Ok(());
    }
    let statement = AssertSqlSafe(format!(r#"create database "{name}""#));
    match sqlx::query(statement).execute(connection).await {
        // Another program may have been quicker.
        Err(sqlx::Error::Database(error)) if is_duplicate(error.code().as_deref()) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// `duplicate_database`, or the unique violation two creators at once run into.
fn is_duplicate(code: Option<&str>) -> bool {
    matches!(code, Some("42P04" | "23505"))
}
