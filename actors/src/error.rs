//! What a caller can see go wrong, by what they can do about it.

use std::time::Duration;

use seating::rejection::Rejection;

/// A call that did not end as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The rules say no; nothing has changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The command would change nothing.
    #[error("there is nothing to do")]
    NothingToDo,
    /// Too much is waiting already; nothing has changed. Come back later.
    #[error("too many requests are waiting")]
    Overloaded {
        /// When the queue will have drained, by its present rate.
        retry_after: Duration,
    },
    /// The promise could not be made durable in time. It may yet be: retry with the same key.
    #[error("the journal is unavailable")]
    JournalUnavailable {
        /// A guess at when to try again.
        retry_after: Duration,
    },
    /// The owner died while it was handling the call, or was overtaken before it began. Retry with
    /// the same key.
    #[error("the owner of the showtime was restarted")]
    OwnerRestarted,
    /// The owner died too often and rests for a while.
    #[error("the owner of the showtime keeps failing")]
    GaveUp {
        /// When it will be tried again.
        retry_after: Duration,
    },
    /// The showtime was asleep and is still being rebuilt; nothing has changed.
    #[error("the showtime is still starting")]
    Starting {
        /// When it may be there.
        retry_after: Duration,
    },
    /// As many owners as may live have holds to look after; nothing has changed.
    #[error("as many showtimes as may be are on sale here at this moment")]
    TooManyShowtimes {
        /// When some hold may be over.
        retry_after: Duration,
    },
    /// This process's clock and the store's are too far apart to begin to sell by either.
    #[error("the server's clock is {ahead_ms} ms ahead of the database's")]
    WrongClock {
        /// By how many milliseconds ours is ahead; negative when it is behind.
        ahead_ms: i64,
    },
    /// Another process owns the showtime now; this one never answers for it again.
    #[error("the showtime is served by another process")]
    Deposed,
    /// There is no such showtime.
    #[error("no such showtime")]
    UnknownShowtime,
    /// The call's deadline passed before the owner came to it.
    #[error("the owner of the showtime did not answer in time")]
    TimedOut,
    /// The program is stopping.
    #[error("the box office is closing")]
    ShuttingDown,
}

/// The supervisor of all owners could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the box office could not open: {0}")]
pub struct OpenError(pub(crate) String);
