//! Which versions of `PostgreSQL` the program works with.

/// The oldest major version whose behaviour we test against.
pub(super) const MAJOR_VERSION_MIN: u32 = 15;
