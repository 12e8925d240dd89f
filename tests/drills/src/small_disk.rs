//! A small disk that a drill may fill to the last byte.
//!
//! It is mounted before the drills begin, where only this program and what it starts can see it, so
//! it is gone with the last of them, however they end. Without root that takes a user namespace,
//! and in it a second one that gives this program its own user back: PostgreSQL refuses root.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{getegid, geteuid};

use crate::tell;

/// Where it is mounted; for everybody else this folder stays empty.
const FOLDER: &str = "drill-small-disk";

/// `$1` is the folder, `$2` and `$3` are whose program the rest is. There is room for a fresh
/// cluster and the log of a few seconds.
const SCRIPT: &str = r#"
disk=$1 user=$2 group=$3
shift 3
mount -t tmpfs -o size=320m tmpfs "$disk" || exit
[ "$user" -ne 0 ] || exec "$@"
exec unshare --user --map-user="$user" --map-group="$group" "$@"
"#;

/// Begins this program again, with the same arguments, beside a small disk. Comes back when this
/// machine does not permit that.
pub(crate) fn begin_again() -> io::Result<()> {
    let disk = std::env::temp_dir().join(FOLDER);
    std::fs::create_dir_all(&disk)?;
    if let Err(why) = try_mount(&disk) {
        tell(&format!("no small disk can be mounted: {why}"));
        return Ok(());
    }
    let mut again = beside(&disk, std::env::current_exe()?);
    again.args(std::env::args_os().skip(1));
    Err(again.arg("--small-disk").arg(&disk).exec())
}

/// Why there can be no disk here, in the words of whoever refuses.
fn try_mount(disk: &Path) -> Result<(), String> {
    let tried = beside(disk, "true").stdin(Stdio::null()).output();
    let tried = tried.map_err(|error| format!("unshare: {error}"))?;
    if tried.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&tried.stderr);
    Err(format!("{}: {}", tried.status, said.trim()))
}

fn beside(disk: &Path, program: impl AsRef<OsStr>) -> Command {
    let (user, group) = (geteuid(), getegid());
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !user.is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["sh", "-c", SCRIPT, "sh"]).arg(disk);
    command.args([user.as_raw(), group.as_raw()].map(|id| id.to_string()));
    command.arg(program);
    command
}
