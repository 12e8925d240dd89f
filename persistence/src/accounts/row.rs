//! Rows of accounts and sessions.

use seating::timestamp::Timestamp;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::{Account, Session, SignIn};
use crate::error::StoreError;
use crate::pg_types::{Int, Timestamptz};

/// Reads the columns that every query for accounts selects.
pub(super) fn account(row: &PgRow) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        email_verified_at: optional(row, "email_verified_at")?,
        name: row.try_get("name")?,
        phone: row.try_get("phone")?,
        phone_verified_at: optional(row, "phone_verified_at")?,
        role: row.try_get("role")?,
        created_at: at(row, "created_at")?,
        updated_at: at(row, "updated_at")?,
        blocked_at: optional(row, "blocked_at")?,
    })
}

/// Reads an account with what signing in needs.
pub(super) fn sign_in(row: &PgRow) -> Result<SignIn, StoreError> {
    let Int(failed_logins) = row.try_get("failed_logins")?;
    Ok(SignIn {
        account: account(row)?,
        password_hash: row.try_get("password_hash")?,
        failed_logins,
        last_failed_at: optional(row, "last_failed_at")?,
        familiar: row.try_get("familiar")?,
    })
}

/// Reads the columns of a session, whose names begin with `session_`.
pub(super) fn session(row: &PgRow) -> Result<Session, StoreError> {
    let Int(generation) = row.try_get("session_generation")?;
    Ok(Session {
        id: row.try_get("session_id")?,
        device: row.try_get("session_device")?,
        address: row.try_get("session_address")?,
        created_at: at(row, "session_created_at")?,
        last_used_at: at(row, "session_last_used_at")?,
        expires_at: at(row, "session_expires_at")?,
        generation,
    })
}

fn at(row: &PgRow, column: &str) -> Result<Timestamp, StoreError> {
    let Timestamptz(at) = row.try_get(column)?;
    Ok(at)
}

fn optional(row: &PgRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<Timestamptz> = row.try_get(column)?;
    Ok(at.map(|Timestamptz(at)| at))
}
