//! The locks of seats in Redis.
//!
//! A key per seat, set only where there is none, that lives as long as the hold it belongs to: who
//! finds it there is refused without a look into the database.

pub mod local_redis;

use std::sync::LazyLock;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, Script};
use seating::ids::{HoldId, ShowtimeId};
use seating::seat_layout::SeatIndex;

/// The locks, over one connection that all requests share.
#[derive(Clone, Debug)]
pub struct SeatLocks {
    connection: MultiplexedConnection,
}

/// All or nothing in one step, so that nobody sees half of it. Answers the numbers of the keys
/// that somebody else has.
static LOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local got, taken = {}, {}
         for at, key in ipairs(KEYS) do
             if redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) then
                 got[#got + 1] = key
             else
                 taken[#taken + 1] = at
             end
         end
         if #taken > 0 and #got > 0 then
             redis.call('DEL', unpack(got))
         end
         return taken",
    )
});

/// Deletes only what is still the owner's own.
static UNLOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for _, key in ipairs(KEYS) do
             if redis.call('GET', key) == ARGV[1] then
                 redis.call('DEL', key)
             end
         end",
    )
});

impl SeatLocks {
    /// At the server of this address.
    pub async fn open(url: &str) -> Result<Self, RedisError> {
        let client = redis::Client::open(url)?;
        let connection = client.get_multiplexed_async_connection().await?;
        Ok(Self { connection })
    }

    /// Locks all of the seats for a hold, or none. Returns those that are locked already.
    pub async fn lock(
        &self,
        showtime: ShowtimeId,
        seats: &[SeatIndex],
        hold: HoldId,
        ttl_seconds: u32,
    ) -> Result<Vec<SeatIndex>, RedisError> {
        let mut call = LOCK.prepare_invoke();
        for seat in seats {
            call.key(key(showtime, *seat));
        }
        call.arg(hold.to_string());
        call.arg(u64::from(ttl_seconds) * 1_000);
        let mut connection = self.connection.clone();
        let taken: Vec<usize> = call.invoke_async(&mut connection).await?;
        let at = taken.into_iter().filter_map(|at| at.checked_sub(1));
        Ok(at.filter_map(|at| seats.get(at).copied()).collect())
    }

    /// Unlocks what a hold has locked.
    pub async fn unlock(
        &self,
        showtime: ShowtimeId,
        seats: &[SeatIndex],
        hold: HoldId,
    ) -> Result<(), RedisError> {
        let mut call = UNLOCK.prepare_invoke();
        for seat in seats {
            call.key(key(showtime, *seat));
        }
        call.arg(hold.to_string());
        let mut connection = self.connection.clone();
        call.invoke_async(&mut connection).await
    }
}

fn key(showtime: ShowtimeId, seat: SeatIndex) -> String {
    format!("seat:{showtime}:{}", seat.0)
}
