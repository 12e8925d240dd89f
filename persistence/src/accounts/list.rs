//! Looking through the accounts, for operators.

use sqlx::types::Uuid;

use super::{Account, Accounts, columns, row};
use crate::error::StoreError;

/// The newest first: ids are made in order of time.
const LIST: &str = concat!(
    "select ",
    columns!(),
    " from accounts a where a.erased_at is null and a.id < $1 \
        and ($2::text is null or a.role = $2) and ($3::text is null or a.email_key = $3) \
    order by a.id desc limit $4"
);

/// Which accounts are looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountFilter<'a> {
    pub role: Option<&'a str>,
    /// The address, in the form in which two of one person are equal.
    pub email_key: Option<&'a str>,
    /// The last account of the page before.
    pub after: Option<Uuid>,
}

impl Accounts {
    /// At most `limit` accounts, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn list(
        &self,
        filter: AccountFilter<'_>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let rows = sqlx::query(LIST)
            // Each filter has a plan of its own; one that is kept for all goes along every account.
            .persistent(false)
            .bind(filter.after.unwrap_or(Uuid::max()))
            .bind(filter.role)
            .bind(filter.email_key)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::account).collect()
    }
}
