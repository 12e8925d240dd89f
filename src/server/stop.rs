//! How a server ends: when it is asked to, and what it finishes before.

use std::time::Duration;

use actors::box_office::BoxOffice;
use local_cluster::Caretaker;
use persistence::journal::PgJournal;
use tokio::task::JoinHandle;
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

/// Has the owners leave, and waits for a mail that is being sent, lest it be sent again.
pub(super) async fn leave(office: &BoxOffice, mail: JoinHandle<()>, deadline: Instant) -> bool {
    let sent = tokio::time::timeout_at(deadline, mail);
    let (left, _sent) = tokio::join!(office.stop(until(deadline)), sent);
    left
}

/// Writes what the journal still has.
pub(super) async fn close_journal(journal: &PgJournal, within: Duration) -> bool {
    let closed = journal.close(within).await;
    if let Err(undrained) = &closed {
        tracing::error!(error = %undrained, "the journal was closed before all entries were written");
    }
    closed.is_ok()
}

/// Has the private cluster stopped, if there is one. Its watcher, a process of its own, sees that
/// through when we have no more time to wait for it.
pub(super) async fn stop_cluster(cluster: Option<Caretaker>, within: Duration) {
    let Some(cluster) = cluster else {
        return;
    };
    let late = "it is still stopping, and the server does not wait for it".to_owned();
    let stopped = match tokio::time::timeout(within, cluster.stop()).await {
        Ok(stopped) => stopped.map_err(|error| error.to_string()),
        Err(_elapsed) => Err(late),
    };
    if let Err(why) = stopped {
        tracing::error!(why, "the private PostgreSQL cluster did not stop");
    }
}
