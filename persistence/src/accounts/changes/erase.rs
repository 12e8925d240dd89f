//! The end of an account.

use seating::timestamp::Timestamp;
use sqlx::types::Uuid;

use super::forget_links;
use crate::accounts::keys::{self, FollowUp, follow};
use crate::accounts::sessions::end_all;
use crate::accounts::{Accounts, logged};
use crate::error::StoreError;
use crate::jobs;
use crate::pg_types::Timestamptz;

/// What vouches for the person and what the audit log says of them goes with it, by a trigger: the program before
/// this one does not know of either.
const ERASE: &str = "\
update accounts set email = null, email_key = null, email_verified_at = null, name = null, \
    phone = null, phone_verified_at = null, password_hash = null, failed_logins = 0, last_failed_at = null, \
    role = 'USER', erased_at = $2, updated_at = $2 \
where id = $1 and erased_at is null and password_hash is not distinct from $3";

impl Accounts {
    /// Erases the person: what is left is an id, which bookings name. `false` when that has
    /// been done, or the password is no longer the one that was `proved`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn erase(
        &self,
        (account, proved): (Uuid, Option<&str>),
        forget_at: Timestamp,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let erased = sqlx::query(ERASE)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(proved)
            .execute(&mut *transaction)
            .await?;
        if erased.rows_affected() != 1 {
            return Ok(false);
        }
        forget_links(&mut transaction, account).await?;
        // Whoever ends a session tells of it: once none is left, no more mails come.
        end_all(&mut transaction, (account, None), forget_at).await?;
        jobs::forget_mails(&mut transaction, account).await?;
        keys::forget(&mut transaction, account).await?;
        let what = ("account.erased", account);
        logged::log(&mut transaction, follow_up.by, what, (None, None), now).await?;
        follow(&mut transaction, follow_up, (account, None), now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
