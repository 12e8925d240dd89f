//! (crate doc to come)
