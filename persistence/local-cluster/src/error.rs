//! What can go wrong with the embedded cluster, by what the operator can do about it.

use std::path::{Path, PathBuf};

use super::versions::MAJOR_VERSION_MIN;

/// Why the embedded cluster could not be started, reached or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// No server binaries anywhere: install them, or use a server that is already running.
    #[error(
        "no postgresql server binaries were found; install them (`apt-get install postgresql` \
         or `brew install postgresql@17`), point PG_BIN at their folder, or set DATABASE_URL"
    )]
    BinariesMissing,

    /// Only older binaries were found: install newer ones.
    #[error(
        "postgresql {found} in {} is too old, {MAJOR_VERSION_MIN} or newer is needed; \
         install it, point PG_BIN at its folder, or set DATABASE_URL", folder.display()
    )]
    BinariesTooOld {
        /// The newest major version found.
        found: u32,
        /// Where it was found.
        folder: PathBuf,
    },

    /// The cluster was made by a major version whose binaries are not installed.
    #[error(
        "the cluster in {} was made by postgresql {version}, whose binaries were not found; \
         install that version, or move its contents with pg_upgrade", folder.display()
    )]
    BinariesOfAnotherVersion {
        /// The major version which made the cluster.
        version: u32,
        /// The data folder of the cluster.
        folder: PathBuf,
    },

    /// `PostgreSQL` refuses to run as root, and there is no other account to run it as.
    #[error(
        "postgresql does not run as root and the user `postgres` does not exist; create it \
         (the postgresql package does), run as another user, or set DATABASE_URL"
    )]
    AccountMissing,

    /// The account the server runs as cannot reach the data folder.
    #[error(
        "the user `postgres` may not pass through {}; choose another FULLHOUSE_DATA_DIR \
         (/var/lib/fullhouse, say), or set DATABASE_URL", folder.display()
    )]
    FolderOutOfReach {
        /// The first folder on the way which is closed.
        folder: PathBuf,
    },

    /// The folder meant for the socket exists and is not private to the server's account.
    #[error(
        "{} is not a private folder of the account postgresql runs as; remove it",
        folder.display()
    )]
    SocketFolderTaken { folder: PathBuf },

    /// Another program owns the cluster but did not get it to accept connections in time.
    #[error("the cluster in {} is owned by another program and is not usable yet", folder.display())]
    HeldElsewhere {
        /// The folder of the cluster.
        folder: PathBuf,
    },

    #[error("initdb failed in {}: {output}", folder.display())]
    Creation {
        /// The folder of the cluster.
        folder: PathBuf,
        output: String,
    },

    /// The server ended or hung while starting.
    #[error("postgresql did not start: {reason}; the end of {} says:\n{log_tail}", log.display())]
    Startup {
        /// How it ended, or that it took too long.
        reason: String,
        log: PathBuf,
        /// The last lines which this start wrote there.
        log_tail: String,
    },

    /// The server did not stop in time.
    #[error("postgresql in {} did not stop in time", folder.display())]
    StopTimeout {
        /// The folder of the cluster.
        folder: PathBuf,
    },

    /// A database name that would need quoting, which none of ours does.
    #[error("`{name}` is not a plain database name: lower-case letters, digits and `_` only")]
    DatabaseName { name: String },

    /// The running server refused a connection or a statement.
    #[error("the local cluster refused a statement: {0}")]
    Database(#[from] sqlx::Error),

    /// The operating system refused something.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
}

impl ClusterError {
    /// For `map_err`: says what was tried, and on which path.
    pub(super) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
