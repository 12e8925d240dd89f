//! The journal contract in memory, with faults on demand. For the tests of rules and owners; tests
//! of storage use the real thing.
#![expect(
    clippy::disallowed_types,
    reason = "a journal is shared by owners on many threads, unlike a seat map"
)]

mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::SeatLayout;
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;

use crate::backlog::Backlog;
use crate::memory::store::{Delay, Kept, MemoryStore};
use crate::{
    Append, Claim, Journal, JournalClosed, JournalError, Loading, Notice, Standing, Succession,
};

/// Entries in memory. What [`MemoryJournal::commit_all`] has taken counts as durable.
#[derive(Debug)]
pub struct MemoryJournal {
    store: Mutex<MemoryStore>,
    backlog: Arc<Backlog>,
}

/// How appends become durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// At once.
    #[default]
    Prompt,
    /// When [`MemoryJournal::commit_all`] is called; loads work.
    HeldBack,
    /// Not while this lasts; loads fail as well.
    Unreachable,
    /// Never again: appends are refused.
    Closed,
}

impl MemoryJournal {
    /// An empty journal whose backlog takes `backlog_max` commands.
    pub fn new(backlog_max: usize) -> Arc<Self> {
        Arc::new(Self {
            store: Mutex::new(MemoryStore::default()),
            backlog: Backlog::new(backlog_max),
        })
    }

    /// Adds a showtime with its first entry.
    pub fn create(&self, showtime: ShowtimeId, layout: Arc<SeatLayout>, opening: Entry) {
        let kept = Kept::new(layout, opening);
        self.store().showtimes.insert(showtime, kept);
    }

    /// Changes how appends become durable; what waits is committed when they may again.
    pub fn set_mode(&self, mode: Mode) {
        self.store().mode = mode;
        if mode == Mode::Prompt {
            self.commit_all();
        }
    }

    /// Makes everything that waits durable and notifies the reigns.
    pub fn commit_all(&self) {
        self.commit_unseen();
        self.tell();
    }

    /// Makes everything that waits durable, but notifies nobody until the next
    /// [`MemoryJournal::commit_all`]: the answer to the commit was lost.
    pub fn commit_unseen(&self) {
        let mut store = self.store();
        let untold = store.news.len();
        while let Some(append) = store.queue.pop_front() {
            let notice = store.commit(&append);
            store.note(untold, append.reign, notice);
        }
    }

    /// Makes one append durable, if it may be, and returns the notice for its reign, but delivers
    /// nobody: for a journal in front of this one that has its own delays and faults.
    pub fn commit_unannounced(&self, append: &Append) -> Notice {
        self.store().commit(append)
    }

    /// Delivers the notices in order. A listener may append, so no lock is held meanwhile.
    fn tell(&self) {
        if std::mem::replace(&mut self.store().telling, true) {
            return;
        }
        loop {
            let news = {
                let mut store = self.store();
                let news = store.news.pop_front();
                store.telling = news.is_some();
                news
            };
            match news {
                Some((reign, notice)) => (reign.listener)(notice),
                None => return,
            }
        }
    }

    /// Loses everything that is not durable, as a crash of the program does.
    pub fn crash(&self) {
        let mut store = self.store();
        store.queue.clear();
        store.news.clear();
    }

    /// Forgets every claim after that of `epoch` and every entry after `seq`, as a store does that
    /// fails over to a standby which was so far behind.
    pub fn fail_over(&self, showtime: ShowtimeId, epoch: Epoch, seq: Seq) {
        if let Some(kept) = self.store().showtimes.get_mut(&showtime) {
            kept.fail_over(epoch, seq);
        }
    }

    /// Sets the store's clock, which stands still between two calls.
    pub fn set_time(&self, now: Timestamp) {
        self.store().time = Some(now);
    }

    /// Answers so many loads, and makes the next ones fail as if the store could not be reached.
    pub fn fail_loads_after(&self, answered: usize, failing: usize) {
        let mut store = self.store();
        store.loads_until_failing = answered;
        store.failing_loads = failing;
    }

    /// Records the next claims, but loses their answers: the claimer sees a failure.
    pub fn lose_claims(&self, count: usize) {
        self.store().unheard_claims = count;
    }

    /// Keeps the next claim in progress until `until` is over; then it is carried out as it was
    /// sent.
    pub fn delay_claim(&self, until: impl Future<Output = ()> + Send + 'static) {
        self.store().claim_delay = Some(Delay(Box::pin(until)));
    }

    /// Keeps every snapshot from here on in progress for ever.
    pub fn never_save_snapshots(&self) {
        self.store().saves_snapshots_never = true;
    }

    /// Refuses this entry for good when it comes, whoever appends it.
    pub fn poison(&self, showtime: ShowtimeId, seq: Seq) {
        self.store().poison = Some((showtime, seq));
    }

    /// Damages every stored snapshot of a showtime, so that none can be restored.
    pub fn damage_snapshots(&self, showtime: ShowtimeId) {
        if let Some(kept) = self.store().showtimes.get_mut(&showtime) {
            for snapshot in &mut kept.snapshots {
                // Everything twice: no seat can have two owners.
                snapshot.holds.extend(snapshot.holds.clone());
                snapshot.bookings.extend(snapshot.bookings.clone());
            }
        }
    }

