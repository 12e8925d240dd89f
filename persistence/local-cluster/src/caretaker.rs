//! Who looks after the local cluster while the program runs.
//!
//! A server of the operating system's is restarted by its service manager; ours has nobody but us.
//! The kernel kills the largest process when memory runs out, and then the entries wait until the
//! server is back.

use std::collections::VecDeque;
use std::time::Duration;

use journal::causes::Causes;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{ClusterError, LocalCluster, START_TIMEOUT};

/// The pause before the second of the starts that fell into [`COUNTED_WITHIN`]; it doubles with
/// each.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_mins(1);
const COUNTED_WITHIN: Duration = Duration::from_mins(10);

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
    ///
    /// # Errors
    ///
    /// As [`LocalCluster::stop`].
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

/// Starts the server again whenever it has ended, also while it was being started; never comes to
/// an end itself. The more often that was necessary lately, the longer it waits before.
async fn keep_running(cluster: &mut LocalCluster) {
    let mut starts = VecDeque::new();
    loop {
        cluster.ended().await;
        while let Err(error) = restart(cluster, &mut starts).await {
            log_failure(&error);
        }
    }
}

async fn restart(
    cluster: &mut LocalCluster,
    starts: &mut VecDeque<Instant>,
) -> Result<(), ClusterError> {
    starts.retain(|at| at.elapsed() < COUNTED_WITHIN);
    let pause = pause_after(starts.len());
    log_end(pause);
    tokio::time::sleep(pause).await;
    starts.push_back(Instant::now());
    cluster.restart_server(START_TIMEOUT).await
}

/// How long to wait after so many starts.
fn pause_after(starts: usize) -> Duration {
    let doubled = starts.checked_sub(1).map(|times| times.min(16));
    let factor = doubled.map_or(0, |times| 1 << times);
    (PAUSE_MIN * factor).min(PAUSE_MAX)
}

fn log_end(pause: Duration) {
    let pause_ms = pause.as_millis();
    tracing::error!(pause_ms, "the local cluster is down and is started again");
}

fn log_failure(error: &ClusterError) {
    tracing::error!(why = %Causes(error), "the local cluster did not start");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_waits_for_nothing_and_none_for_longer_than_a_minute() {
        assert_eq!(pause_after(0), Duration::ZERO);
        assert_eq!(pause_after(1), PAUSE_MIN);
        assert_eq!(pause_after(3), 4 * PAUSE_MIN);
        assert_eq!(pause_after(1_000), PAUSE_MAX);
    }
}
