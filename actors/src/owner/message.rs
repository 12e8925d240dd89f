//! The messages to an owner.

use std::sync::Arc;

use journal::Notice;
use seating::command::Command;
use seating::entry::Entry;
use seating::ids::{BuyerId, HoldId, Seq};
use seating::seat_map::{Asked, HoldCursor};
use seating::snapshot::{HoldImage, Snapshot};
use seating::timestamp::Timestamp;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::CallError;
use crate::owner::admission::Permit;

/// One message to an owner.
#[derive(Debug)]
pub(crate) enum OwnerMessage {
    /// The owner is in the directory and may begin.
    Begin,
    /// Run a command.
    Execute(Execute),
    /// Report a hold, once it is durable.
    AskHold(HoldId, oneshot::Sender<(Option<HoldImage>, Seq)>),
    /// Report live holds, once they are durable.
    AskHolds(HoldsAsked, usize, oneshot::Sender<HoldsPage>),
    /// Report the whole state, once it is durable.
    AskSnapshot(oneshot::Sender<Snapshot>),
    /// A notice from the journal.
    Journal(Notice),
    /// The earliest deadline may have come.
    Alarm,
    /// Leave if unused for long and without live holds.
    PassivateIfIdle,
    /// Leave if there are no live holds: another owner needs the place.
    MakeRoom,
    /// Report when every parked answer is durable.
    Finish(oneshot::Sender<()>),
    /// Answer what is parked, write a snapshot, leave.
    Leave(oneshot::Sender<()>),
    /// Report how many answers are parked.
    #[cfg(feature = "test-util")]
    CountParked(oneshot::Sender<usize>),
    /// Panic, so that a test sees that nothing is lost.
    #[cfg(feature = "test-util")]
    Panic,
}

/// Which live holds are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldsAsked {
    /// A buyer's, the last given first.
    OfBuyer(BuyerId),
    /// All, by their deadlines.
    All {
        /// After this one.
        after: Option<HoldCursor>,
    },
}

/// Some live holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldsPage {
    pub holds: Vec<HoldImage>,
    /// Where the next page begins, if there is one.
    pub next: Option<HoldCursor>,
    /// The entry up to which this is known.
    pub seq: Seq,
}

/// A command on its way through its owner.
#[derive(Debug)]
pub(crate) struct Execute {
    pub(crate) command: Command,
    pub(crate) request: Option<Asked>,
    /// Whether the answer may leave before its entry is durable.
    pub(crate) early: bool,
    pub(crate) permit: Permit,
    pub(crate) sent_at: Instant,
    /// Of which request it comes, for the audit log.
    pub(crate) request_id: Option<Arc<str>>,
    pub(crate) reply: Reply,
}

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Answer, NoAnswer>>;

/// Why an owner has no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// For a reason that the caller learns.
    Refused(CallError),
    /// The request may have been answered before; see [`Executed::Forgotten`]. The command comes
    /// back for asking again.
    ///
    /// [`Executed::Forgotten`]: seating::seat_map::Executed::Forgotten
    Forgotten {
        /// The owner's last entry.
        reached: Seq,
        command: Command,
    },
}

impl From<CallError> for NoAnswer {
    fn from(error: CallError) -> Self {
        Self::Refused(error)
    }
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The entry that answers it; on a replay, the one that answered it first.
    pub entry: Arc<Entry>,
    /// Whether the same request had been answered before.
    pub replayed: bool,
    /// Whether the entry was durable when the answer left.
    pub durability: Durability,
    /// By how many microseconds the showtime's own time is ahead of the clock, because some clock
    /// was wrong once; see [`seating::clock`].
    pub ahead_micros: u64,
}

impl Answer {
    /// A deadline of the entry as the clock will show it then.
    pub const fn on_the_wall(&self, deadline: Timestamp) -> Timestamp {
        deadline.minus_micros(self.ahead_micros)
    }
}

/// Where the entry behind an answer is when the answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// In the journal: it survives a crash.
    Journaled,
    /// In memory: a crash within the next few milliseconds may lose it.
    Memory,
}
