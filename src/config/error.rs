//! Settings that are refused.

/// Settings that do not fit together, or that are not safe to sell with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct ConfigError {
    pub setting: &'static str,
    /// What is wrong with it and what to do.
    pub reason: String,
}
