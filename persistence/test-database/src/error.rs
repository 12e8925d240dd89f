//! Why there is no database to test with.

use local_cluster::ClusterError;

/// Why a database or a cluster for tests could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The cluster does not start.
    #[error(transparent)]
    Cluster(#[from] ClusterError),

    /// The server refuses a connection or a statement.
    #[error("the test server refused a statement: {0}")]
    Database(#[from] sqlx::Error),

    /// The schema cannot be made.
    #[error("migrating a test database failed: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}
