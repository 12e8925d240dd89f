//! What a killed program leaves behind: nothing, where the kernel sees to it.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use loadtest::program::Launch;

/// Set for the process that is killed, which is this test once more.
const IS_PARENT: &str = "ORPHANS_PARENT";

/// How often it is looked whether the child is gone, and the pauses between.
const TRIES_MAX: u32 = 1_000;
const PAUSE: Duration = Duration::from_millis(10);

#[tokio::test]
async fn a_program_ends_with_whoever_started_it() {
    if std::env::var_os(IS_PARENT).is_some() {
        let child = Launch::new("sleep").arg("600").spawn().unwrap();
        let pid = child.pid().as_raw_nonzero();
        writeln!(std::io::stdout(), "\nchild {pid}").unwrap();
        return std::future::pending().await;
    }
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "a_program_ends_with_whoever_started_it"])
        .env(IS_PARENT, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let child = lines.find_map(|line| line.strip_prefix("child ")?.parse::<u32>().ok());
    let child = child.unwrap();
    while !runs_sleep(child) {
        tokio::time::sleep(PAUSE).await;
    }
    parent.kill().unwrap();
    parent.wait().unwrap();
    for _ in 0..TRIES_MAX {
        if !runs_sleep(child) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{child} has outlived its parent");
}

/// Whether the process has become the program and has not ended, reaped or not.
fn runs_sleep(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| stat.contains("(sleep)") && !stat.contains(") Z "))
}
