//! The journal contract in memory, with faults on demand. For the tests of rules and owners; tests
//! of storage use the real thing.
#![expect(
    clippy::disallowed_types,
    reason = "a journal is shared by owners on many threads, unlike a seat map"
)]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::Entry;
use crate::ids::{Epoch, Seq, ShowtimeId};
use crate::journal::backlog::Backlog;
use crate::journal::{Append, Claim, Journal, JournalClosed, JournalError, Loading, Notice, Reign};
use crate::seat_layout::SeatLayout;
use crate::snapshot::Snapshot;

/// Snapshots kept per showtime.
const SNAPSHOTS_KEPT: usize = 2;

/// Events in memory. What [`MemoryJournal::commit_all`] has taken counts as durable.
#[derive(Debug)]
pub struct MemoryJournal {
    store: Mutex<Store>,
    backlog: Arc<Backlog>,
}

/// How appends become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At once.
    Prompt,
    /// When [`MemoryJournal::commit_all`] is called; loads work.
    HeldBack,
    /// Not while this lasts; loads fail as well.
    Away,
    /// Never again: appends are refused.
    Closed,
}

#[derive(Debug)]
struct Store {
    mode: Mode,
    showtimes: BTreeMap<ShowtimeId, Kept>,
    queue: VecDeque<Append>,
    /// What reigns are yet to be told, in order.
    news: VecDeque<(Arc<Reign>, Notice)>,
    /// Whether somebody is telling it, so that nobody overtakes them.
    telling: bool,
    poison: Option<(ShowtimeId, Seq)>,
    /// Loads that are yet to fail.
    failing_loads: usize,
    /// Claims whose answers are yet to be lost.
    unheard_claims: usize,
}

#[derive(Debug)]
struct Kept {
    layout: Arc<SeatLayout>,
    epoch: Epoch,
    /// The reign that had an entry refused for good, and what it was told.
    dead: Option<(Epoch, Notice)>,
    entries: Vec<Entry>,
    snapshots: Vec<Snapshot>,
}

impl MemoryJournal {
    /// An empty journal whose backlog takes `backlog_max` commands.
    pub fn new(backlog_max: usize) -> Arc<Self> {
        let store = Store {
            mode: Mode::Prompt,
            showtimes: BTreeMap::new(),
            queue: VecDeque::new(),
            news: VecDeque::new(),
            telling: false,
            poison: None,
            failing_loads: 0,
            unheard_claims: 0,
        };
        Arc::new(Self {
            store: Mutex::new(store),
            backlog: Backlog::new(backlog_max),
        })
    }

    /// Adds a showtime with its first entry.
    pub fn create(&self, showtime: ShowtimeId, layout: Arc<SeatLayout>, opening: Entry) {
        let kept = Kept {
            layout,
            epoch: Epoch(0),
            dead: None,
            entries: vec![opening],
            snapshots: Vec::new(),
        };
        self.store().showtimes.insert(showtime, kept);
    }

    /// Changes how appends become durable; what waits is committed when they may again.
    pub fn set_mode(&self, mode: Mode) {
        self.store().mode = mode;
        if mode == Mode::Prompt {
            self.commit_all();
        }
    }

    /// Makes everything that waits durable and tells the reigns.
    pub fn commit_all(&self) {
        self.commit_unseen();
        self.tell();
    }

    /// Makes everything that waits durable, but tells nobody until the next
    /// [`MemoryJournal::commit_all`]: the answer to the commit was lost.
    pub fn commit_unseen(&self) {
        let mut store = self.store();
        let untold = store.news.len();
        while let Some(append) = store.queue.pop_front() {
            let notice = store.commit(&append);
            store.note(untold, append.reign, notice);
        }
    }

    /// Makes one append durable, if it may be, and says what its reign has to be told, but tells
    /// nobody: for a journal in front of this one that has its own delays and faults.
    pub fn commit_untold(&self, append: &Append) -> Notice {
        self.store().commit(append)
    }

    /// Tells the news in order. A listener may append, so no lock is held meanwhile.
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

    /// Makes the next loads fail as if the store could not be reached.
    pub fn fail_loads(&self, count: usize) {
        self.store().failing_loads = count;
    }

