//! What was stored and cannot be read, by cause: damage, or a newer program.

use std::fmt;

use journal::JournalError;
use seating::ids::ShowtimeId;

use crate::codec::CodecError;
use crate::entry_kind::is_known;
use crate::error::{damaged, unavailable, unreadable};

/// Why stored bytes could not be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// Not damaged: written by a program that knows more than this one, with what it knows.
    Newer(String),
    /// They cannot be what was written.
    Damaged(String),
}

impl From<CodecError> for Unreadable {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::Newer(version) => Self::Newer(format!("form {version}")),
            CodecError::TooLarge { .. }
            | CodecError::TooShort { .. }
            | CodecError::Checksum
            | CodecError::Encode(_)
            | CodecError::Decode(_)
            | CodecError::Trailing(_) => Self::Damaged(error.to_string()),
        }
    }
}

impl Unreadable {
    /// Why an entry could not be read whose row has a kind of this number.
    pub(crate) fn entry(error: CodecError, kind: i16) -> Self {
        if is_known(kind) {
            Self::from(error)
        } else {
            Self::Newer(format!("kind {kind}"))
        }
    }

    /// As the failure of a load of this part of a showtime.
    pub(crate) fn of(self, showtime: ShowtimeId, part: &str) -> JournalError {
        match self {
            Self::Newer(what) => JournalError::WrittenByNewer {
                showtime,
                part: format!("{part} ({what})"),
            },
            Self::Damaged(reason) => damaged(showtime, format!("{part}: {reason}")),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(what) => write!(f, "it was written by a newer program ({what})"),
            Self::Damaged(reason) => f.write_str(reason),
        }
    }
}

/// A query about one showtime that failed: a value that cannot be true is damage, all else the
/// database's failure.
pub(crate) fn failed(showtime: ShowtimeId, error: sqlx::Error) -> JournalError {
    match unreadable(&error) {
        Some((column, reason)) => damaged(showtime, format!("{column}: {reason}")),
        None => unavailable(error),
    }
}
