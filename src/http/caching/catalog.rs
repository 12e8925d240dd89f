//! The catalog as crowds read it: from the database at most once a second, and by few at once.
//!
//! Everybody may read it, so what it costs must not depend on how many do. Whoever asks for the same
//! page within a second gets the same bytes, and those who ask at once wait for one query. Different
//! pages are read by a part of the database's connections; the rest is left to those who buy.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use moka::future::Cache;
use persistence::bookings::Booking;
use persistence::error::StoreError;
use persistence::showtimes::{Showtime, Showtimes};
use seating::ids::{BookingId, ShowtimeId};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::http::budget::Budget;
use crate::http::problem::{self, Code, Problem};

/// Showtimes that the list has at most, the newest sales: it bounds what the database counts and skips.
pub(in crate::http) const LISTED_MAX: u32 = 10_000;
/// How old an answer may be.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// Pages are kept in so many hundredths of the memory for large answers; one of a hundred showtimes is
/// some 60 KB.
const PAGES_PERCENT: usize = 5;
/// Showtimes kept, each less than a kilobyte.
const ROWS_MAX: u64 = 10_000;
/// How long a reader waits for a connection before it is told to come back.
const TURN_TIMEOUT: Duration = Duration::from_millis(500);
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Reads the list of showtimes for the public.
#[derive(Debug)]
pub struct Catalog {
    showtimes: Showtimes,
    /// How many are listed, for all pages.
    total: Cache<(), u64>,
    pages: Cache<(u32, u32), Arc<Listed>>,
    rows: Cache<ShowtimeId, Arc<Showtime>>,
    answers: Arc<Budget>,
    /// Connections that may read for the public at once.
    turns: Semaphore,
}

/// A page as it is sent.
#[derive(Debug)]
pub(in crate::http) struct Listed {
    pub(in crate::http) body: Bytes,
    pub(in crate::http) tag: String,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
enum Missed {
    #[error("there is no such showtime")]
    Unknown,
    #[error("too many people are looking things up")]
    Busy,
    #[error("as many answers are in memory as the server has room for")]
    NoMemory,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The request that asked first for the same, and read for all, has failed.
    #[error(transparent)]
    Shared(#[from] Arc<Self>),
}

impl Catalog {
    /// Over the database, of whose connections at most half read for the public. Pages are shared by
    /// all who read them, and accounted for in `answers`.
    pub fn new(showtimes: Showtimes, database_connections: u32, answers: Arc<Budget>) -> Self {
        let pages = Cache::builder()
            .max_capacity(answers.percent(PAGES_PERCENT) as u64)
            .weigher(|_, listed: &Arc<Listed>| u32::try_from(listed.body.len()).unwrap_or(u32::MAX))
            .time_to_live(FRESH_FOR);
        let rows = Cache::builder()
            .max_capacity(ROWS_MAX)
            .time_to_live(FRESH_FOR);
        let total = Cache::builder().max_capacity(1).time_to_live(FRESH_FOR);
        let turns = usize::try_from(database_connections / 2).unwrap_or(1);
        Self {
            showtimes,
            total: total.build(),
            pages: pages.build(),
            rows: rows.build(),
            answers,
            turns: Semaphore::new(turns.max(1)),
        }
    }

    /// Forgets what it has read, because this process has just changed it.
    pub fn has_changed(&self) {
        self.total.invalidate_all();
        self.pages.invalidate_all();
        self.rows.invalidate_all();
    }

    /// A page with how many there are on all pages, as `render` writes it. One beyond the last is
    /// read from no table.
    pub(in crate::http) async fn page(
        &self,
        page: u32,
        limit: u32,
        render: impl FnOnce(&[Showtime], u64) -> Bytes,
    ) -> Result<Arc<Listed>, Problem> {
        let read = self.pages.try_get_with((page, limit), async {
            let total = self.total().await?;
            let before = page.saturating_sub(1).saturating_mul(limit);
            let showtimes = if u64::from(before) < total {
                let _turn = self.turn().await?;
                let limit = limit.min(LISTED_MAX.saturating_sub(before));
                self.showtimes.list(before, limit).await?
            } else {
                Vec::new()
            };
            let body = render(&showtimes, total);
            let tag = tag_of(&body);
            let weighed = self.answers.weigh(body, None);
            let body = weighed.map_err(|_full| Missed::NoMemory)?;
            Ok::<_, Missed>(Arc::new(Listed { body, tag }))
        });
        read.await.map_err(|missed| problem_of(&missed, None))
    }

    async fn total(&self) -> Result<u64, Arc<Missed>> {
        let counted = self.total.try_get_with((), async {
            let _turn = self.turn().await?;
            Ok(self.showtimes.total(LISTED_MAX).await?)
        });
        counted.await
    }

    /// One showtime, if there is one.
    pub(in crate::http) async fn showtime(&self, id: ShowtimeId) -> Result<Arc<Showtime>, Problem> {
        let read = self.rows.try_get_with(id, async {
            let _turn = self.turn().await?;
            let showtime = self.showtimes.get(id).await?;
            // Ids that somebody made up take no memory.
            showtime.map(Arc::new).ok_or(Missed::Unknown)
        });
        read.await.map_err(|missed| problem_of(&missed, Some(id)))
    }

    /// A booking, read in turn with everything else that is read for the public.
    ///
    /// # Errors
    ///
    /// 503 while no connection is free in time or the database is unreachable.
    pub async fn booking(&self, id: BookingId) -> Result<Option<Booking>, Problem> {
        let turn = self.turn().await;
        let _turn = turn.map_err(|missed| problem_of(&missed, None))?;
        let found = self.showtimes.bookings().get(id).await;
        found.map_err(|error| problem::of_store(&error))
    }

    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Missed> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(Missed::Busy)
    }
}

/// A tag that changes when the bytes do.
pub(in crate::http) fn tag_of(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let first = digest.first_chunk().copied().unwrap_or_default();
    format!("W/\"{:016x}\"", u64::from_be_bytes(first))
}

fn problem_of(missed: &Missed, id: Option<ShowtimeId>) -> Problem {
    match (missed, id) {
        (Missed::Unknown, Some(id)) => Problem::not_found("showtime", id),
        (Missed::Unknown, None) => Problem::new(Code::NotFound, missed.to_string()),
        (Missed::Busy | Missed::NoMemory, _) => {
            Problem::new(Code::Overloaded, missed.to_string()).with_retry_after(RETRY_AFTER)
        }
        (Missed::Store(error), _) => problem::of_store(error),
        (Missed::Shared(missed), id) => problem_of(missed, id),
    }
}
