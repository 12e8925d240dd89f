//! A description that has not what it must.

/// Something that is to be added to, and is not in the description.
#[derive(Debug, thiserror::Error)]
#[error("the description has no {0}")]
pub struct Unknown(pub(super) String);
