//! What an account says of its person, what they may do, and whether they are let in.

use seating::timestamp::Timestamp;
use sqlx::postgres::{PgRow, PgTransaction};
use sqlx::types::Uuid;

use crate::accounts::keys::{FollowUp, follow};
use crate::accounts::{Account, Accounts, logged, row, update};
use crate::error::StoreError;
use crate::pg_types::Timestamptz;

const CHANGE_PROFILE: &str = update!(
    "name = coalesce($3, a.name), phone = case when $4 then $5 else a.phone end, updated_at = $2"
);
const SET_ROLE: &str = update!("role = $3, updated_at = $2");
const BLOCK: &str = update!("blocked_at = case when $3 then $2 end, updated_at = $2");

/// What of a profile becomes something else.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProfileChange<'a> {
    pub name: Option<&'a str>,
    pub phone: PhoneChange<'a>,
}

/// What becomes of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhoneChange<'a> {
    /// It stays as it is.
    #[default]
    Kept,
    Removed,
    /// It becomes this one.
    Replaced(&'a str),
}

impl Accounts {
    /// Another name or phone. The proof of a phone goes with it, as a trigger sees to; an account without an
    /// address of mail keeps a proved one, as a constraint does.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn change_profile(
        &self,
        account: Uuid,
        change: ProfileChange<'_>,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let before = logged::before(&mut transaction, account).await?;
        let changed = sqlx::query(CHANGE_PROFILE)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(change.name)
            .bind(change.phone != PhoneChange::Kept)
            .bind(match change.phone {
                PhoneChange::Replaced(phone) => Some(phone),
                PhoneChange::Kept | PhoneChange::Removed => None,
            })
            .fetch_optional(&mut *transaction)
            .await?;
        let what = ("account.profile_changed", before, changed.as_ref());
        commit(transaction, what, follow_up, now).await
    }

    /// Another role; tokens that were issued before keep the one they have.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn set_role(
        &self,
        account: Uuid,
        role: &str,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let before = logged::before(&mut transaction, account).await?;
        let changed = sqlx::query(SET_ROLE)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(role)
            .fetch_optional(&mut *transaction)
            .await?;
        let what = ("account.role_changed", before, changed.as_ref());
        commit(transaction, what, follow_up, now).await
    }

    /// Blocks an account, or lets it in again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn set_blocked(
        &self,
        account: Uuid,
        blocked: bool,
        follow_up: FollowUp<'_>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let before = logged::before(&mut transaction, account).await?;
        let changed = sqlx::query(BLOCK)
            .bind(account)
            .bind(Timestamptz(now))
            .bind(blocked)
            .fetch_optional(&mut *transaction)
            .await?;
        let action = if blocked {
            "account.blocked"
        } else {
            "account.unblocked"
        };
        let what = (action, before, changed.as_ref());
        commit(transaction, what, follow_up, now).await
    }
}

/// Commits what has changed an account, with what follows from it; of one that is gone nothing is done.
async fn commit(
    mut transaction: PgTransaction<'_>,
    (action, before, changed): (&str, Option<Account>, Option<&PgRow>),
    follow_up: FollowUp<'_>,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let Some(account) = changed.map(row::account).transpose()? else {
        return Ok(None);
    };
    let change = (before.as_ref(), Some(&account));
    let what = (action, account.id);
    logged::log(&mut transaction, follow_up.by, what, change, now).await?;
    follow(&mut transaction, follow_up, (account.id, None), now).await?;
    transaction.commit().await?;
    Ok(Some(account))
}
