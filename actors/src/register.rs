//! Which showtimes there are, and under which reigns: one query to the store at a time.
//!
//! Anybody can make up ids, and each has to be looked up before it is known to be made up. So the
//! callers that come while one query is in progress share the next: however many they are, they
//! cost the store one connection.

use std::sync::Arc;
use std::time::Duration;

use journal::Journal;
use seating::ids::{Epoch, ShowtimeId};
use tokio::sync::{mpsc, oneshot};

use crate::error::CallError;

/// Ids in one query.
const ASKED_AT_ONCE_MAX: usize = 512;
/// How many may wait for an answer; more are refused and come back.
const WAITING_MAX: usize = 8_192;
/// When to come back, whether the register was too busy or the store did not answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A handle to it.
#[derive(Debug)]
pub(crate) struct Register {
    asks: mpsc::Sender<Ask>,
}

/// A showtime, and where to send its reign.
type Ask = (
    ShowtimeId,
    oneshot::Sender<Result<Option<Epoch>, CallError>>,
);

impl Register {
    /// Opens it over a journal; it is closed by dropping the handle.
    pub(crate) fn open(journal: Arc<dyn Journal>) -> Self {
        let (asks, waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(answer(journal, waiting));
        Self { asks }
    }

    /// The reign that stands over a showtime; `None` when there is no such showtime.
    pub(crate) async fn epoch(&self, showtime: ShowtimeId) -> Result<Option<Epoch>, CallError> {
        let (reply_to, reply) = oneshot::channel();
        self.asks
            .try_send((showtime, reply_to))
            .map_err(|_too_many| CallError::Starting {
                retry_after: RETRY_AFTER,
            })?;
        // The register's task answers as long as the runtime lives.
        reply.await.unwrap_or(Err(CallError::ShuttingDown))
    }
}

async fn answer(journal: Arc<dyn Journal>, mut waiting: mpsc::Receiver<Ask>) {
    let mut asks: Vec<Ask> = Vec::new();
    while waiting.recv_many(&mut asks, ASKED_AT_ONCE_MAX).await > 0 {
        asks.retain(|(_, reply_to)| !reply_to.is_closed());
        let mut ids: Vec<ShowtimeId> = asks.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let standing = journal.epochs(&ids).await;
        for (id, reply_to) in asks.drain(..) {
            let answer = match &standing {
                Ok(known) => {
                    let found = known.binary_search_by_key(&id, |(of, _)| *of);
                    Ok(found.ok().map(|at| known[at].1))
                }
                Err(_) => Err(CallError::JournalUnavailable {
                    retry_after: RETRY_AFTER,
                }),
            };
            // The caller may have gone meanwhile.
            drop(reply_to.send(answer));
        }
    }
}
