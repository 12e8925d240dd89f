//! Views of showtimes that have no owner here, for those who only look.
//!
//! An onlooker follows a showtime's journal and claims nothing: looking takes no showtime from
//! another process and makes nobody an owner. It is rebuilt when somebody first looks, catches up
//! at most twice a second, serves a crowd with one view, and is let go when others are wanted
//! more. What it knows is what is durable, so its views never go back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use journal::{Journal, JournalError};
use metrics::gauge;
use seating::entry::Entry;
use seating::ids::{Epoch, ShowtimeId};
use seating::seat_map::SeatMap;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, watch};
use tokio::time::{Instant, timeout};

use crate::error::CallError;
use crate::heavy::heavy;
use crate::metrics::{COLD_STARTS_WAITING, Counted, ONLOOKERS};
use crate::register::Register;
use crate::rehydration::{PAGE_ENTRIES, damaged, rebuild};
use crate::view::View;

/// Onlookers kept.
const KEPT_MAX: usize = 256;
/// Seats of all onlookers, at some 60 bytes each.
const SEATS_MAX: usize = 500_000;
/// Rebuilt at the same time: a reader of one cold showtime after the other keeps one core busy and
/// no more.
const REBUILT_AT_ONCE: usize = 1;
/// How long a view serves before its onlooker looks at the journal again.
const FRESH: Duration = Duration::from_millis(500);
/// How long a reader waits for a newer view than the one there is: longer than the store takes,
/// and so short that nobody notices that it is unreachable.
const NEWER_WITHIN: Duration = Duration::from_millis(250);
/// A view at which nobody has looked for longer than this is worth waiting for a newer one.
const OLD: Duration = Duration::from_secs(15);
/// When to come back if there is no turn to be had.
const RETRY_AFTER: Duration = Duration::from_secs(1);

const STARTING: CallError = CallError::Starting {
    retry_after: RETRY_AFTER,
};

/// All onlookers.
#[derive(Debug)]
pub(crate) struct Onlookers {
    journal: Arc<dyn Journal>,
    register: Arc<Register>,
    kept: DashMap<ShowtimeId, Arc<Onlooker>>,
    /// Turns to be rebuilt. Owners have turns of their own, so that buyers never wait behind
    /// readers.
    turns: Semaphore,
    begun: Instant,
}

/// One showtime's onlooker. A reader that finds its view too old reads the journal under the lock;
/// those that come meanwhile share the result.
#[derive(Debug, Default)]
struct Onlooker {
    known: Arc<Mutex<Option<KnownState>>>,
    /// The last view, with when the journal was read for it; readable while somebody reads again.
    shown: watch::Sender<Option<(Arc<View>, Instant)>>,
    used_micros: AtomicU64,
    seats: AtomicUsize,
}

/// What an onlooker knows.
#[derive(Debug)]
struct KnownState {
    map: SeatMap,
    epoch: Epoch,
    view: Arc<View>,
}

impl Onlooker {
    fn shown(&self) -> Option<(Arc<View>, Instant)> {
        self.shown.borrow().clone()
    }

    fn fresh(&self) -> Option<Arc<View>> {
        let shown = self.shown();
        let fresh = shown.filter(|(_, looked_at)| looked_at.elapsed() < FRESH);
        fresh.map(|(view, _)| view)
    }

    fn show(&self, view: &Arc<View>, looked_at: Instant) {
        self.shown.send_replace(Some((Arc::clone(view), looked_at)));
    }
}

impl Onlookers {
    pub(crate) fn new(journal: Arc<dyn Journal>, register: Arc<Register>) -> Self {
        Self {
            journal,
            register,
            kept: DashMap::new(),
            turns: Semaphore::new(REBUILT_AT_ONCE),
            begun: Instant::now(),
        }
    }

    /// The view of a showtime, at most [`FRESH`] old while the store answers. During an outage
    /// it is the last one that was seen.
    pub(crate) async fn view(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        within: Duration,
    ) -> Result<Arc<View>, CallError> {
        let onlooker = timeout(within, self.onlooker(showtime)).await;
        let onlooker = onlooker.unwrap_or(Err(STARTING))?;
        let shown = onlooker.shown();
        let age = shown.as_ref().map(|(_, looked_at)| looked_at.elapsed());
        let within = match age {
            Some(age) if age < OLD => within.min(NEWER_WITHIN),
            Some(_) | None => within,
        };
        let looked = timeout(within, self.newer(showtime, onlooker)).await;
        match (looked, shown) {
            // Nothing is sold while the store is unreachable, and what was seen is still so.
            (Err(_) | Ok(Err(CallError::JournalUnavailable { .. })), Some((last, _))) => Ok(last),
            (Ok(looked), _) => looked,
            (Err(_elapsed), None) => Err(STARTING),
        }
    }

