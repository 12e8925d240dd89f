//! The server process: creating its cluster, starting it, and judging whether it is ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{Connection, Row};
use tokio::time::Instant;

use super::ClusterOptions;
use super::account::Account;
use super::binaries::Binaries;
use super::child::{self, Reaped};
use super::error::ClusterError;
use super::folder::{Folder, POLL_INTERVAL, SOCKET_FILE};
use super::settings;

/// The cluster's superuser; the socket's folder is what keeps others out.
pub(super) const SUPERUSER: &str = "postgres";

/// The name of a server started by us, given on its command line and nowhere else, so that
/// one started by hand is recognised by the lack of it.
const CLUSTER_NAME: &str = "fullhouse";

/// One attempt at a connection; a socket answers at once or something is wrong.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause before a start that met the remains of an earlier server is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// What a server of this cluster is made from.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) folder: Folder,
    pub(super) account: Account,
    pub(super) binaries: Binaries,
    pub(super) fsync: bool,
    pub(super) connections_max: u32,
}

/// Who answers on the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerAnswer {
    /// A server started by this program, now or in an earlier life.
    Ours,
    /// A server started by hand.
    Foreign,
    /// Nobody who accepts connections.
    Nobody,
}

/// Asks the server on the socket of `folder` by a real connection and a real statement.
pub(super) async fn ask(folder: &Folder) -> ServerAnswer {
    let options = connect_options(folder, "postgres");
    let conversation = async {
        let mut connection = PgConnection::connect_with(&options).await?;
        let row = sqlx::query("select current_setting('cluster_name')")
            .fetch_one(&mut connection)
            .await?;
        let name: String = row.try_get(0)?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(name)
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, conversation).await {
        Ok(Ok(name)) if name == CLUSTER_NAME => ServerAnswer::Ours,
        Ok(Ok(_)) => ServerAnswer::Foreign,
        Ok(Err(_)) | Err(_) => ServerAnswer::Nobody,
    }
}

