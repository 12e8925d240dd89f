//! Where it was measured.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) system: String,
    pub(crate) rust: String,
    pub(crate) commit: String,
    pub(crate) day: String,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib: u64 = member(&meminfo, "MemTotal")
            .and_then(|text| text.split_whitespace().next()?.parse().ok())
            .unwrap_or(0);
        let changed = !said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
        let commit = said("git", &["rev-parse", "--short", "HEAD"]);
        Self {
            processor: member(&cpuinfo, "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: kib.div_ceil(1024 * 1024),
            system: said("uname", &["-sr"]),
            rust: said("rustc", &["--version"]),
            commit: if changed {
                format!("{commit} with changes")
            } else {
                commit
            },
            day: said("date", &["-u", "+%Y-%m-%d"]),
        }
    }
}

fn member(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines();
    let (_, value) = lines.find(|line| line.starts_with(name))?.split_once(':')?;
    Some(value.trim().to_owned())
}

/// What a command says; nothing when it is not there.
fn said(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
