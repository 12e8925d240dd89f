//! Who looks after the local cluster while the program runs.
//!
//! A server of the operating system's is restarted by its service manager; ours has nobody but us.
//! The kernel kills the largest process when memory runs out, and then the events wait until the
//! server is back.

use std::collections::VecDeque;
use std::time::Duration;

use seating::causes::Causes;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{ClusterError, LocalCluster, START_TIMEOUT};

/// A server that has ended more often than this within [`RESTARTS_WITHIN`] is not started again:
/// something is wrong that a restart does not mend, and readiness says so.
const RESTARTS_MAX: usize = 5;
const RESTARTS_WITHIN: Duration = Duration::from_mins(10);

/// A running cluster whose server is started again when it ends by itself.
#[derive(Debug)]
pub struct Caretaker {
    stop: oneshot::Sender<()>,
    care: JoinHandle<LocalCluster>,
}

impl Caretaker {
    /// Looks after the cluster from now on. Must be called inside a runtime.
    pub fn of(cluster: LocalCluster) -> Self {
        let (stop, stopping) = oneshot::channel();
        let care = tokio::spawn(care_for(cluster, stopping));
        Self { stop, care }
    }

    /// Stops looking after the cluster and stops it, if it is ours.
    pub async fn stop(self) -> Result<(), ClusterError> {
        drop(self.stop);
        match self.care.await {
            Ok(cluster) => cluster.stop().await,
            // It died with its cluster, which the watcher stops.
            Err(_died) => Ok(()),
        }
    }
}

async fn care_for(mut cluster: LocalCluster, stopping: oneshot::Receiver<()>) -> LocalCluster {
    tokio::select! {
        _stop = stopping => {}
        () = keep_running(&mut cluster) => {}
    }
    cluster
}

/// Starts the server again whenever it has ended; never comes to an end itself.
async fn keep_running(cluster: &mut LocalCluster) {
    let mut restarts = VecDeque::new();
    while restart(cluster, &mut restarts).await {}
    std::future::pending::<()>().await;
}

/// Waits for the server's end and starts it again; `false` when it has ended too often, or does not
/// start.
async fn restart(cluster: &mut LocalCluster, restarts: &mut VecDeque<Instant>) -> bool {
    cluster.ended().await;
    restarts.retain(|at| at.elapsed() < RESTARTS_WITHIN);
    if restarts.len() == RESTARTS_MAX {
        log_end("it keeps ending");
        return false;
    }
    restarts.push_back(Instant::now());
    log_restart();
    let restarted = cluster.restart_server(START_TIMEOUT).await;
    if let Err(error) = &restarted {
        log_end(&Causes(error).to_string());
    }
    restarted.is_ok()
}

fn log_restart() {
    tracing::error!("the local cluster has ended by itself, starting it again");
}

fn log_end(why: &str) {
    tracing::error!(why, "the local cluster is not started again");
}
