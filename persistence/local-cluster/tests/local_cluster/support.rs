//! A folder for one cluster, and who runs in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use local_cluster::{ClusterOptions, LocalCluster};
use rustix::process::Pid;
use sqlx::postgres::PgConnectOptions;
use testkit::waiting::eventually_ok;

/// A folder that is removed in the end, together with whatever still runs in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let name = format!("fullhouse-cluster-{}", uuid::Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "scratch folder not removed");
        }
    }
}

pub(crate) fn options(folder: &Path) -> ClusterOptions {
    ClusterOptions {
        fsync: false,
        pg_bin: std::env::var_os("PG_BIN").map(PathBuf::from),
        start_timeout: Duration::from_mins(1),
        ..ClusterOptions::new(folder)
    }
}

pub(crate) async fn start(folder: &Path) -> LocalCluster {
    LocalCluster::start_with(options(folder)).await.unwrap()
}

pub(crate) fn connect_options_of(folder: &Path) -> PgConnectOptions {
    let sockets = folder.canonicalize().unwrap().join("postgres/run");
    let url = format!(
        "postgres://postgres@localhost/fullhouse?host={}",
        sockets.display()
    );
    url.parse().unwrap()
}

pub(crate) fn server_pid(folder: &Path) -> Pid {
    written_pid(folder).unwrap()
}

fn written_pid(folder: &Path) -> Option<Pid> {
    let lock_file = fs::read_to_string(folder.join("postgres/data/postmaster.pid")).ok()?;
    Pid::from_raw(lock_file.lines().next()?.parse().ok()?)
}

/// Waits for a server after this one, which need not accept connections yet.
pub(crate) async fn next_server_pid(folder: &Path, before: Pid) -> Pid {
    eventually_ok("another server", async || match written_pid(folder) {
        Some(pid) if pid != before => Ok(pid),
        found => Err(found),
    })
    .await
}

/// Every process with its command line: from `/proc`, or from `ps` where there is none.
pub(crate) fn processes() -> Vec<(Pid, String)> {
    let parse = |pid: &str| Pid::from_raw(pid.trim().parse().ok()?);
    if let Ok(entries) = fs::read_dir("/proc") {
        let processes = entries.flatten().filter_map(|entry| {
            let pid = parse(entry.file_name().to_str()?)?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            Some((pid, String::from_utf8_lossy(&line).into_owned()))
        });
        return processes.collect();
    }
    let listing = Command::new("ps")
        .args(["-A", "-ww", "-o", "pid=,args="])
        .output()
        .unwrap();
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let processes = listing.lines().filter_map(|line| {
        let (pid, line) = line.trim().split_once(' ')?;
        Some((parse(pid)?, line.to_owned()))
    });
    processes.collect()
}
