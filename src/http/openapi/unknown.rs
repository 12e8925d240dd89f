//! A description that lacks something.

/// The place in the description that was to be added to and does not exist.
#[derive(Debug, thiserror::Error)]
#[error("the description has no {0}")]
pub struct Unknown(pub(super) String);
