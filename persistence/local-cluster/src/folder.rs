//! The cluster's folder on disk: where things are, and the two locks that say whose they are.
//!
//! ```text
//! <data_dir>/postgres/
//!   data/           what initdb makes
//!   run/            the socket (or a short private folder under /tmp)
//!   server.log      what the server says
//!   owner.lock      held by the owning program and by nothing else
//!   children.lock   held by what that program leaves behind: a running initdb, the watcher
//! ```
//!
//! The locks are `flock`s: the kernel frees them however their holder ends, so neither can go
//! stale, unlike a process id in a file.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::account::Account;
use super::error::ClusterError;

/// The shortest `sun_path` among our systems is macOS's 104 bytes, and its last byte is a zero.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// What the server names its socket within the socket folder; the port is only part of a name.
pub(super) const SOCKET_FILE: &str = ".s.PGSQL.5432";

/// A log longer than this is set aside at the next start; one older log is kept.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How much of the log an error quotes.
const LOG_TAIL_LINES: usize = 20;
const LOG_TAIL_BYTES_MAX: u64 = 16 * 1024;

/// How often a wait looks again.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// The paths of one cluster.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
    sockets: PathBuf,
}

impl Folder {
    /// Creates what is missing under `data_dir` and makes sure that `account` can work there.
    pub(super) fn prepare(data_dir: &Path, account: &Account) -> Result<Self, ClusterError> {
        fs::create_dir_all(data_dir).map_err(ClusterError::io("create", data_dir))?;
        let data_dir = data_dir
            .canonicalize()
            .map_err(ClusterError::io("resolve the path", data_dir))?;
        account.check_reach(&data_dir)?;

        let root = data_dir.join("postgres");
        create_private(&root, account)?;
        let sockets = socket_folder(&root);
        create_private(&sockets, account)?;
        let metadata =
            fs::symlink_metadata(&sockets).map_err(ClusterError::io("inspect", &sockets))?;
        // A folder under /tmp could have been laid out by anybody.
        if !account.owns_privately(&metadata) {
            return Err(ClusterError::SocketFolderTaken { folder: sockets });
        }
        Ok(Self { root, sockets })
    }

    /// The folder everything but perhaps the socket is in.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the socket; plain ASCII without spaces, quotes or percent signs.
    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// The server's data folder.
    pub(super) fn data_folder(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// Opens the log for appending, giving it to `account`; returns its length as well.
    pub(super) fn open_log(&self, account: &Account) -> Result<(File, u64), ClusterError> {
        let path = self.log();
        let failed = |error| ClusterError::io("open", &path)(error);
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path);
        let log = log.map_err(failed)?;
        account.give(&path)?;
        let length = log.metadata().map_err(failed)?.len();
        Ok((log, length))
    }

    /// Sets an overlong log aside. Only while no server writes to it.
    pub(super) fn rotate_log(&self) -> Result<(), ClusterError> {
        let path = self.log();
        let overlong = fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES_MAX);
        if !overlong {
            return Ok(());
        }
        fs::rename(&path, self.root.join("server.log.old")).map_err(ClusterError::io("move", &path))
    }

    /// The last lines of the log, none from before `offset`.
    pub(super) fn log_tail(&self, offset: u64) -> String {
        let read = || -> std::io::Result<String> {
            let mut log = File::open(self.log())?;
            let from = log
                .metadata()?
                .len()
                .saturating_sub(LOG_TAIL_BYTES_MAX)
                .max(offset);
            log.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            log.take(LOG_TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        match read() {
            Ok(text) => {
                let lines: Vec<&str> = text.lines().collect();
                let from = lines.len().saturating_sub(LOG_TAIL_LINES);
                lines.get(from..).unwrap_or_default().join("\n")
            }
            Err(error) => format!("(the log cannot be read: {error})"),
        }
    }

    /// Takes the owner's lock, or returns `None` while another program has it.
    pub(super) fn try_own(&self) -> Result<Option<File>, ClusterError> {
        try_lock(&self.root.join("owner.lock"))
    }

    /// Takes the children's lock, waiting until what an earlier owner left behind has ended.
    pub(super) async fn await_children(&self, deadline: Instant) -> Result<File, ClusterError> {
        let path = self.root.join("children.lock");
        loop {
            if let Some(lock) = try_lock(&path)? {
                return Ok(lock);
            }
            if Instant::now() >= deadline {
                return Err(ClusterError::StopTimeout {
                    folder: self.root.clone(),
                });
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

fn try_lock(path: &Path) -> Result<Option<File>, ClusterError> {
    let opened = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path);
    let file = opened.map_err(ClusterError::io("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(ClusterError::io("lock", path)(error)),
    }
}

/// Creates a folder only `account` may enter; an existing one keeps its owner and mode.
fn create_private(folder: &Path, account: &Account) -> Result<(), ClusterError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            // The mode above is subject to the umask, which may take too much.
            fs::set_permissions(folder, Permissions::from_mode(0o700))
                .map_err(ClusterError::io("close to others", folder))?;
            account.give(folder)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            account.give_unfinished(folder)
        }
        Err(error) => Err(ClusterError::io("create", folder)(error)),
    }
}

/// The folder of the socket: within the cluster's, unless the system could not address it there.
///
/// The other place is derived from the path, so that a restart finds it.
fn socket_folder(root: &Path) -> PathBuf {
    let inside = root.join("run");
    let path = inside.as_os_str().as_encoded_bytes();
    // The path goes into a list in postgresql.conf and into URLs; anything else needs escaping.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    if path.len() + 1 + SOCKET_FILE.len() <= SOCKET_PATH_BYTES_MAX && path.iter().all(is_plain) {
        return inside;
    }
    PathBuf::from(format!("/tmp/fullhouse-{:016x}", fnv1a(path)))
}

/// FNV-1a, by hand because it must give the same answer after every upgrade of the toolchain.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_plain_path_keeps_the_socket_inside() {
        let folder = socket_folder(Path::new("/srv/fullhouse/.data/postgres"));
        assert_eq!(folder, Path::new("/srv/fullhouse/.data/postgres/run"));
    }

    #[test]
    fn a_long_or_odd_path_moves_the_socket_to_the_same_short_place_every_time() {
        let long = PathBuf::from(format!("/srv/{}/postgres", "x".repeat(90)));
        let odd = Path::new("/srv/my tickets, 'all'/postgres");
        for root in [long.as_path(), odd] {
            let folder = socket_folder(root);
            assert!(folder.starts_with("/tmp"), "{}", folder.display());
            assert!(folder.as_os_str().len() < 40);
            assert_eq!(folder, socket_folder(root));
        }
        assert_ne!(socket_folder(&long), socket_folder(odd));
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
