//! What was stored and cannot be read, by cause: damage, or a newer program.

use journal::JournalError;
use seating::ids::ShowtimeId;

use crate::codec::CodecError;
use crate::error::{damaged, unavailable, unreadable};

/// Why stored bytes could not be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// Not damaged: written by a program that knows more than this one.
    Newer(u8),
    /// They cannot be what was written.
    Damaged(String),
}

impl From<CodecError> for Unreadable {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::Newer(version) => Self::Newer(version),
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
    /// As the failure of a load of this part of a showtime.
    pub(crate) fn of(self, showtime: ShowtimeId, part: &str) -> JournalError {
        match self {
            Self::Newer(version) => JournalError::WrittenByNewer {
                showtime,
                part: format!("{part} (form {version})"),
            },
            Self::Damaged(reason) => damaged(showtime, format!("{part}: {reason}")),
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
