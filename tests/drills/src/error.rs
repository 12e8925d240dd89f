//! Why a drill did not get to its end.

/// A drill that did not get to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrillError {
    /// A server did not start, end or hear a signal.
    #[error(transparent)]
    Program(#[from] loadtest::program::ProgramError),
    /// The client could not be made.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// A file or process.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Something that was not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The database did not answer the drill itself.
    #[error("SQL: {0}")]
    Sql(#[from] persistence::error::StoreError),
    /// Anything else that a drill needs and did not get.
    #[error("{0}")]
    Unexpected(String),
}
