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

/// Starts within [`RESTARTS_WITHIN`]; more would mend nothing, and readiness says that it is down.
const RESTARTS_MAX: usize = 5;
const RESTARTS_WITHIN: Duration = Duration::from_mins(10);

/// The pause before a server that did not come up is started again.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

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

/// Starts the server again whenever it has ended, also while it was being started; never comes to an
/// end itself.
async fn keep_running(cluster: &mut LocalCluster) {
    let mut restarts = VecDeque::new();
    loop {
        cluster.ended().await;
        log_end();
        while let Err(error) = restart(cluster, &mut restarts).await {
            log_failure(&error);
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }
}

fn log_end() {
    tracing::error!("the local cluster has ended by itself, starting it again");
}

fn log_failure(error: &ClusterError) {
    tracing::error!(why = %Causes(error), "the local cluster did not start");
}

/// Starts the server, as soon as it has not been started too often lately.
async fn restart(
    cluster: &mut LocalCluster,
    restarts: &mut VecDeque<Instant>,
) -> Result<(), ClusterError> {
    if restarts.len() == RESTARTS_MAX
        && let Some(oldest) = restarts.pop_front()
    {
        tokio::time::sleep_until(oldest + RESTARTS_WITHIN).await;
    }
    restarts.push_back(Instant::now());
    cluster.restart_server(START_TIMEOUT).await
}
