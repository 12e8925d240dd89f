//! The rounds: a task that looks after all owners, every second.
//!
//! An owner whose reign is over is notified, for without anything to write it would not notice:
//! what it remembers is stale from the moment another process sells. One that nobody has used for
//! long is asked to leave, but only when the store has just answered: while the store is
//! unreachable an owner could not come back, and nobody could look at its seats any more.

use std::sync::{Arc, Weak};
use std::time::Duration;

use journal::Notice;

use crate::directory::Directory;
use crate::directory::owner_handle::OwnerHandle;
use crate::options::OwnerOptions;
use crate::owner::message::OwnerMessage;

/// No owner leaves sooner: the caller for whom it was started has to find it.
const STAY_MIN: Duration = Duration::from_millis(2);
/// Owners of one question to the store.
const ASKED_AT_ONCE: usize = 1_000;
/// Of those, owners asked to leave in one round.
const SENT_HOME_AT_ONCE: usize = 64;

/// Runs until the directory is gone.
pub(crate) async fn go(directory: Weak<Directory>, options: OwnerOptions) {
    let idle_after = options.passivate_after.max(STAY_MIN);
    let every = options.round_every.min(idle_after);
    loop {
        let Some(directory) = directory.upgrade() else {
            return;
        };
        let asked = directory.timekeeper.now();
        if let Ok(told) = directory.journal.time().await {
            directory.timekeeper.compare(asked, told);
        }
        for owners in directory.all().chunks(ASKED_AT_ONCE) {
            if !look_after(&directory, owners, idle_after).await {
                break;
            }
        }
        directory.tidy_up();
        drop(directory);
        tokio::time::sleep(every).await;
    }
}

/// Looks after these owners, in the order of their showtimes; `false` when the store is
/// unreachable.
async fn look_after(
    directory: &Directory,
    owners: &[Arc<OwnerHandle>],
    idle_after: Duration,
) -> bool {
    let showtimes: Vec<_> = owners.iter().map(|live| live.showtime).collect();
    let Ok(standing) = directory.journal.epochs(&showtimes).await else {
        // Their views stay visible: no other process can sell either.
        return false;
    };
    for live in owners {
        let found = standing.binary_search_by_key(&live.showtime, |(of, _)| *of);
        let reigns = found.is_ok_and(|at| standing[at].1 == live.epoch);
        if !reigns {
            live.notify(OwnerMessage::Journal(Notice::Fenced));
        }
    }
    let idle = owners.iter().filter(|live| live.is_unused(idle_after));
    // Each may write a snapshot; the others can leave a second later.
    for live in idle.take(SENT_HOME_AT_ONCE) {
        live.notify(OwnerMessage::PassivateIfIdle);
    }
    true
}
