//! Sells with one design: what to try again, how often, and what is left to Redis.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use redis::RedisError;
use seating::command::Confirm;
use seating::seat_layout::SeatIndex;
use seating::timestamp::Timestamp;

use crate::counters::Counters;
use crate::house::House;
use crate::locks::SeatLocks;
use crate::outcome::{Best, Block, EndedHold, HoldKey, Seized, WhyNot};
use crate::rows::{has_code, run};
use crate::store::Store;

/// One design at work.
#[derive(Debug)]
pub struct Seller {
    store: Store,
    /// Present in the design that locks in Redis.
    locks: Option<SeatLocks>,
    counters: Arc<Counters>,
}

/// What became of a wish for seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// These are held until then.
    Seats(Vec<SeatIndex>, Timestamp),
    /// Some of those that were named are taken; true for the sold.
    Taken(Vec<(SeatIndex, bool)>),
    /// No block of neighbors is free.
    NoBlock,
}

/// Why a request was not decided.
#[derive(Debug, thiserror::Error)]
pub enum Undecided {
    /// No attempt went through.
    #[error("others were faster every time")]
    GaveUp,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Redis failed.
    #[error(transparent)]
    Redis(#[from] RedisError),
}

/// Attempts at one request.
const ATTEMPTS_MAX: u32 = 10;

/// Longest pause before an attempt, reached by doubling from one millisecond; the pause is random
/// up to that, so that those who collided do not collide again.
const PAUSE_MS_MAX: u64 = 64;

/// Serialization failure and deadlock: the database undid everything and asks for another attempt.
const TRY_AGAIN: [&str; 2] = ["40001", "40P01"];

impl Seller {
    /// Over these tables and locks.
    pub const fn new(store: Store, locks: Option<SeatLocks>, counters: Arc<Counters>) -> Self {
        Self {
            store,
            locks,
            counters,
        }
    }

    /// The tables.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Holds exactly these seats, or none.
    pub async fn hold_seats(
        &self,
        key: HoldKey,
        seats: &[SeatIndex],
        ttl_seconds: u32,
    ) -> Result<Granted, Undecided> {
        let Some(locks) = &self.locks else {
            return self.seize(key, seats, ttl_seconds).await;
        };
        let taken = locks.lock(key.showtime, seats, key.hold, ttl_seconds);
        let taken = taken.await?;
        if !taken.is_empty() {
            let reserved = taken.into_iter().map(|seat| (seat, false));
            return Ok(Granted::Taken(reserved.collect()));
        }
        let granted = self.seize(key, seats, ttl_seconds).await?;
        // After a failure nobody knows what is held, and the locks stay until they expire.
        if !matches!(granted, Granted::Seats(..)) {
            locks.unlock(key.showtime, seats, key.hold).await?;
        }
        Ok(granted)
    }

    /// Holds a block of neighbors.
    pub async fn hold_best(
        &self,
        key: HoldKey,
        quantity: u32,
        house: &House,
        ttl_seconds: u32,
    ) -> Result<Granted, Undecided> {
        if self.locks.is_some() {
            return self.lock_best(key, quantity, house, ttl_seconds).await;
        }
        for attempt in 1..=ATTEMPTS_MAX {
            let start = house.random_row();
            let block = Block { quantity, start };
            match self.store.hold_best(key, block, ttl_seconds).await {
                Ok(Best::Held(seats, until)) => return Ok(Granted::Seats(seats, until)),
                Ok(Best::NoBlock) => return Ok(Granted::NoBlock),
                Ok(Best::Lost) => self.pause(attempt).await,
                Err(error) if is_worth_a_retry(&error) => self.pause(attempt).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(self.give_up())
    }

    /// Gives a hold's seats back.
    pub async fn release(&self, key: HoldKey) -> Result<Result<EndedHold, WhyNot>, Undecided> {
        let released = self.persist(|| self.store.release(key)).await?;
        if let (Some(locks), Ok(hold)) = (&self.locks, &released) {
            locks.unlock(key.showtime, &hold.seats, key.hold).await?;
        }
        Ok(released)
    }

    /// Sells a hold's seats. Its locks stay until they expire; then the rows say what is sold.
    pub async fn confirm(
        &self,
        key: HoldKey,
        sale: &Confirm,
    ) -> Result<Result<EndedHold, WhyNot>, Undecided> {
        self.persist(|| self.store.confirm(key, sale)).await
    }

    async fn seize(
        &self,
        key: HoldKey,
        seats: &[SeatIndex],
        ttl_seconds: u32,
    ) -> Result<Granted, Undecided> {
        let seized = self.persist(|| self.store.hold_seats(key, seats, ttl_seconds));
        Ok(match seized.await? {
            Seized::Until(until) => Granted::Seats(seats.to_vec(), until),
            Seized::Taken(taken) => Granted::Taken(taken),
        })
    }

    /// Chooses by the rows and locks the choice. The rows do not know yet what others have locked,
    /// so after a loss the next choice is further behind.
    async fn lock_best(
        &self,
        key: HoldKey,
        quantity: u32,
        house: &House,
        ttl_seconds: u32,
    ) -> Result<Granted, Undecided> {
        let mut start = house.random_row();
        for _attempt in 1..=ATTEMPTS_MAX {
            let block = Block { quantity, start };
            let found = self.store.first_block(key.showtime, block).await?;
            let Some(first) = found else {
                return Ok(Granted::NoBlock);
            };
            let seats = run(first, quantity);
            match self.hold_seats(key, &seats, ttl_seconds).await? {
                Granted::Taken(_) => self.counters.retried(),
                granted @ (Granted::Seats(..) | Granted::NoBlock) => return Ok(granted),
            }
            start = SeatIndex(first.0 + quantity);
        }
        Err(self.give_up())
    }

    /// Asks again while the database says that another attempt may go through.
    async fn persist<T, F>(&self, ask: impl Fn() -> F) -> Result<T, Undecided>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        // Before what is asked, and so dropped after it: who is counted as gone asks nothing more.
        let waiting = self.counters.wait();
        for attempt in 1..=ATTEMPTS_MAX {
            match ask().await {
                Err(error) if is_worth_a_retry(&error) => self.pause(attempt).await,
                decided => {
                    waiting.decided();
                    return Ok(decided?);
                }
            }
        }
        waiting.decided();
        Err(self.give_up())
    }

    async fn pause(&self, attempt: u32) {
        if attempt == ATTEMPTS_MAX {
            return;
        }
        self.counters.retried();
        let longest = PAUSE_MS_MAX.min(1 << attempt.min(16));
        let micros = rand::rng().random_range(0..=longest * 1_000);
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }

    fn give_up(&self) -> Undecided {
        self.counters.gave_up();
        Undecided::GaveUp
    }
}

fn is_worth_a_retry(error: &sqlx::Error) -> bool {
    TRY_AGAIN.iter().any(|code| has_code(error, code))
}