    /// An answer from the durable state of a showtime, which may be as old as a view.
    pub(crate) async fn ask<T>(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        within: Duration,
        question: impl FnOnce(&SeatMap) -> T,
    ) -> Result<T, CallError> {
        let asking = async {
            self.view(showtime, within).await?;
            let onlooker = self.known(showtime).ok_or(STARTING)?;
            let known = onlooker.known.lock().await;
            let known = known.as_ref().ok_or(STARTING)?;
            Ok(question(&known.map))
        };
        timeout(within, asking).await.unwrap_or(Err(STARTING))
    }

    /// Reads the journal again, unless somebody else has meanwhile.
    async fn newer(
        self: &Arc<Self>,
        showtime: ShowtimeId,
        onlooker: Arc<Onlooker>,
    ) -> Result<Arc<View>, CallError> {
        if let Some(fresh) = onlooker.fresh() {
            return Ok(fresh);
        }
        let known = Arc::clone(&onlooker.known).lock_owned().await;
        // All who came meanwhile share what was seen.
        if let Some(fresh) = onlooker.fresh() {
            return Ok(fresh);
        }
        let all = Arc::clone(self);
        // A task of its own: a reader that goes away must not waste what was begun.
        let looked = tokio::spawn(async move {
            let (view, looked_at) = all.look(showtime, &onlooker, known).await?;
            onlooker.show(&view, looked_at);
            drop(onlooker);
            all.keep_within_bounds();
            Ok(view)
        });
        looked.await.unwrap_or(Err(CallError::OwnerRestarted))
    }

    /// Drops a showtime's onlooker: its owner knows more from now on.
    pub(crate) fn forget(&self, showtime: ShowtimeId) {
        self.kept.remove(&showtime);
        self.count();
    }

    async fn onlooker(&self, showtime: ShowtimeId) -> Result<Arc<Onlooker>, CallError> {
        if let Some(onlooker) = self.known(showtime) {
            return Ok(onlooker);
        }
        // A made-up id must not take a place.
        if self.register.epoch(showtime).await?.is_none() {
            return Err(CallError::UnknownShowtime);
        }
        self.make_room()?;
        let onlooker = Arc::clone(&self.kept.entry(showtime).or_default());
        self.touch(&onlooker);
        self.count();
        Ok(onlooker)
    }

    fn known(&self, showtime: ShowtimeId) -> Option<Arc<Onlooker>> {
        let onlooker = Arc::clone(&*self.kept.get(&showtime)?);
        self.touch(&onlooker);
        Some(onlooker)
    }

    fn touch(&self, onlooker: &Onlooker) {
        let now = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        onlooker.used_micros.store(now, Ordering::Relaxed);
    }

    /// Room for one more, for whom the least recently used leave, a quarter at a time.
    fn make_room(&self) -> Result<(), CallError> {
        if self.kept.len() >= KEPT_MAX || self.seats_kept() >= SEATS_MAX {
            self.let_go(KEPT_MAX * 3 / 4, SEATS_MAX * 3 / 4);
        }
        if self.kept.len() < KEPT_MAX && self.seats_kept() < SEATS_MAX {
            return Ok(());
        }
        Err(STARTING)
    }

    /// How many seats an onlooker has is known once it is rebuilt: several may come at once.
    fn keep_within_bounds(&self) {
        if self.seats_kept() > SEATS_MAX {
            self.let_go(KEPT_MAX, SEATS_MAX * 3 / 4);
        }
    }

    fn seats_kept(&self) -> usize {
        let seats = |kept: &Onlooker| kept.seats.load(Ordering::Relaxed);
        self.kept.iter().map(|kept| seats(&kept)).sum()
    }

    /// Drops the least recently used ones that nobody reads now, until so many are left.
    fn let_go(&self, kept_max: usize, seats_max: usize) {
        let mut seats_kept = self.seats_kept();
        let unused = self.kept.iter();
        let unused = unused.filter(|kept| Arc::strong_count(kept.value()) == 1);
        let mut unused: Vec<_> = unused
            .map(|kept| (kept.used_micros.load(Ordering::Relaxed), *kept.key()))
            .collect();
        unused.sort_unstable();
        for (_, showtime) in unused {
            if self.kept.len() <= kept_max && seats_kept <= seats_max {
                break;
            }
            let gone = self
                .kept
                .remove_if(&showtime, |_, kept| Arc::strong_count(kept) == 1);
            let gone = gone.map_or(0, |(_, gone)| gone.seats.load(Ordering::Relaxed));
            seats_kept = seats_kept.saturating_sub(gone);
        }
    }

