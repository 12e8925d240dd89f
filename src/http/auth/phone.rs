//! Codes to phones: asked for, and what they open.

pub(super) mod prove;
pub(super) mod request;
pub(super) mod verify;
