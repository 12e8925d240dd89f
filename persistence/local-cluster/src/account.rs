//! The operating-system account the server runs as.
//!
//! `PostgreSQL` refuses to run as root, and containers usually run as root; then the server is run
//! as the user `postgres`, which its packages create.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::child;
use super::error::ClusterError;

/// Commands run with this search path alone; the server's own programs are called by full path.
const SEARCH_PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin";

/// The account which `initdb`, `postgres` and the watcher run as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
    /// We are root, so children change to `uid` and files are given away to it.
    dropped: bool,
}

impl Account {
    /// Our own account, or `postgres` when ours is root.
    pub(super) async fn choose() -> Result<Self, ClusterError> {
        let uid = rustix::process::geteuid().as_raw();
        if uid == 0 {
            let uid = postgres_id("-u").await?;
            let gid = postgres_id("-g").await?;
            return Ok(Self {
                uid,
                gid,
                dropped: true,
            });
        }
        let gid = rustix::process::getegid().as_raw();
        Ok(Self {
            uid,
            gid,
            dropped: false,
        })
    }

    /// A command that runs as this account in `folder`, deaf to the terminal's signals.
    ///
    /// The environment starts empty, because every `PG…` variable of the operator's shell would
    /// change what the server's programs do.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", SEARCH_PATH)
            // Messages are searched for known phrases, so they must not be translated.
            .env("LC_ALL", "C")
            // Ctrl-C reaches the whole foreground group, and the server must outlive the drain.
            .process_group(0);
        for name in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let Some(folders) = std::env::var_os(name) {
                command.env(name, folders);
            }
        }
        if self.dropped {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives `path` to this account; its own files it has already.
    pub(super) fn give(&self, path: &Path) -> Result<(), ClusterError> {
        if !self.dropped {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(ClusterError::io("change the owner of", path))
    }

    /// Gives `folder` to this account if it belongs to root, whose it is when we were killed
    /// between making it and giving it away.
    pub(super) fn give_unfinished(&self, folder: &Path) -> Result<(), ClusterError> {
        let metadata = fs::symlink_metadata(folder).map_err(ClusterError::io("inspect", folder))?;
        if metadata.is_dir() && metadata.uid() == 0 {
            return self.give(folder);
        }
        Ok(())
    }

    /// Whether `folder` belongs to this account and is closed to all others.
    pub(super) fn owns_privately(&self, folder: &Metadata) -> bool {
        let open_to = folder.permissions().mode() & 0o777;
        folder.is_dir() && folder.uid() == self.uid && open_to == 0o700
    }

    /// Checks that every folder on the way to `path` lets this account pass.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), ClusterError> {
        if !self.dropped {
            return Ok(());
        }
        for folder in path.ancestors() {
            let metadata = fs::metadata(folder).map_err(ClusterError::io("inspect", folder))?;
            if !self.may_pass(&metadata) {
                return Err(ClusterError::FolderOutOfReach {
                    folder: folder.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The kernel's rule: the first class that matches decides, and children keep no other group.
    fn may_pass(&self, folder: &Metadata) -> bool {
        let bit = if folder.uid() == self.uid {
            0o100
        } else if folder.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        folder.permissions().mode() & bit != 0
    }
}

/// Asks `id`, which knows every source of accounts, not only `/etc/passwd`.
async fn postgres_id(flag: &str) -> Result<u32, ClusterError> {
    let mut command = Command::new("id");
    command.args([flag, "postgres"]);
    let output = child::output(command)
        .await
        .map_err(ClusterError::io("run", Path::new("id")))?;
    let answer = String::from_utf8_lossy(&output.stdout);
    answer
        .trim()
        .parse()
        .ok()
        .filter(|&id| id != 0)
        .ok_or(ClusterError::AccountMissing)
}