    /// Reads what has become durable since, or everything if the reign has changed: a store that
    /// has failed over may have another history under the same numbers. Returns as of when.
    async fn look(
        &self,
        showtime: ShowtimeId,
        onlooker: &Onlooker,
        mut known: OwnedMutexGuard<Option<KnownState>>,
    ) -> Result<(Arc<View>, Instant), CallError> {
        let looked_at = Instant::now();
        let epoch = match (self.register.epoch(showtime).await, &*known) {
            (Ok(epoch), _) => epoch.ok_or(CallError::UnknownShowtime)?,
            // Nothing is sold while the store is unreachable, and what was seen is still so.
            (Err(_), Some(known)) => return Ok((Arc::clone(&known.view), Instant::now())),
            (Err(error), None) => return Err(error),
        };
        if let Some(before) = known.take_if(|known| known.epoch == epoch) {
            let after = before.map.seq();
            let entries = self.journal.entries(showtime, after, PAGE_ENTRIES).await;
            match entries {
                Err(_) => return Ok((Arc::clone(&known.insert(before).view), Instant::now())),
                Ok(entries) if entries.is_empty() => {
                    return Ok((Arc::clone(&known.insert(before).view), looked_at));
                }
                Ok(entries) if entries.len() < PAGE_ENTRIES => {
                    let now = heavy(move || before.followed_by(&entries)).await;
                    if let Ok(Some(now)) = now {
                        return Ok((Arc::clone(&known.insert(now).view), looked_at));
                    }
                }
                // So far behind, loading a snapshot is faster.
                Ok(_) => {}
            }
        }
        let rebuilt = self.rebuilt(showtime).await;
        let rebuilt = rebuilt.map_err(|error| cannot_look(showtime, &error))?;
        let seats = rebuilt.map.layout().seat_count();
        onlooker.seats.store(seats, Ordering::Relaxed);
        Ok((Arc::clone(&known.insert(rebuilt).view), looked_at))
    }

    async fn rebuilt(&self, showtime: ShowtimeId) -> Result<KnownState, JournalError> {
        let waiting = Counted::one(gauge!(COLD_STARTS_WAITING, "for" => "reading"));
        let _turn = self.turns.acquire().await;
        drop(waiting);
        let standing = self.journal.look(showtime).await?;
        let rebuilt = rebuild(&self.journal, showtime, standing.layout).await?;
        let known = heavy(move || KnownState {
            view: Arc::new(View::of(&rebuilt.map, standing.epoch)),
            map: rebuilt.map,
            epoch: standing.epoch,
        });
        known.await.map_err(|died| damaged(showtime, &died))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "there are at most a few hundred"
    )]
    fn count(&self) {
        gauge!(ONLOOKERS).set(self.kept.len() as f64);
    }
}

impl KnownState {
    /// The same with the entries that have become durable since; `None` when they do not fit.
    fn followed_by(mut self, entries: &[Entry]) -> Option<Self> {
        for entry in entries {
            self.map.apply(entry).ok()?;
        }
        let view = Arc::make_mut(&mut self.view);
        view.update(&self.map, &self.map.changes().seats);
        self.map.clear_changes();
        Some(self)
    }
}

fn cannot_look(showtime: ShowtimeId, error: &JournalError) -> CallError {
    match error {
        JournalError::UnknownShowtime(_) => CallError::UnknownShowtime,
        JournalError::Unavailable(_) => CallError::JournalUnavailable {
            retry_after: RETRY_AFTER,
        },
        JournalError::Overtaken(_)
        | JournalError::WrittenByNewer { .. }
        | JournalError::Damaged { .. } => {
            tracing::error!(showtime.id = %showtime, %error, "a showtime cannot be looked at");
            CallError::OwnerRestarted
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use journal::laws;
    use journal::memory::MemoryJournal;
    use seating::sale_terms::SaleTerms;
    use seating::seat_layout::SeatLayout;
    use seating::seat_layout::spec::SectionKindSpec;
    use seating::timestamp::Timestamp;
    use uuid::Uuid;

    use super::*;

    /// The layout of the journal's contract with five thousand rows.
    fn large_layout() -> Arc<SeatLayout> {
        let mut spec = laws::layout_spec();
        if let SectionKindSpec::Reserved { rows, .. } = &mut spec.sections[0].kind {
            let first = rows[0].clone();
            *rows = vec![first; 5_000];
            for (number, row) in rows.iter_mut().enumerate() {
                row.label = number.to_string();
            }
        }
        Arc::new(SeatLayout::build(&spec).unwrap())
    }

    #[tokio::test]
    async fn however_many_showtimes_are_looked_at_at_once_few_seats_are_kept() {
        let journal = MemoryJournal::new(1);
        let layout = large_layout();
        let seats = layout.seat_count();
        assert!(seats > SEATS_MAX / 12);
        let showtimes: Vec<ShowtimeId> = (0..24)
            .map(|_| {
                let showtime = ShowtimeId::new(Uuid::now_v7());
                let opening =
                    SeatMap::opening(SaleTerms::default(), None, Timestamp::from_unix_seconds(1));
                journal.create(showtime, Arc::clone(&layout), opening);
                showtime
            })
            .collect();
        let register = Arc::new(Register::open(Arc::<MemoryJournal>::clone(&journal)));
        let onlookers = Arc::new(Onlookers::new(journal, register));
        let looks = showtimes
            .iter()
            .map(|showtime| onlookers.view(*showtime, Duration::from_mins(1)));
        for view in join_all(looks).await {
            assert_eq!(view.unwrap().layout().seat_count(), seats);
        }
        let kept = onlookers.seats_kept();
        assert!(kept <= SEATS_MAX, "{kept} seats");
        assert!(kept > 0, "a view is kept for whoever comes next");
    }
}
