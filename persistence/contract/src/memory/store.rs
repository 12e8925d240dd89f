//! What the journal in memory has stored, and the notices that it has yet to deliver.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use seating::counts::Counts;
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::{SeatLayout, SectionIndex};
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;

use crate::memory::Mode;
use crate::{Append, Claim, EPOCH_STEP_MAX, JournalError, Notice, Reign, Succession};

/// Snapshots kept per showtime.
const SNAPSHOTS_KEPT: usize = 2;

/// All showtimes, and what waits.
#[derive(Debug, Default)]
pub(super) struct MemoryStore {
    pub(super) mode: Mode,
    pub(super) showtimes: BTreeMap<ShowtimeId, Kept>,
    pub(super) queue: VecDeque<Append>,
    /// Notices to deliver, in order.
    pub(super) news: VecDeque<(Arc<Reign>, Notice)>,
    /// Whether a delivery is in progress, so that no other overtakes it.
    pub(super) telling: bool,
    pub(super) poison: Option<(ShowtimeId, Seq)>,
    /// Loads that are yet to fail.
    pub(super) loads_until_failing: usize,
    pub(super) failing_loads: usize,
    /// Claims whose answers are yet to be lost.
    pub(super) unheard_claims: usize,
    /// What the next claim waits for.
    pub(super) claim_delay: Option<Delay>,
    /// Whether no snapshot is ever saved.
    pub(super) saves_snapshots_never: bool,
    /// Steps drawn so far. Never forgotten, so that no two draws are the same.
    drawn: u64,
    /// What the store's clock shows.
    pub(super) time: Option<Timestamp>,
}

/// Something to wait for.
pub(super) struct Delay(pub(super) Pin<Box<dyn Future<Output = ()> + Send>>);

impl fmt::Debug for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delay")
    }
}

/// One showtime.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) layout: Arc<SeatLayout>,
    pub(super) epoch: Epoch,
    /// How many have begun.
    pub(super) reigns: usize,
    /// The reign that had an entry refused for good, and its notice.
    pub(super) dead: Option<(Epoch, Notice)>,
    pub(super) entries: Vec<Entry>,
    pub(super) snapshots: Vec<Snapshot>,
    counts: BTreeMap<SectionIndex, Counts>,
}

impl MemoryStore {
    pub(super) fn reach(&mut self) -> Result<(), JournalError> {
        if self.loads_until_failing > 0 {
            self.loads_until_failing -= 1;
        } else if self.failing_loads > 0 {
            self.failing_loads -= 1;
            return Err(JournalError::Unavailable("this load was to fail".into()));
        }
        match self.mode {
            Mode::Unreachable => Err(JournalError::Unavailable("the store is unreachable".into())),
            Mode::Prompt | Mode::HeldBack | Mode::Closed => Ok(()),
        }
    }

    pub(super) fn kept(&mut self, showtime: ShowtimeId) -> Result<&mut Kept, JournalError> {
        let kept = self.showtimes.get_mut(&showtime);
        kept.ok_or(JournalError::UnknownShowtime(showtime))
    }

    /// The next step, the same in every run: the finaliser of `SplitMix64` over a counter.
    pub(super) fn draw(&mut self) -> u32 {
        self.drawn += 1;
        let mut mixed = self.drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let below = mixed % u64::from(EPOCH_STEP_MAX);
        u32::try_from(below).unwrap_or(0) + 1
    }

    pub(super) fn claim(
        &mut self,
        showtime: ShowtimeId,
        succession: Succession,
    ) -> Result<Claim, JournalError> {
        let store_time = self.time;
        let kept = self.kept(showtime)?;
        if kept.epoch != succession.from {
            return Err(JournalError::Overtaken(showtime));
        }
        kept.epoch = succession.to;
        kept.reigns += 1;
        let claim = Claim {
            epoch: succession.to,
            store_time,
        };
        if self.unheard_claims > 0 {
            self.unheard_claims -= 1;
            return Err(JournalError::Unavailable("the answer was lost".into()));
        }
        Ok(claim)
    }

    /// One commit gives a reign one watermark, however many appends it covers; the first `untold`
    /// news are of commits before this one.
    pub(super) fn note(&mut self, untold: usize, reign: Arc<Reign>, notice: Notice) {
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

    pub(super) fn commit(&mut self, append: &Append) -> Notice {
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
        kept.counts.extend(append.counts.iter().copied());
        Notice::Durable(Seq(kept.entries.len() as u64))
    }
}

impl Kept {
    pub(super) fn new(layout: Arc<SeatLayout>, opening: Entry) -> Self {
        Self {
            layout,
            epoch: Epoch(0),
            reigns: 0,
            dead: None,
            entries: vec![opening],
            snapshots: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    pub(super) fn fail_over(&mut self, epoch: Epoch, seq: Seq) {
        self.epoch = epoch;
        self.dead = None;
        self.entries.retain(|entry| entry.seq <= seq);
        self.snapshots.retain(|snapshot| snapshot.seq <= seq);
    }

    pub(super) fn keep_snapshot(&mut self, snapshot: Snapshot) {
        self.snapshots.retain(|older| older.seq != snapshot.seq);
        self.snapshots.push(snapshot);
        self.snapshots.sort_by_key(|snapshot| snapshot.seq);
        let surplus = self.snapshots.len().saturating_sub(SNAPSHOTS_KEPT);
        self.snapshots.drain(..surplus);
    }

    /// Whether places are held or pinned, by the last counts that came with an append.
    pub(super) fn has_deadlines(&self) -> bool {
        self.counts.values().any(|it| it.held + it.pinned > 0)
    }
}
