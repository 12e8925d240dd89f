//! What a killed program leaves behind: nothing, where the kernel sees to it.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use loadtest::program::Launch;
use testkit::waiting::eventually;

/// Set for the process that is killed, which is this test once more.
const IS_PARENT: &str = "ORPHANS_PARENT";

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
    eventually("it runs", async || runs_sleep(child)).await;
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually("it ends with its parent", async || !runs_sleep(child)).await;
}

/// Whether the process has become the program and has not ended, reaped or not.
fn runs_sleep(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| stat.contains("(sleep)") && !stat.contains(") Z "))
}
