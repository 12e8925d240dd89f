//! What can go wrong with the tables, by what the caller can do about it.

use journal::JournalError;
use journal::causes::Coded;
use seating::ids::ShowtimeId;

/// A failure of a query outside the journal's own loads.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or the way to it failed; later it may answer.
    #[error("the database failed")]
    Driver(#[source] sqlx::Error),
    /// A stored value cannot be true: the program and its tables disagree.
    #[error("{column} cannot be read: {reason}")]
    CorruptRow {
        /// Which one: table, column and row, or as much as is known.
        column: String,
        reason: String,
    },
    /// The key of a write is kept for another, or for the same that somebody else did first; nothing of
    /// this one is done.
    #[error("the key is taken")]
    KeyTaken,
    /// A statement touched more or fewer rows than it must.
    #[error("{actual} rows changed instead of {expected}")]
    RowsAffected {
        /// How many there are to change.
        expected: u64,
        actual: u64,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match unreadable(&error) {
            Some((column, reason)) => Self::CorruptRow { column, reason },
            None => Self::Driver(error),
        }
    }
}

impl StoreError {
    /// The code under which `PostgreSQL`'s manual explains the failure, if it said one.
    pub fn sqlstate(&self) -> Option<String> {
        match self {
            Self::Driver(error) => sqlstate(error),
            Self::CorruptRow { .. } | Self::KeyTaken | Self::RowsAffected { .. } => None,
        }
    }

    /// A column that cannot be read.
    pub(crate) fn corrupt(
        table: &'static str,
        column: &'static str,
        id: &dyn ToString,
        reason: &dyn ToString,
    ) -> Self {
        Self::CorruptRow {
            column: format!("{table}.{column} of row {}", id.to_string()),
            reason: reason.to_string(),
        }
    }
}

/// The column that a query's answer could not be read from, and why, if that was what failed.
pub(crate) fn unreadable(error: &sqlx::Error) -> Option<(String, String)> {
    if let sqlx::Error::ColumnDecode { index, source } = error {
        return Some((format!("column {index}"), source.to_string()));
    }
    None
}

/// Checks that a statement changed as many rows as it must.
pub(crate) fn expect_rows(actual: u64, expected: usize) -> Result<(), StoreError> {
    let expected = expected as u64;
    if actual == expected {
        Ok(())
    } else {
        Err(StoreError::RowsAffected { expected, actual })
    }
}

/// The code that the database gave a failure.
pub(crate) fn sqlstate(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

/// A failure of the database or of the way to it.
pub(crate) fn unavailable(error: sqlx::Error) -> JournalError {
    JournalError::Unavailable(match sqlstate(&error) {
        Some(code) => Box::new(Coded {
            code,
            failure: Box::new(error),
        }),
        None => Box::new(error),
    })
}

/// Something stored that cannot be true.
pub(crate) fn damaged(showtime: ShowtimeId, reason: String) -> JournalError {
    JournalError::Damaged { showtime, reason }
}
