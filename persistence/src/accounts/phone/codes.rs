//! Codes that are sent to phones: how many, and how often one is guessed at.
//!
//! ```text
//!   claim ──► sent ──────► arm:  the code is good, and the one before no longer
//!         └─► not sent ──► give back: it costs the number nothing, and the code before stays good
//!
//!   attempt, at most five ──► it is the code ──► consume, once
//! ```
//!
//! A number has one row, which decides between all servers. Rows of numbers that were sent nothing for two days
//! are forgotten, a few with each code.

use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::types::Uuid;

use super::GivenCode;
use crate::accounts::Accounts;
use crate::error::StoreError;
use crate::pg_types::{Int, Timestamptz, int};

/// Seconds between two codes for one number.
const CODE_EVERY_SECONDS: u32 = 60;

/// Guesses of one code that are looked at.
const ATTEMPTS_MAX: u32 = 5;

const DAY_SECONDS: u32 = 24 * 60 * 60;

/// Goes along the primary key to one row. Of two at once the second waits for the first, and finds that a code
/// has just been sent.
pub const CLAIM: &str = "\
insert into phone_codes as c (phone, sent_at, day_began_at, sent) values ($1, $2, $2, 1) \
on conflict (phone) do update set sent_at = excluded.sent_at, \
    day_began_at = case when c.day_began_at <= $4 then excluded.day_began_at else c.day_began_at end, \
    sent = case when c.day_began_at <= $4 then 1 else c.sent + 1 end \
where c.sent_at <= $3 and (c.day_began_at <= $4 or c.sent < $5)";

const STANDING: &str = "\
select sent_at, day_began_at, sent, coalesce(key = $2, false) and sent_at > $3 \
from phone_codes where phone = $1";

const ARM: &str = "\
update phone_codes set code_id = $3, digest = $4, expires_at = $5, attempts = 0, used_at = null, key = $6 \
where phone = $1 and sent_at = $2";

const GIVE_BACK: &str = "\
update phone_codes set sent = sent - 1, sent_at = $3 where phone = $1 and sent_at = $2";

/// A few at a time, so that whoever asks waits for no pile. Goes along the index of their age.
pub const FORGET_OLD: &str = "\
delete from phone_codes where phone in ( \
    select phone from phone_codes where sent_at < $1 \
    order by sent_at limit 10 for update skip locked)";

/// Goes along the primary key to one row. Counted before anything is compared: of fifty at once five are
/// looked at.
pub const ATTEMPT: &str = "\
update phone_codes set attempts = attempts + 1 \
where phone = $1 and expires_at > $2 and attempts < $3 \
returning code_id, digest, used_at is not null";

const TAKE_BACK: &str = "\
update phone_codes set attempts = attempts - 1 \
where phone = $1 and code_id = $2 and used_at is null and attempts > 0";

/// Goes along the primary key to one row. Of two at once the second waits for the first, and finds it used.
pub const USE: &str = "\
update phone_codes set used_at = $3 \
where phone = $1 and code_id = $2 and used_at is null and expires_at > $3";

/// A code that was sent, and is good from now on.
#[derive(Clone, Copy, Debug)]
pub struct NewCode<'a> {
    pub id: Uuid,
    /// Of a code of ours; none where somebody else makes and checks codes.
    pub digest: Option<&'a [u8; 16]>,
    pub expires_at: Timestamp,
    /// The digest of the key under which it was asked for.
    pub key: Option<&'a [u8; 16]>,
}

/// Whether a number may be sent a code now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It may, and the code counts already.
    Granted,
    /// The same request came before, and was done.
    Repeated,
    /// One was sent within the minute.
    TooSoon { again_at: Timestamp },
    /// As many as may be were sent within the day.
    TooMany { again_at: Timestamp },
}

/// A guess that is counted, with what it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub code_id: Uuid,
    pub digest: Option<Vec<u8>>,
    pub is_used: bool,
}

