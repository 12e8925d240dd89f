//! Why a command failed.

use crate::config::ConfigError;
use crate::server::StartError;
use crate::server::database::OpenError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The settings do not fit.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database is not there.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Writing to standard output failed.
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    /// Anything that a person should read and act on.
    #[error("{0}")]
    Other(String),
}

impl CliError {
    pub(super) fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }
}
