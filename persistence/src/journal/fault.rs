//! Why a batch failed: the world's fault, which passes, or an entry's.

use sqlx::error::DatabaseError;

use crate::error::StoreError;

/// What kind of failure it was, and so what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BatchFault {
    /// Trying again may help, and whether the batch was committed is not known.
    Transient,
    /// Something of the batch is refused however often it is tried.
    Data(String),
    /// A number of the journal is taken: by us, if an earlier try was committed unseen, or by
    /// another.
    NumberTaken,
}

/// SQLSTATE classes that say that the data are at fault: cardinality, data exception, integrity
/// constraint, check option, and program limits such as the size of an index row.
const DATA_CLASSES: [&str; 5] = ["21", "22", "23", "44", "54"];

const UNIQUE_VIOLATION: &str = "23505";

impl BatchFault {
    /// What is not known to be the data's fault counts as the world's: trying again loses nothing,
    /// giving up would.
    pub(super) fn of(error: &StoreError) -> Self {
        match error {
            StoreError::CorruptRow { .. }
            | StoreError::RowsAffected { .. }
            | StoreError::KeyTaken => Self::Data(error.to_string()),
            StoreError::Driver(sqlx::Error::Database(error)) => Self::of_database(&**error),
            StoreError::Driver(sqlx::Error::Encode(error)) => Self::Data(error.to_string()),
            StoreError::Driver(_) => Self::Transient,
        }
    }

    fn of_database(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        if code == UNIQUE_VIOLATION && error.constraint() == Some("journal_pkey") {
            return Self::NumberTaken;
        }
        if DATA_CLASSES.iter().any(|class| code.starts_with(class)) {
            return Self::Data(format!("{code}: {}", error.message()));
        }
        Self::Transient
    }
}