impl Accounts {
    /// Takes the right to send a number a code, if it was sent none within the minute and fewer than
    /// `per_day` within the day. A request that was done under the same key within the day is told so.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn claim_code(
        &self,
        phone: &str,
        (key, per_day): (Option<&[u8; 16]>, u32),
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let mut connection = self.pool.acquire().await?;
        if key.is_some()
            && let Some(standing) = standing(&mut connection, (phone, key), now).await?
            && standing.is_repeated
        {
            return Ok(Claim::Repeated);
        }
        let claimed = sqlx::query(CLAIM)
            .bind(phone)
            .bind(Timestamptz(now))
            .bind(Timestamptz(before(now, CODE_EVERY_SECONDS)))
            .bind(Timestamptz(before(now, DAY_SECONDS)))
            .bind(int(per_day))
            .execute(&mut *connection)
            .await?;
        if claimed.rows_affected() == 1 {
            // Of rows that others have locked none is taken: nobody is waited for.
            sqlx::query(FORGET_OLD)
                .bind(Timestamptz(before(now, 2 * DAY_SECONDS)))
                .execute(&mut *connection)
                .await?;
            return Ok(Claim::Granted);
        }
        let standing = standing(&mut connection, (phone, key), now).await?;
        Ok(match standing {
            Some(standing) if standing.is_repeated => Claim::Repeated,
            Some(standing) => refused(&standing, per_day, now),
            // It was forgotten in between.
            None => Claim::TooSoon { again_at: now },
        })
    }

    /// Makes the code good that was sent for the claim of this moment. The one before is so no longer.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn arm_code(
        &self,
        (phone, claimed_at): (&str, Timestamp),
        code: NewCode<'_>,
    ) -> Result<(), StoreError> {
        sqlx::query(ARM)
            .bind(phone)
            .bind(Timestamptz(claimed_at))
            .bind(code.id)
            .bind(code.digest.map(|digest| &digest[..]))
            .bind(Timestamptz(code.expires_at))
            .bind(code.key.map(|key| &key[..]))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Gives the claim of this moment back, because nothing was sent.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn give_code_back(
        &self,
        phone: &str,
        claimed_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(GIVE_BACK)
            .bind(phone)
            .bind(Timestamptz(claimed_at))
            .bind(Timestamptz(before(claimed_at, CODE_EVERY_SECONDS)))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Counts a guess; none when there is no code that is good so long, or it was guessed at too often.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn attempt_code(
        &self,
        phone: &str,
        now: Timestamp,
    ) -> Result<Option<Attempt>, StoreError> {
        let found: Option<(Uuid, Option<Vec<u8>>, bool)> = sqlx::query_as(ATTEMPT)
            .bind(phone)
            .bind(Timestamptz(now))
            .bind(int(ATTEMPTS_MAX))
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|(code_id, digest, is_used)| Attempt {
            code_id,
            digest,
            is_used,
        }))
    }

    /// Takes a guess back that nobody could look at.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn take_attempt_back(&self, code: GivenCode<'_>) -> Result<(), StoreError> {
        sqlx::query(TAKE_BACK)
            .bind(code.phone)
            .bind(code.id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Uses a code up; `false` when that was done, it is too old, or another was sent since.
pub(super) async fn consume(
    connection: &mut PgConnection,
    code: GivenCode<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let used = sqlx::query(USE)
        .bind(code.phone)
        .bind(code.id)
        .bind(Timestamptz(now))
        .execute(connection)
        .await?;
    Ok(used.rows_affected() == 1)
}

/// What a number was sent.
struct Standing {
    sent_at: Timestamp,
    day_began_at: Timestamp,
    sent: u32,
    is_repeated: bool,
}

async fn standing(
    connection: &mut PgConnection,
    (phone, key): (&str, Option<&[u8; 16]>),
    now: Timestamp,
) -> Result<Option<Standing>, StoreError> {
    let found: Option<(Timestamptz, Timestamptz, Int, bool)> = sqlx::query_as(STANDING)
        .bind(phone)
        .bind(key.map(|key| &key[..]))
        .bind(Timestamptz(before(now, DAY_SECONDS)))
        .fetch_optional(connection)
        .await?;
    Ok(
        found.map(|(sent_at, day_began_at, sent, is_repeated)| Standing {
            sent_at: sent_at.0,
            day_began_at: day_began_at.0,
            sent: sent.0,
            is_repeated,
        }),
    )
}

fn refused(standing: &Standing, per_day: u32, now: Timestamp) -> Claim {
    let day_ends_at = standing.day_began_at.plus_seconds(DAY_SECONDS);
    if standing.sent >= per_day && day_ends_at > now {
        return Claim::TooMany {
            again_at: day_ends_at,
        };
    }
    Claim::TooSoon {
        again_at: standing.sent_at.plus_seconds(CODE_EVERY_SECONDS),
    }
}

const fn before(now: Timestamp, seconds: u32) -> Timestamp {
    now.minus_micros(seconds as u64 * 1_000_000)
}
