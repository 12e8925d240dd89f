//! What can go wrong with the tables, told apart by what the caller can do about it.

use journal::JournalError;
use journal::causes::Coded;
use seating::ids::ShowtimeId;

/// A failure of a query outside the journal's own loads.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or the way to it failed; later it may answer.
    #[error("the database failed")]
    Driver(#[from] sqlx::Error),
    /// A stored value cannot be true: the program and its tables disagree.
    #[error("{table}.{column} of row {id} cannot be read: {reason}")]
    CorruptRow {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// The row's key.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// A statement touched more or fewer rows than it must.
    #[error("{actual} rows changed instead of {expected}")]
    RowsAffected {
        /// How many there are to change.
        expected: u64,
        /// How many changed.
        actual: u64,
    },
}

impl StoreError {
    /// The code under which `PostgreSQL`'s manual explains the failure, if it said one.
    pub fn sqlstate(&self) -> Option<String> {
        match self {
            Self::Driver(error) => sqlstate(error),
            Self::CorruptRow { .. } | Self::RowsAffected { .. } => None,
        }
    }

    /// A cell that cannot be read.
    pub(crate) fn corrupt(
        table: &'static str,
        column: &'static str,
        id: &dyn ToString,
        reason: &dyn ToString,
    ) -> Self {
        Self::CorruptRow {
            table,
            column,
            id: id.to_string(),
            reason: reason.to_string(),
        }
    }
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
