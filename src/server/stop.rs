//! How a server ends: when it is asked to, and what it finishes before.

use std::time::Duration;

use local_cluster::Caretaker;
use persistence::journal::PgJournal;
use tokio::time::Instant;

/// Waits until somebody asks for the end; `false` when the journal comes to its own before.
pub(super) async fn until_asked(stop: impl Future<Output = ()>, journal: &PgJournal) -> bool {
    tokio::select! {
        () = stop => true,
        () = journal.failed() => {
            tracing::error!("a writer of the journal has died: the server stops, and only a new process can go on");
            false
        }
    }
}

/// What is left until then.
pub(super) fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Writes what the journal still has.
pub(super) async fn close_journal(journal: &PgJournal, within: Duration) -> bool {
    let closed = journal.close(within).await;
    if let Err(undrained) = &closed {
        tracing::error!(error = %undrained, "the journal was closed before all entries were written");
    }
    closed.is_ok()
}

/// Stops the private cluster, if there is one.
pub(super) async fn stop_cluster(cluster: Option<Caretaker>) {
    if let Some(cluster) = cluster
        && let Err(error) = cluster.stop().await
    {
        tracing::error!(%error, "the private PostgreSQL cluster did not stop");
    }
}