    /// Records the next claims, but loses their answers: whoever claims is told that it failed.
    pub fn lose_claims(&self, count: usize) {
        self.store().unheard_claims = count;
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

    /// Commands that wait to become durable.
    pub fn waiting(&self) -> usize {
        self.store().queue.len()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load<T: Send + 'static>(
        &self,
        showtime: ShowtimeId,
        load: impl FnOnce(&mut Kept) -> T,
    ) -> Loading<'_, T> {
        let mut store = self.store();
        if store.failing_loads > 0 {
            store.failing_loads -= 1;
            let reason = JournalError::Unavailable("this load was to fail".into());
            return Box::pin(std::future::ready(Err(reason)));
        }
        let loaded = match store.mode {
            Mode::Away => Err(JournalError::Unavailable("the store is away".into())),
            Mode::Prompt | Mode::HeldBack | Mode::Closed => store
                .showtimes
                .get_mut(&showtime)
                .map(load)
                .ok_or(JournalError::UnknownShowtime(showtime)),
        };
        Box::pin(std::future::ready(loaded))
    }
}

impl Store {
    /// One commit tells a reign one watermark, however many appends it covers; the first `untold`
    /// news are of commits before this one.
    fn note(&mut self, untold: usize, reign: Arc<Reign>, notice: Notice) {
        let of_this_commit = self.news.len() > untold;
        if let (Some((last, Notice::Durable(told))), Notice::Durable(seq)) =
            (self.news.back_mut(), &notice)
            && of_this_commit
            && Arc::ptr_eq(last, &reign)
        {
            *told = *seq;
            return;
        }
        self.news.push_back((reign, notice));
    }

    fn commit(&mut self, append: &Append) -> Notice {
        let Reign {
            showtime, epoch, ..
        } = *append.reign;
        let Some(kept) = self.showtimes.get_mut(&showtime) else {
            return Notice::Fenced;
        };
        if kept.epoch != epoch {
            return Notice::Fenced;
        }
        if let Some((_, told)) = kept.dead.as_ref().filter(|(dead, _)| *dead == epoch) {
            return told.clone();
        }
        let poison = self.poison;
        let stored = Seq(kept.entries.len() as u64);
        let numbers = (stored.0 + 1..).map(Seq);
        let refused = (append.entries.iter().zip(numbers)).any(|(entry, expected)| {
            entry.seq != expected || poison == Some((showtime, entry.seq))
        });
        if refused {
            self.poison = None;
            let seq = append.entries.first().map_or(Seq::ZERO, |entry| entry.seq);
            let reason = format!("entry {seq} is refused after {stored}");
            let notice = Notice::Poisoned { seq, reason };
            kept.dead = Some((epoch, notice.clone()));
            return notice;
        }
        let entries = append.entries.iter();
        kept.entries
            .extend(entries.map(|entry| Entry::clone(entry)));
        Notice::Durable(Seq(kept.entries.len() as u64))
    }
}

impl Journal for MemoryJournal {
    fn claim(&self, showtime: ShowtimeId) -> Loading<'_, Claim> {
        let claimed = self.load(showtime, |kept| {
            kept.epoch.0 += 1;
            Claim {
                epoch: kept.epoch,
                layout: Arc::clone(&kept.layout),
            }
        });
        let mut store = self.store();
        if store.unheard_claims > 0 {
            store.unheard_claims -= 1;
            let reason = JournalError::Unavailable("the answer was lost".into());
            return Box::pin(std::future::ready(Err(reason)));
        }
        claimed
    }

    fn snapshot(&self, showtime: ShowtimeId, up_to: Option<Seq>) -> Loading<'_, Option<Snapshot>> {
        self.load(showtime, move |kept| {
            let wanted = |s: &&Snapshot| up_to.is_none_or(|up_to| s.seq <= up_to);
            kept.snapshots.iter().rev().find(wanted).cloned()
        })
    }

    fn entries(&self, showtime: ShowtimeId, after: Seq, limit: usize) -> Loading<'_, Vec<Entry>> {
        self.load(showtime, move |kept| {
            kept.entries
                .iter()
                .filter(|entry| entry.seq > after)
                .take(limit)
                .cloned()
                .collect()
        })
    }

    fn save_snapshot(&self, showtime: ShowtimeId, snapshot: Snapshot) -> Loading<'_, ()> {
        self.load(showtime, move |kept| {
            kept.snapshots.retain(|older| older.seq != snapshot.seq);
            kept.snapshots.push(snapshot);
            kept.snapshots.sort_by_key(|snapshot| snapshot.seq);
            let surplus = kept.snapshots.len().saturating_sub(SNAPSHOTS_KEPT);
            kept.snapshots.drain(..surplus);
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
