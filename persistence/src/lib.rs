//! (crate doc to come)
pub mod audit;
pub mod codec;
pub mod error;
mod integer;
pub mod journal;
pub mod local_cluster;
pub mod metrics;
pub mod migrate;
pub mod pool;
mod read_models;
pub mod showtimes;
mod snapshot;
#[cfg(feature = "test-util")]
pub mod test_database;
mod timestamptz;
