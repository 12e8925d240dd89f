//! One process's way to the common store, with everything that can go wrong on it.
//!
//! It behaves as the journal contract asks: order, watermark, fence, silence and outage. Within
//! that it is as unkind as a seed makes it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use journal::backlog::Backlog;
use journal::memory::MemoryJournal;
use journal::{
    Append, Claim, Journal, JournalClosed, JournalError, Loading, Notice, Reign, Standing,
    Succession,
};
use rand::RngExt;
use rand::rngs::SmallRng;
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;
use tokio::sync::Notify;

use crate::books::Books;
use crate::shared::Shared;

/// How the way to the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// A few milliseconds, no faults.
    Fair,
    /// Up to half a second.
    Slow,
    /// Errors and lost answers.
    Rough,
    /// Nothing gets through.
    Unreachable,
}

/// Whether the process runs at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Running,
    /// Stopped in its tracks; it goes on as if nothing had been.
    Frozen,
    /// Over, with everything that was not durable.
    Dead,
}

#[derive(Debug)]
pub(super) struct FaultyJournal {
    process: u32,
    store: Arc<MemoryJournal>,
    books: Arc<Books>,
    backlog: Arc<Backlog>,
    queue: Shared<VecDeque<Append>>,
    random: Shared<SmallRng>,
    weather: Shared<Weather>,
    life: Shared<Life>,
    thawed: Notify,
    work: Notify,
}

/// What a trip to the store comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trip {
    Done,
    /// It never got there.
    Failed,
    /// It got there, but the answer was lost.
    Unheard,
}

impl FaultyJournal {
    /// The way of a new process, with the writer that walks it.
    pub(super) fn start(
        (process, random): (u32, SmallRng),
        backlog: usize,
        store: Arc<MemoryJournal>,
        books: Arc<Books>,
    ) -> Arc<Self> {
        let journal = Arc::new(Self {
            process,
            store,
            books,
            backlog: Backlog::new(backlog),
            queue: Shared::default(),
            random: Shared::new(random),
            weather: Shared::new(Weather::Fair),
            life: Shared::new(Life::Running),
            thawed: Notify::new(),
            work: Notify::new(),
        });
        tokio::spawn(write(Arc::clone(&journal)));
        journal
    }

    pub(super) fn set_weather(&self, weather: Weather) {
        self.weather.with(|now| *now = weather);
    }

    pub(super) fn set_life(&self, life: Life) {
        self.life.with(|now| {
            if *now != Life::Dead {
                *now = life;
            }
        });
        if life != Life::Frozen {
            self.thawed.notify_waiters();
        }
        if life == Life::Dead {
            self.books.gone(self.process);
            self.queue.with(VecDeque::clear);
            self.work.notify_one();
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.life() == Life::Dead
    }

    /// Whether everything taken has been dealt with.
    pub(super) fn is_drained(&self) -> bool {
        self.queue.with(|queue| queue.is_empty())
    }

    fn roll<T>(&self, f: impl FnOnce(&mut SmallRng) -> T) -> T {
        self.random.with(f)
    }

    /// One way there, or back. A frozen process notices nothing until it is thawed; `false` means
    /// that it has died on the way.
    async fn walk(&self) -> bool {
        let weather = self.weather.with(|weather| *weather);
        let ms = self.roll(|random| match weather {
            Weather::Fair | Weather::Unreachable => random.random_range(0..4),
            Weather::Slow => random.random_range(5..500),
            Weather::Rough => random.random_range(0..50),
        });
        tokio::time::sleep(Duration::from_millis(ms)).await;
        loop {
            let thawed = self.thawed.notified();
            match self.life() {
                Life::Running => return true,
                Life::Frozen => thawed.await,
                Life::Dead => return false,
            }
        }
    }

    fn life(&self) -> Life {
        self.life.with(|life| *life)
    }

    fn trip(&self) -> Trip {
        let weather = self.weather.with(|weather| *weather);
        let roll = self.roll(|random| random.random_range(0..10));
        match (weather, roll) {
            (Weather::Unreachable, _) | (Weather::Rough, 0..=2) => Trip::Failed,
            (Weather::Rough, 3..=5) => Trip::Unheard,
            (Weather::Fair | Weather::Slow | Weather::Rough, _) => Trip::Done,
        }
    }

    async fn load<T>(
        &self,
        what: &str,
        load: impl AsyncFnOnce() -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        if !self.walk().await {
            return Err(unavailable("the process is over"));
        }
        let trip = self.trip();
        if trip == Trip::Failed {
            self.books.count(|tally| tally.loads_failed += 1);
            return Err(unavailable("nothing gets through"));
        }
        let loaded = load().await;
        if !self.walk().await || trip == Trip::Unheard {
            self.books.count(|tally| tally.loads_failed += 1);
            self.books
                .note(&format_args!("p{} {what}: answer lost", self.process));
            return Err(unavailable("the answer was lost"));
        }
        loaded
    }

    /// Commits what stands at the head of the queue, as one transaction.
    fn commit(&self) -> Vec<(Arc<Reign>, Notice)> {
        let waiting = self.queue.with(|queue| queue.len());
        let size = self.roll(|random| random.random_range(1..=waiting.max(1)));
        let batch: Vec<Append> = self
            .queue
            .with(|queue| queue.drain(..size.min(waiting)).collect());
        let mut news: Vec<(Arc<Reign>, Notice)> = Vec::new();
        for append in batch {
            let notice = self.store.commit_unannounced(&append);
            self.books.committed(self.process, &append, &notice);
            note(&mut news, &append.reign, notice);
        }
        news
    }
}

/// One commit gives a reign one watermark, however many appends it covers.
fn note(news: &mut Vec<(Arc<Reign>, Notice)>, reign: &Arc<Reign>, notice: Notice) {
    let known = news.iter_mut().rev().find(|(of, _)| Arc::ptr_eq(of, reign));
    match (known, &notice) {
        (Some((_, Notice::Durable(told))), Notice::Durable(seq)) => *told = *seq,
        _ => news.push((Arc::clone(reign), notice)),
    }
}

/// The writer: commits in order, tries again what failed, and announces what is durable.
async fn write(journal: Arc<FaultyJournal>) {
    loop {
        while journal.is_drained() {
            journal.work.notified().await;
            if journal.is_dead() {
                return;
            }
        }
        if !journal.walk().await {
            return;
        }
        let trip = journal.trip();
        if trip == Trip::Failed {
            journal.books.count(|tally| tally.commits_failed += 1);
            let ms = journal.roll(|random| random.random_range(10..200));
            tokio::time::sleep(Duration::from_millis(ms)).await;
            continue;
        }
        journal.books.count(|tally| tally.commits += 1);
        let news = journal.commit();
        if trip == Trip::Unheard && !read_back(&journal).await {
            return;
        }
        if !journal.walk().await {
            return;
        }
        for (reign, notice) in news {
            (reign.listener)(notice);
        }
    }
}

/// The answer to a commit was lost: the writer looks what is there, once it can.
async fn read_back(journal: &FaultyJournal) -> bool {
    journal.books.count(|tally| tally.commits_unknown += 1);
    journal
        .books
        .note(&format_args!("p{} commit unheard", journal.process));
    loop {
        let ms = journal.roll(|random| random.random_range(10..400));
        tokio::time::sleep(Duration::from_millis(ms)).await;
        if !journal.walk().await {
            return false;
        }
        if journal.trip() == Trip::Done {
            return true;
        }
    }
}

fn unavailable(why: &'static str) -> JournalError {
    JournalError::Unavailable(why.into())
}

impl Journal for FaultyJournal {
    fn look(&self, showtime: ShowtimeId) -> Loading<'_, Standing> {
        Box::pin(self.load("look", async move || self.store.look(showtime).await))
    }

