//! **The journal's contract**: what an owner may rely on, whatever keeps the entries.
//!
//! ```text
//!   owner ── append(1) append(2) append(3) ──►  journal ──►  durable
//!     ◄────────────── Durable(2) ───────────────┘   a watermark: everything up to it is kept
//! ```
//!
//! The laws, each of which the contract suite (`laws`, feature `test-util`) tries to break:
//!
//! - **J1 order** Entries of one showtime become durable in the order of their appends, whole
//!   appends at a time, without gaps.
//! - **J2 watermark** `Durable(seq)` is said only when every entry up to `seq` survives a crash of
//!   everything but the disk, and never runs backwards within a reign.
//! - **J3 fence** After [`Journal::claim`] returns, no append of another reign becomes durable, and
//!   what other reigns made durable is visible to the loads that follow. A claim names the reign that
//!   it ends: one that comes late, when yet another has begun, takes nothing.
//! - **J4 silence** An append that cannot become durable is answered by `Fenced` or `Poisoned`,
//!   and nothing that was appended after it under the same reign becomes durable.
//! - **J5 outage** While the store is unreachable appends wait in order; when it is back they drain
//!   by themselves, nothing skipped and nothing doubled.
//! - **J6 numbers** No two reigns over a showtime share a number, not even if the store forgets the
//!   last claims, as one does that fails over to a standby which was behind. Numbers rise as long as
//!   it forgets nothing; whether a reign stands is decided by equality alone.
//!
//! Owners (`actors`) and the memory (`persistence`) both know this crate and not each other. It
//! must never name a runtime or a database, and it decides nothing about seats. Behind the feature
//! `test-util` are the suite and the journal in memory that owners are tested on.
//!
//! # How to add a law
//!
//! A sentence in the list above, a function in `laws/` that tries to break it, and its name in the
//! lists of both implementations' tests: `tests/memory.rs` here, `tests/store/contract.rs` in
//! `persistence`.

pub mod backlog;
pub mod causes;
#[cfg(feature = "test-util")]
pub mod laws;
#[cfg(feature = "test-util")]
pub mod memory;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use seating::counts::Counts;
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::{SeatLayout, SectionIndex};
use seating::seat_map::Entries;
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;
use smallvec::SmallVec;

use crate::backlog::{Backlog, Reservation};

/// The most by which a claim raises the epoch: a store that forgets a claim makes two reigns share
/// a number once in so many failovers, and a showtime can still be claimed four billion times.
pub const EPOCH_STEP_MAX: u32 = 1 << 31;

/// A load from the journal, in progress.
pub type Loading<'a, T> = Pin<Box<dyn Future<Output = Result<T, JournalError>> + Send + 'a>>;

/// The ordered entries of every showtime.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Looks at a showtime before a claim; changes nothing.
    fn look(&self, showtime: ShowtimeId) -> Loading<'_, Standing>;

    /// Begins a new reign over a showtime, ending the one that was seen (J3). Fails with
    /// [`JournalError::Overtaken`] and takes nothing when that one stands no longer.
    fn claim(&self, showtime: ShowtimeId, succession: Succession) -> Loading<'_, Claim>;

    /// The reigns that stand now, of those showtimes that there are, in the order of their ids.
    fn epochs(&self, showtimes: &[ShowtimeId]) -> Loading<'_, Vec<(ShowtimeId, Epoch)>>;

    /// What the store's clock shows, if it has one.
    fn time(&self) -> Loading<'_, Option<Timestamp>>;

    /// The newest stored snapshot, of those up to `up_to` if given, that can still be read.
    /// Damaged ones are skipped.
    fn snapshot(&self, showtime: ShowtimeId, up_to: Option<Seq>) -> Loading<'_, Option<Snapshot>>;

    /// At most `limit` entries after `after`, in order and without gaps; empty at the end.
    fn entries(&self, showtime: ShowtimeId, after: Seq, limit: usize) -> Loading<'_, Vec<Entry>>;

    /// The first durable entry that answered the request of that key.
    fn answered(&self, showtime: ShowtimeId, key: u128) -> Loading<'_, Option<Entry>>;

    /// At most `limit` showtimes after `after`, in the order of their ids, in which places are held
    /// or pinned as far as durable entries tell, and whose last claimer is this process or one that
    /// is gone, as far as the store can tell: nobody else keeps their deadlines. A process that has
    /// just lost its connections may seem gone for a moment.
    fn waking(&self, after: Option<ShowtimeId>, limit: usize) -> Loading<'_, Vec<ShowtimeId>>;

    /// Stores a snapshot whose entries are durable. A journal may keep only the newest few. Fails
    /// with [`JournalError::Overtaken`] when the reign that took it stands no longer: by then the
    /// store may have forgotten that reign's history and have another under the same numbers.
    fn save_snapshot(
        &self,
        showtime: ShowtimeId,
        reign: Epoch,
        snapshot: Snapshot,
    ) -> Loading<'_, ()>;

    /// Takes entries for keeping, at once and in order; durability is reported to the reign.
    ///
    /// # Errors
    ///
    /// [`JournalClosed`] when nothing more is taken: the program stops, or the writer has failed.
    fn append(&self, append: Append) -> Result<(), JournalClosed>;

    /// What bounds the entries that are not durable yet.
    fn backlog(&self) -> &Arc<Backlog>;
}

