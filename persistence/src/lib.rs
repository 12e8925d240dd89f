//! (crate doc to come)
pub mod codec;
pub mod local_cluster;
pub mod migrate;
pub mod pool;
#[cfg(feature = "test-util")]
pub mod test_database;
