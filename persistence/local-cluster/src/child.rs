//! Child processes: short ones run to their end, long ones reaped whenever they end.
//!
//! Nothing here leans on the runtime that started it: a cluster may be shared by several runtimes
//! which come and go, as they do under `#[tokio::test]`.

use std::io;
use std::process::{Child, Command, ExitStatus, Output};
use std::time::Duration;

use tokio::sync::watch;

/// `initdb` on a slow disk takes seconds; a command still running after this hangs.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(2);

/// Runs `command` to its end, killing it when it hangs or when the caller stops waiting.
pub(super) async fn output(command: Command) -> io::Result<Output> {
    let mut command = tokio::process::Command::from(command);
    let finished = command.kill_on_drop(true).output();
    tokio::time::timeout(COMMAND_TIMEOUT, finished).await?
}

/// A child that is reaped as soon as it ends, so that no zombie makes a dead server look alive.
#[derive(Debug)]
pub(super) struct Reaped {
    id: u32,
    ended: watch::Receiver<Option<String>>,
}

impl Reaped {
    /// Hands `child` to a thread of its own which waits for its end.
    pub(super) fn new(mut child: Child, name: &'static str) -> io::Result<Self> {
        let id = child.id();
        let (announce, ended) = watch::channel(None);
        std::thread::Builder::new()
            .name(format!("{name}-reaper"))
            .spawn(move || {
                let ended = child.wait();
                log_failure(name, id, &ended);
                let end = ended.map_or_else(|error| error.to_string(), |end| end.to_string());
                announce.send_replace(Some(end));
            })?;
        Ok(Self { id, ended })
    }

    /// The process id, of use only while [`Self::how_it_ended`] is `None`.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// How the child ended, if it has.
    pub(super) fn how_it_ended(&self) -> Option<String> {
        self.ended.borrow().clone()
    }

    /// Waits for the end.
    pub(super) async fn ended(&mut self) {
        // An error means that the reaper is gone, which it is only after the end.
        let _ended = self.ended.wait_for(Option::is_some).await.is_ok();
    }

    /// Waits for the end, for at most `limit`; false when it has not come by then.
    pub(super) async fn wait(&mut self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.ended()).await.is_ok()
    }
}

/// A process that failed or was killed is logged here; a stop is logged by who asked for it.
fn log_failure(process: &str, pid: u32, ended: &io::Result<ExitStatus>) {
    if !ended.as_ref().is_ok_and(ExitStatus::success) {
        tracing::warn!(process, pid, ?ended, "a child process failed");
    }
}