/// A showtime as it stands before a claim.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The reign that stands; 0 before the first.
    pub epoch: Epoch,
    /// By how much a claim raises the epoch: drawn at random, from 1 to [`EPOCH_STEP_MAX`].
    pub step: u32,
    /// The layout of the showtime.
    pub layout: Arc<SeatLayout>,
    /// What the store's clock showed, if the store has one.
    pub store_time: Option<Timestamp>,
}

impl Standing {
    /// The claim of somebody who knows of no other reign than the one that stands.
    pub fn succession(&self) -> Succession {
        Succession {
            from: self.epoch,
            to: Epoch(self.epoch.0 + u64::from(self.step)),
        }
    }
}

/// Which reign a claim ends and which one it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The reign that was seen to stand.
    pub from: Epoch,
    /// The new one: at least one [`Standing::step`] above it.
    pub to: Epoch,
}

/// A reign begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub epoch: Epoch,
    /// What the store's clock showed when it began, if the store has one.
    pub store_time: Option<Timestamp>,
}

/// One owner's time over a showtime; accompanies all that it appends.
pub struct Reign {
    pub showtime: ShowtimeId,
    /// The reign's number, from its [`Claim`].
    pub epoch: Epoch,
    /// The layout, for the read models.
    pub layout: Arc<SeatLayout>,
    /// Called with news of this reign's entries, in order, from any thread. Must not block.
    pub listener: Box<dyn Fn(Notice) + Send + Sync>,
}

impl fmt::Debug for Reign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reign({} epoch {})", self.showtime, self.epoch)
    }
}

/// Entries that become durable together or not at all.
#[derive(Debug)]
pub struct Append {
    pub reign: Arc<Reign>,
    /// Consecutive entries, at least one.
    pub entries: Entries,
    /// The counts, after these entries, of every section that they touched.
    pub counts: SmallVec<[(SectionIndex, Counts); 2]>,
    /// Their place in the backlog, given back when they are durable or refused.
    pub reservation: Reservation,
    /// The request of staff that they come of, for the audit log; the journal does not have it.
    pub request_id: Option<Arc<str>>,
}

/// News for a reign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Everything up to this number is durable.
    Durable(Seq),
    /// A newer reign has begun; nothing more of this one becomes durable.
    Fenced,
    /// The store refuses the entries from this number on, for good.
    Poisoned {
        /// The first entry refused.
        seq: Seq,
        reason: String,
    },
}

/// The journal takes nothing more: the program is stopping or its writer has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is closed")]
pub struct JournalClosed;

/// A load that failed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("no showtime {0}")]
    UnknownShowtime(ShowtimeId),
    /// Another reign than the one that was named stands: it has ended, or has been forgotten.
    #[error("another reign over showtime {0} has begun")]
    Overtaken(ShowtimeId),
    /// The store cannot be reached; later it may be.
    #[error("the journal is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored is sound, and of a form that only a newer program knows: run that one.
    #[error("{part} of showtime {showtime} was written by a newer program")]
    WrittenByNewer {
        showtime: ShowtimeId,
        /// What of it, and in which form.
        part: String,
    },
    /// What is stored cannot be true.
    #[error("the journal of showtime {showtime} is damaged: {reason}")]
    Damaged {
        showtime: ShowtimeId,
        /// What is wrong and where.
        reason: String,
    },
}