    /// The durable entries of a showtime.
    pub fn durable(&self, showtime: ShowtimeId) -> Vec<Entry> {
        self.store()
            .showtimes
            .get(&showtime)
            .map_or_else(Vec::new, |kept| kept.entries.clone())
    }

    /// How many entries of a showtime are durable.
    pub fn durable_count(&self, showtime: ShowtimeId) -> usize {
        let store = self.store();
        store
            .showtimes
            .get(&showtime)
            .map_or(0, |kept| kept.entries.len())
    }

    /// The numbers of a showtime's stored snapshots, the newest first.
    pub fn snapshots(&self, showtime: ShowtimeId) -> Vec<Seq> {
        let store = self.store();
        let kept = store.showtimes.get(&showtime);
        kept.iter()
            .flat_map(|kept| kept.snapshots.iter().rev())
            .map(|s| s.seq)
            .collect()
    }

    /// How many reigns over a showtime have begun, forgotten or not.
    pub fn reigns(&self, showtime: ShowtimeId) -> usize {
        let store = self.store();
        store.showtimes.get(&showtime).map_or(0, |kept| kept.reigns)
    }

    /// Commands that wait to become durable.
    pub fn waiting(&self) -> usize {
        self.store().queue.len()
    }

    fn store(&self) -> MutexGuard<'_, MemoryStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A load, which happens at once: what is returned is the answer on its way.
    fn load<T: Send + 'static>(
        &self,
        load: impl FnOnce(&mut MemoryStore) -> Result<T, JournalError>,
    ) -> Loading<'_, T> {
        let mut store = self.store();
        let loaded = store.reach().and_then(|()| load(&mut store));
        Box::pin(std::future::ready(loaded))
    }

    fn load_of<T: Send + 'static>(
        &self,
        showtime: ShowtimeId,
        load: impl FnOnce(&mut Kept) -> T,
    ) -> Loading<'_, T> {
        self.load(|store| store.kept(showtime).map(load))
    }
}

impl Journal for MemoryJournal {
    fn look(&self, showtime: ShowtimeId) -> Loading<'_, Standing> {
        self.load(|store| {
            let (step, store_time) = (store.draw(), store.time);
            store.kept(showtime).map(|kept| Standing {
                store_time,
                epoch: kept.epoch,
                step,
                layout: Arc::clone(&kept.layout),
            })
        })
    }

    fn claim(&self, showtime: ShowtimeId, succession: Succession) -> Loading<'_, Claim> {
        let delay = self.store().claim_delay.take();
        Box::pin(async move {
            if let Some(delay) = delay {
                delay.0.await;
            }
            self.load(|store| store.claim(showtime, succession)).await
        })
    }

    fn epochs(&self, showtimes: &[ShowtimeId]) -> Loading<'_, Vec<(ShowtimeId, Epoch)>> {
        self.load(|store| {
            let kept = store.showtimes.iter();
            let asked = kept.filter(|(id, _)| showtimes.contains(id));
            Ok(asked.map(|(id, kept)| (*id, kept.epoch)).collect())
        })
    }

    fn time(&self) -> Loading<'_, Option<Timestamp>> {
        let time = self.store().time;
        Box::pin(std::future::ready(Ok(time)))
    }

    fn snapshot(&self, showtime: ShowtimeId, up_to: Option<Seq>) -> Loading<'_, Option<Snapshot>> {
        self.load_of(showtime, move |kept| {
            let wanted = |s: &&Snapshot| up_to.is_none_or(|up_to| s.seq <= up_to);
            kept.snapshots.iter().rev().find(wanted).cloned()
        })
    }

    fn entries(&self, showtime: ShowtimeId, after: Seq, limit: usize) -> Loading<'_, Vec<Entry>> {
        self.load_of(showtime, move |kept| {
            kept.entries
                .iter()
                .filter(|entry| entry.seq > after)
                .take(limit)
                .cloned()
                .collect()
        })
    }

    fn answered(&self, showtime: ShowtimeId, key: u128) -> Loading<'_, Option<Entry>> {
        self.load_of(showtime, move |kept| {
            let answers = |entry: &&Entry| entry.request.is_some_and(|it| it.key == key);
            kept.entries.iter().find(answers).cloned()
        })
    }

    fn waking(&self, after: Option<ShowtimeId>, limit: usize) -> Loading<'_, Vec<ShowtimeId>> {
        self.load(|store| {
            let later = store.showtimes.iter();
            let later = later.filter(|(id, _)| after.is_none_or(|after| **id > after));
            let busy = later.filter(|(_, kept)| kept.has_deadlines());
            Ok(busy.map(|(id, _)| *id).take(limit).collect())
        })
    }

    fn save_snapshot(
        &self,
        showtime: ShowtimeId,
        reign: Epoch,
        snapshot: Snapshot,
    ) -> Loading<'_, ()> {
        if self.store().saves_snapshots_never {
            return Box::pin(std::future::pending());
        }
        self.load(|store| {
            let kept = store.kept(showtime)?;
            if kept.epoch != reign {
                return Err(JournalError::Overtaken(showtime));
            }
            kept.keep_snapshot(snapshot);
            Ok(())
        })
    }

    fn append(&self, append: Append) -> Result<(), JournalClosed> {
        let prompt = {
            let mut store = self.store();
            if store.mode == Mode::Closed {
                return Err(JournalClosed);
            }
            store.queue.push_back(append);
            store.mode == Mode::Prompt
        };
        if prompt {
            self.commit_all();
        }
        Ok(())
    }

    fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }
}