    fn claim(&self, showtime: ShowtimeId, succession: Succession) -> Loading<'_, Claim> {
        Box::pin(async move {
            let mut recorded = false;
            let claimed = self
                .load("claim", async || {
                    let claim = self.store.claim(showtime, succession).await;
                    if let Err(JournalError::Overtaken(_)) = claim {
                        self.books.overtaken(self.process, showtime, succession);
                    }
                    let claim = claim?;
                    recorded = true;
                    self.books.claimed(self.process, showtime, claim.epoch);
                    Ok(claim)
                })
                .await;
            if recorded && claimed.is_err() {
                self.books.count(|tally| tally.claims_unknown += 1);
            }
            claimed
        })
    }

    fn epochs(&self, showtimes: &[ShowtimeId]) -> Loading<'_, Vec<(ShowtimeId, Epoch)>> {
        let showtimes = showtimes.to_vec();
        Box::pin(self.load("epochs", async move || self.store.epochs(&showtimes).await))
    }

    fn time(&self) -> Loading<'_, Option<Timestamp>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn snapshot(&self, showtime: ShowtimeId, up_to: Option<Seq>) -> Loading<'_, Option<Snapshot>> {
        Box::pin(self.load("snapshot", async move || {
            self.store.snapshot(showtime, up_to).await
        }))
    }

    fn entries(&self, showtime: ShowtimeId, after: Seq, limit: usize) -> Loading<'_, Vec<Entry>> {
        Box::pin(self.load("entries", async move || {
            self.store.entries(showtime, after, limit).await
        }))
    }

    fn answered(&self, showtime: ShowtimeId, key: u128) -> Loading<'_, Option<Entry>> {
        Box::pin(self.load("answered", async move || {
            self.store.answered(showtime, key).await
        }))
    }

    fn waking(&self, after: Option<ShowtimeId>, limit: usize) -> Loading<'_, Vec<ShowtimeId>> {
        Box::pin(self.load("waking", async move || {
            let mut busy = self.store.waking(after, limit).await?;
            busy.retain(|showtime| self.books.is_left_to(self.process, *showtime));
            Ok(busy)
        }))
    }

    fn save_snapshot(
        &self,
        showtime: ShowtimeId,
        reign: Epoch,
        snapshot: Snapshot,
    ) -> Loading<'_, ()> {
        Box::pin(self.load("save snapshot", async move || {
            self.store.save_snapshot(showtime, reign, snapshot).await
        }))
    }

    fn append(&self, append: Append) -> Result<(), JournalClosed> {
        if self.is_dead() {
            return Err(JournalClosed);
        }
        self.queue.with(|queue| queue.push_back(append));
        self.work.notify_one();
        Ok(())
    }

    fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }
}
