//! The server's settings, each with its reason.
//!
//! They are written again before every start, so that an upgrade of the program brings its own;
//! what an operator changes with `alter system` is kept elsewhere and wins.

use std::fs;
use std::path::Path;

use super::account::Account;
use super::error::ClusterError;
use super::folder::Folder;

/// Everything but the socket folder, the number of connections and the durability.
const SETTINGS: &str = "\
# Written by fullhouse before every start. Change settings with `alter system` instead.

# Nobody but the account of the server comes in, and only through the socket's private folder.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700

# The journal's tail, the read models of showtimes on sale and their indexes stay in memory;
# the operating system's cache holds the rest.
shared_buffers = 256MB
effective_cache_size = 1GB
# Sorts of an admin listing stay in memory, without 100 connections being able to exhaust it.
work_mem = 8MB
maintenance_work_mem = 128MB

# A promise is given when its decision is on disk, so a commit waits for the disk.
synchronous_commit = on
# Full page images are most of the log after a checkpoint, and they compress well.
wal_compression = on
# An on-sale writes gigabytes of log in minutes: fewer checkpoints mean fewer full page images,
# at the price of a longer recovery after a crash (seconds per gigabyte).
max_wal_size = 4GB
min_wal_size = 512MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
# A batch of journal rows fits, so its commit is one write.
wal_buffers = 16MB

# Solid-state disks: an index read costs little more than a sequential one.
random_page_cost = 1.1
effective_io_concurrency = 64
# Our statements take a millisecond; compiling them would take longer.
jit = off
# Seats are held and released all the time: the queue of jobs and the availability rows are
# cleaned up often and in small portions.
autovacuum_naptime = 15s
autovacuum_vacuum_scale_factor = 0.05
autovacuum_vacuum_cost_limit = 1000

# Byte order and UTC everywhere; error messages are searched for known phrases.
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'

# The log answers what was slow, what waited for whom, and who was cut off.
log_line_prefix = '%m [%p] %a %d '
log_min_duration_statement = 1s
log_lock_waits = on
log_autovacuum_min_duration = 10s
";

/// For clusters that are thrown away: a crash of the machine may lose or tear what was written,
/// a crash of the server may not.
const NOT_DURABLE: &str = "
fsync = off
full_page_writes = off
";

const DURABLE: &str = "
# Without these a power cut can lose a promise or tear a page.
fsync = on
full_page_writes = on
";

/// Writes `postgresql.conf`.
pub(super) fn write(
    folder: &Folder,
    account: &Account,
    fsync: bool,
    connections_max: u32,
) -> Result<(), ClusterError> {
    let path = folder.data_folder().join("postgresql.conf");
    let draft = folder.data_folder().join("postgresql.conf.new");
    let text = text(folder.sockets(), fsync, connections_max);
    fs::write(&draft, text).map_err(ClusterError::io("write", &draft))?;
    account.give(&draft)?;
    fs::rename(&draft, &path).map_err(ClusterError::io("replace", &path))
}

fn text(sockets: &Path, fsync: bool, connections_max: u32) -> String {
    let durability = if fsync { DURABLE } else { NOT_DURABLE };
    // The folder's path is plain by construction, so it needs no escaping.
    let sockets = sockets.display();
    format!(
        "{SETTINGS}{durability}\n\
         unix_socket_directories = '{sockets}'\n\
         max_connections = {connections_max}\n"
    )
}
