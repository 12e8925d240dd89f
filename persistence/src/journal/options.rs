//! What can be set about the journal.

use std::time::Duration;

/// Settings of a [`super::PgJournal`], validated where they are read.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// Writers, each with a connection of its own; showtimes are spread over them.
    pub writers: usize,
    /// Connections for claims, loads and snapshots, apart from everybody else's.
    pub load_connections_max: u32,
    /// Appends that may wait at once, all writers together.
    pub backlog_limit: usize,
    /// Entries of one transaction.
    pub batch_entries_max: usize,
    /// Payload bytes after which a transaction takes no further entries.
    pub batch_bytes_max: usize,
    /// Who we are, written beside every claim.
    pub node: String,
    /// How long a load may take before the store counts as unavailable.
    pub load_timeout: Duration,
    /// The first pause before a failed batch is tried again; it doubles with every failure.
    pub retry_pause_min: Duration,
    /// The longest such pause.
    pub retry_pause_max: Duration,
    /// How long connecting may take, and a batch before it counts as failed.
    pub batch_timeout: Duration,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            writers: 1,
            load_connections_max: 4,
            backlog_limit: 65_536,
            batch_entries_max: 2_048,
            batch_bytes_max: 4 << 20,
            node: this_process(),
            load_timeout: Duration::from_secs(10),
            retry_pause_min: Duration::from_millis(20),
            retry_pause_max: Duration::from_secs(1),
            batch_timeout: Duration::from_secs(30),
        }
    }
}

/// The machine and the process: in a container the number alone is the same everywhere.
fn this_process() -> String {
    let machine = rustix::system::uname();
    let machine = machine.nodename().to_string_lossy();
    format!("{machine}/{}", std::process::id())
}
