//! Wakes showtimes whose holds nobody looks after: after a start, and every minute.
//!
//! Only an owner expires holds; until one does, the tables say that their places are taken, and
//! buyers who read that do not ask. So owners are started for showtimes with holds that were left
//! behind by a process that is gone, or by an owner of ours that could not be started again.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::StreamExt;
use journal::JournalError;
use journal::causes::Causes;
use metrics::counter;
use ractor::ActorCell;
use seating::ids::ShowtimeId;

use crate::directory::Directory;
use crate::error::CallError;
use crate::metrics::OWNERS_WOKEN;

/// Between two rounds.
const EVERY: Duration = Duration::from_mins(1);
/// Until the next round after one that failed.
const AGAIN: Duration = Duration::from_secs(2);
/// A process may seem gone for a moment, while it connects again; one that is gone stays gone.
const SECOND_LOOK: Duration = Duration::from_secs(2);
/// Showtimes of one question to the store.
const PAGE: usize = 1_000;
/// Showtimes woken in one round; the next round finds the others.
const ROUND_MAX: usize = 20_000;

/// Runs until the directory is gone or closed.
pub(crate) async fn go(directory: Weak<Directory>, supervisor: ActorCell) {
    let mut failures: u64 = 0;
    loop {
        let Some(open) = directory.upgrade().filter(|it| !it.is_closing()) else {
            return;
        };
        let pause = match round(&open, &supervisor).await {
            Ok(()) => {
                failures = 0;
                EVERY
            }
            Err(error) => {
                failures += 1;
                // An outage may be long, and it is one piece of news.
                if failures.is_power_of_two() {
                    let causes = Causes(&error);
                    tracing::warn!(
                        error = %causes,
                        failures,
                        "the journal cannot say which showtimes with holds have no owner"
                    );
                }
                AGAIN
            }
        };
        drop(open);
        tokio::time::sleep(pause).await;
    }
}

async fn round(directory: &Arc<Directory>, supervisor: &ActorCell) -> Result<(), JournalError> {
    let seemed = left_behind(directory).await?;
    if seemed.is_empty() {
        return Ok(());
    }
    tokio::time::sleep(SECOND_LOOK).await;
    let mut left = left_behind(directory).await?;
    left.retain(|showtime| seemed.contains(showtime));
    // Half of the turns at most: the others are for those who want to buy.
    let at_once = (directory.options.rehydrations_max / 2).max(1);
    let waking = left
        .into_iter()
        .map(|showtime| wake(directory, showtime, supervisor));
    let woken = futures::stream::iter(waking).buffer_unordered(at_once);
    let woken = woken.filter(|woken| std::future::ready(*woken)).count();
    let woken = woken.await;
    if woken > 0 {
        tracing::info!(woken, "showtimes with holds that had no owner were woken");
    }
    Ok(())
}

/// Showtimes with holds whose owner is not here and, as far as the store can tell, nowhere.
async fn left_behind(directory: &Directory) -> Result<BTreeSet<ShowtimeId>, JournalError> {
    let mut left = BTreeSet::new();
    let mut after = None;
    loop {
        let page = directory.journal.waking(after, PAGE).await?;
        after = page.last().copied();
        let missing = page.iter().filter(|it| !directory.has_in_hand(**it));
        left.extend(missing);
        if page.len() < PAGE || left.len() >= ROUND_MAX {
            return Ok(left);
        }
    }
}

async fn wake(directory: &Arc<Directory>, showtime: ShowtimeId, supervisor: &ActorCell) -> bool {
    if directory.is_closing() || directory.has_in_hand(showtime) {
        return false;
    }
    match directory.owner(showtime, supervisor.clone()).await {
        Ok(_) => {
            counter!(OWNERS_WOKEN).increment(1);
            true
        }
        // If there is no room the next round tries again; callers meanwhile are refused.
        Err(CallError::Deposed | CallError::ShuttingDown | CallError::TooManyShowtimes { .. }) => {
            false
        }
        Err(error) => {
            tracing::warn!(showtime.id = %showtime, %error, "the owner of a showtime with holds was not started");
            false
        }
    }
}
