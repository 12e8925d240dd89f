//! The watcher: a tiny process that stops the server when its owner is gone.
//!
//! Its input is a pipe whose other end only the owning program holds. However that program ends,
//! by returning, by a panic or by `kill -9`, the kernel closes the pipe and the watcher goes to
//! work. A graceful stop goes the same way, so the way is well trodden.

use std::fs::File;
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};
use std::time::Duration;

use super::child::Reaped;
use super::error::ClusterError;
use super::postmaster::Recipe;

/// `$1` is `pg_ctl`, `$2` the data folder; what follows is removed in the end.
///
/// The second attempt is for a server that would not stop in a minute, and for one so young that
/// it had no process id file yet. Output must not go to the standard one, which is the lock file.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
pg_ctl=$1 data=$2
shift 2
cat >/dev/null
"$pg_ctl" stop --silent --wait --timeout=60 --mode=fast -D "$data" >&2 || {
    sleep 1
    "$pg_ctl" stop --silent --wait --timeout=30 --mode=immediate -D "$data" >&2
}
for folder do
    rm -rf "$folder"
done
"#;

/// Longer than the script can take.
const STOP_TIMEOUT: Duration = Duration::from_mins(2);

/// The watcher of one cluster; dropping it sets it to work.
#[derive(Debug)]
pub(super) struct Watcher {
    process: Reaped,
    lifeline: ChildStdin,
}

impl Watcher {
    /// Starts the watcher, which holds `children_lock` until its work is done, and which in the
    /// end removes the folders of `remove`.
    pub(super) fn spawn(
        recipe: &Recipe,
        children_lock: File,
        remove: &[PathBuf],
    ) -> Result<Self, ClusterError> {
        let failed = |error| ClusterError::io("watch over", recipe.folder.root())(error);
        let (log, _) = recipe.folder.open_log(&recipe.account)?;
        let mut command = recipe.account.command("/bin/sh", recipe.folder.root());
        command
            .args(["-c", SCRIPT, "fullhouse-watcher"])
            .arg(recipe.binaries.pg_ctl())
            .arg(recipe.folder.data_folder())
            .args(remove)
            .stdin(Stdio::piped())
            .stdout(children_lock)
            .stderr(log);
        let mut child = command.spawn().map_err(failed)?;
        let lifeline = child.stdin.take();
        let process = Reaped::new(child, "watcher").map_err(failed)?;
        let lifeline = lifeline.ok_or_else(|| failed(std::io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { process, lifeline })
    }

    /// Has the server stopped and waits until it is; false when that takes too long.
    pub(super) async fn finish(self) -> bool {
        let Self {
            mut process,
            lifeline,
        } = self;
        drop(lifeline);
        process.wait(STOP_TIMEOUT).await
    }
}
