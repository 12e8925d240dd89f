//! Why a text was not read.

use super::path::Segment;

/// Why a text was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonFault {
    /// There is nothing but blanks.
    Empty,
    NotUtf8,
    /// It is not JSON, and where that shows.
    NotJson(String),
    /// It is JSON, but not what was asked for.
    Shape {
        /// The value that is wrong; nothing for the whole text.
        path: Vec<Segment>,
        /// What is wrong with it, and what it must be.
        message: String,
    },
}