/// How to connect to `database` of the cluster in `folder`.
pub(super) fn connect_options(folder: &Folder, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .socket(folder.sockets())
        .port(5432)
        .username(SUPERUSER)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

impl Recipe {
    /// Finds the binaries for the cluster in `folder`.
    pub(super) async fn new(
        options: &ClusterOptions,
        account: Account,
        folder: Folder,
    ) -> Result<Self, ClusterError> {
        let binaries = Binaries::find(options.pg_bin.as_deref(), &folder.data_folder()).await?;
        let ClusterOptions {
            fsync,
            connections_max,
            ..
        } = *options;
        Ok(Self {
            folder,
            account,
            binaries,
            fsync,
            connections_max,
        })
    }

    /// Runs `initdb` unless the cluster exists.
    ///
    /// `children_lock` is handed to it as its input, which it never reads: should we be killed
    /// meanwhile, the next start waits for its end before it begins again.
    pub(super) async fn create(&self, children_lock: &fs::File) -> Result<(), ClusterError> {
        let finished = self.folder.data_folder();
        if finished.join("PG_VERSION").exists() {
            return Ok(());
        }
        tracing::info!(folder = %finished.display(), "the local cluster is created");
        // Created under another name and moved, so that a half-made cluster is never started.
        let draft = self.folder.root().join("data.new");
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(ClusterError::io("remove", &draft))?;
        }
        let lock = children_lock
            .try_clone()
            .map_err(ClusterError::io("share the lock in", self.folder.root()))?;
        let mut command = self.initdb(&draft);
        command.stdin(lock);
        let program = self.binaries.initdb();
        let output = child::output(command)
            .await
            .map_err(ClusterError::io("run", &program))?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            let output = String::from_utf8_lossy(&said).trim().to_owned();
            return Err(ClusterError::Creation {
                folder: draft,
                output,
            });
        }
        fs::rename(&draft, &finished).map_err(ClusterError::io("move", &draft))
    }

    fn initdb(&self, folder: &Path) -> Command {
        let mut command = self
            .account
            .command(self.binaries.initdb(), self.folder.root());
        command
            .args(["--auth-local=trust", "--auth-host=reject"])
            .args([
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
                "--no-instructions",
            ])
            // Every commit waits while a file of the log is made and filled with zeros: 130 to 170
            // ms for the usual 16 MB beside a busy disk, and less than half for these.
            .arg("--wal-segsize=4")
            .arg(format!("--username={SUPERUSER}"))
            .arg("--pgdata")
            .arg(folder);
        if !self.fsync {
            command.arg("--no-sync");
        }
        command
    }

    /// Starts the server and waits until it answers, or until `deadline`.
    ///
    /// A start that meets the remains of an earlier server, backends which have not noticed its
    /// death for example, is tried again. Returns `None` when an earlier server, left behind by a
    /// program and a watcher that were both killed, turns out to be running after all.
    pub(super) async fn start(
        &self,
        deadline: Instant,
    ) -> Result<Option<Postmaster>, ClusterError> {
        settings::write(
            &self.folder,
            &self.account,
            self.fsync,
            self.connections_max,
        )?;
        loop {
            let mut postmaster = self.spawn()?;
            match postmaster.ready(&self.folder, deadline).await {
                Ok(()) => return Ok(Some(postmaster)),
                Err(error) if meets_remains(&error) && Instant::now() < deadline => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
            if ask(&self.folder).await != ServerAnswer::Nobody {
                return Ok(None);
            }
        }
    }

    fn spawn(&self) -> Result<Postmaster, ClusterError> {
        self.remove_stale_lock_files();
        self.folder.rotate_log()?;
        let (log, log_offset) = self.folder.open_log(&self.account)?;
        let program = self.binaries.postgres();
        let failed = |error| ClusterError::io("start", &program)(error);
        let mut command = self.account.command(&program, self.folder.root());
        command
            .arg("-D")
            .arg(self.folder.data_folder())
            .arg("-c")
            .arg(format!("cluster_name={CLUSTER_NAME}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log);
        let child = command.spawn().map_err(failed)?;
        let process = Reaped::new(child, "postgres").map_err(failed)?;
        tracing::info!(pid = process.id(), "the local cluster is started");
        Ok(Postmaster {
            process,
            log_offset,
        })
    }

    /// Removes the lock files of a dead server whose process id now belongs to something else.
    ///
    /// `PostgreSQL` takes any living process with that id for a server, and after a restart of a
    /// container the low ids are all taken again. The cluster stays guarded by its shared memory
    /// segment, which a server checks whatever the lock files say.
    fn remove_stale_lock_files(&self) {
        let socket_lock = self.folder.sockets().join(format!("{SOCKET_FILE}.lock"));
        for path in [
            self.folder.data_folder().join("postmaster.pid"),
            socket_lock,
        ] {
            let Some(pid) = first_line_pid(&path) else {
                continue;
            };
            if test_kill_process(pid).is_ok() && may_be_postgres(pid) == Some(false) {
                let removed = fs::remove_file(&path);
                tracing::warn!(path = %path.display(), ?removed, "a stale lock file is removed");
            }
        }
    }
}

/// A server we are the parent of.
#[derive(Debug)]
pub(super) struct Postmaster {
    process: Reaped,
    /// Where its part of the log begins.
    log_offset: u64,
}

impl Postmaster {
    /// Waits until the server answers, ends, or `deadline` passes.
    async fn ready(&mut self, folder: &Folder, deadline: Instant) -> Result<(), ClusterError> {
        loop {
            // Whoever answers, it is our child only if that is alive afterwards.
            let answer = ask(folder).await;
            if let Some(end) = self.process.how_it_ended() {
                return Err(self.failure(format!("it ended with {end}"), folder));
            }
            if answer != ServerAnswer::Nobody {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.failure("it accepts no connections".to_owned(), folder));
            }
            self.process.wait(POLL_INTERVAL).await;
        }
    }

    fn failure(&self, reason: String, folder: &Folder) -> ClusterError {
        let log_tail = folder.log_tail(self.log_offset);
        ClusterError::Startup {
            reason,
            log: folder.log(),
            log_tail,
        }
    }

    /// Sends `signal`, unless the server has ended.
    pub(super) fn signal(&self, signal: Signal) {
        if self.process.how_it_ended().is_some() {
            return;
        }
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, signal)) {
            tracing::warn!(%error, ?signal, "the local cluster could not be signalled");
        }
    }

    /// Waits for the end of the process.
    pub(super) async fn ended(&mut self) {
        self.process.ended().await;
    }

    /// Waits for the end of the process, for at most `limit`; false when it still runs then.
    pub(super) async fn wait(&mut self, limit: Duration) -> bool {
        self.process.wait(limit).await
    }
}

/// Whether a start failed only because an earlier server is not quite gone.
fn meets_remains(error: &ClusterError) -> bool {
    let ClusterError::Startup { log_tail, .. } = error else {
        return false;
    };
    let lock_file = log_tail.contains("lock file") && log_tail.contains("already exists");
    lock_file || log_tail.contains("shared memory block")
}

fn first_line_pid(path: &PathBuf) -> Option<Pid> {
    let text = fs::read_to_string(path).ok()?;
    // The file may hold the negated id of a single-user server.
    let raw: i32 = text.lines().next()?.trim().parse().ok()?;
    Pid::from_raw(raw.checked_abs()?)
}

/// Whether the living process `pid` may be a server; `None` when that cannot be known.
fn may_be_postgres(pid: Pid) -> Option<bool> {
    let pid = pid.as_raw_nonzero().to_string();
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).ok().or_else(|| {
        // Systems without /proc.
        let ps = Command::new("ps")
            .args(["-o", "command=", "-p", &pid])
            .output()
            .ok()?;
        ps.status.success().then_some(ps.stdout)
    })?;
    Some(String::from_utf8_lossy(&command_line).contains("postgres"))
}
