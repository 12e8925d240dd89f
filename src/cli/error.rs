//! Why a command failed.

use crate::config::ConfigError;
use crate::server::StartError;
use crate::server::database::StoreOpenError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] StoreOpenError),
    #[error(transparent)]
    Start(#[from] StartError),
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
