//! A server as a child process, which is killed when its owner is dropped, and on Linux also when
//! its owner's process is.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::tokens;

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    /// Where its stderr goes, if not to this process' own.
    log: Option<Arc<File>>,
}

/// A running server.
#[derive(Debug)]
pub struct Program {
    child: Child,
    pid: Pid,
    http: SocketAddr,
    ops: SocketAddr,
    /// How it is started again at other addresses, if somebody else takes these first.
    elsewhere: Option<Launch>,
    moves: u32,
}

/// What went wrong with a server from outside.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It could not be started, signalled or waited for.
    #[error("{program}: {source}")]
    Process { program: String, source: io::Error },
    /// It ended before it was ready.
    #[error("{program} ended at its start: {status}")]
    EndedEarly { program: String, status: ExitStatus },
    /// It did not become ready, or did not end, in time.
    #[error("{what} took longer than {} s", .within.as_secs())]
    TooSlow {
        /// What was waited for.
        what: &'static str,
        within: Duration,
    },
}

const START_TIMEOUT: Duration = Duration::from_mins(2);
const END_TIMEOUT: Duration = Duration::from_mins(2);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How often a server may look for other addresses.
const MOVES_MAX: u32 = 3;

/// Ends when this process is asked to end, so that it can drop the servers it started.
pub async fn asked_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => terminated.recv().await,
            Err(_unheard) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}

/// The program of this name that was built beside the one that asks.
pub fn sibling(name: &str) -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    let missing = format!("{} was not built", path.display());
    Err(io::Error::new(ErrorKind::NotFound, missing))
}

/// A program which the kernel kills when the thread that started it ends: with this process at the
/// latest, even if that is killed. `setpriv` asks for it and becomes the program, because a process
/// can ask only for itself. Elsewhere than on Linux there is no such thing.
pub fn ending_with_us(program: impl AsRef<OsStr>) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        return command;
    }
    Command::new(program)
}

impl Launch {
    /// A server of this program that takes the tokens of [`tokens`], whose addresses are free ports of
    /// the loopback interface.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: vec![
                ("FULLHOUSE_JWT_SECRET".to_owned(), tokens::secret()),
                ("FULLHOUSE_LOG".to_owned(), "warn".to_owned()),
                // Load comes from one address, in the name of few, and no balancer watches.
                ("FULLHOUSE_RATE_LIMITS".to_owned(), "off".to_owned()),
                ("FULLHOUSE_DRAIN_DELAY_MS".to_owned(), "0".to_owned()),
            ],
            log: None,
        }
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With these arguments too.
    #[must_use]
    pub fn args(mut self, arguments: &[&str]) -> Self {
        let more = arguments.iter().map(|&argument| argument.to_owned());
        self.arguments.extend(more);
        self
    }

    /// With a variable set.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// With a file for what it complains of, which otherwise goes to this process' stderr.
    #[must_use]
    pub fn log_to(mut self, file: File) -> Self {
        self.log = Some(Arc::new(file));
        self
    }

    /// Runs a command of it that ends by itself, and gives its exit code and what it wrote.
    pub async fn run(&self) -> Result<Output, ProgramError> {
        let output = self.command().output().await;
        output.map_err(|source| self.failed(source))
    }

    /// Starts it without waiting for anything.
    pub fn spawn(&self) -> Result<Program, ProgramError> {
        let mut program = self.spawn_at(free_address(), free_address())?;
        program.elsewhere = Some(self.clone());
        Ok(program)
    }

    /// The same at given addresses, for a server that takes another's place.
    pub fn spawn_at(&self, http: SocketAddr, ops: SocketAddr) -> Result<Program, ProgramError> {
        let mut command = self.command();
        command
            .env("FULLHOUSE_HTTP_ADDR", http.to_string())
            .env("FULLHOUSE_OPS_ADDR", ops.to_string())
            .stdout(Stdio::null());
        if let Some(log) = &self.log {
            let log = log.try_clone().map_err(|source| self.failed(source))?;
            command.stderr(log);
        }
        let child = command.spawn().map_err(|source| self.failed(source))?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let gone = || self.failed(io::Error::other("it has no process id"));
        Ok(Program {
            pid: pid.ok_or_else(gone)?,
            child,
            http,
            ops,
            elsewhere: None,
            moves: 0,
        })
    }

    /// Starts it and waits until it says that it is ready.
    pub async fn start(&self) -> Result<Program, ProgramError> {
        let mut program = self.spawn()?;
        program.until_ready().await?;
        Ok(program)
    }

    fn command(&self) -> Command {
        let mut command = ending_with_us(&self.program);
        // What the caller's shell happens to have set must not change what is tested.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("FULLHOUSE_") {
                command.env_remove(name);
            }
        }
        command
            .args(&self.arguments)
            .env_remove("DATABASE_URL")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    fn failed(&self, source: io::Error) -> ProgramError {
        let name = self.program.file_name().unwrap_or_else(|| OsStr::new("?"));
        ProgramError::Process {
            program: name.to_string_lossy().into_owned(),
            source,
        }
    }
}

impl Program {
    /// Its public address.
    pub const fn http(&self) -> SocketAddr {
        self.http
    }

    /// Its operations address.
    pub const fn ops(&self) -> SocketAddr {
        self.ops
    }

    /// Its process id.
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// Processor time that it has used, its own and the system's for it.
    pub fn processor_time(&self) -> io::Result<Duration> {
        let stat = format!("/proc/{}/stat", self.pid.as_raw_nonzero());
        let stat = std::fs::read_to_string(stat)?;
        // The fields after the name, which may contain anything: the 12th and 13th are the times.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let times = fields.split_whitespace().skip(11).take(2);
        let ticks: Result<Vec<u64>, _> = times.map(str::parse).collect();
        let ticks = ticks.map_err(io::Error::other)?.iter().sum::<u64>();
        let per_second = rustix::param::clock_ticks_per_second().max(1);
        Ok(Duration::from_micros(ticks * 1_000_000 / per_second))
    }

    /// Waits until `/readyz` says 200. Until then its addresses may change: a port that was free
    /// may be somebody else's by the time when the server asks for it.
    pub async fn until_ready(&mut self) -> Result<(), ProgramError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let url = format!("http://{}/readyz", self.ops);
            if let Ok(answer) = reqwest::get(&url).await
                && answer.status().is_success()
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().map_err(failed)? {
                if self.move_elsewhere()? {
                    continue;
                }
                let program = "the server".to_owned();
                return Err(ProgramError::EndedEarly { program, status });
            }
            if Instant::now() > deadline {
                let (what, within) = ("becoming ready", START_TIMEOUT);
                return Err(ProgramError::TooSlow { what, within });
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Starts it again at other addresses, if it ended because these are taken.
    fn move_elsewhere(&mut self) -> Result<bool, ProgramError> {
        let taken = [self.http, self.ops].into_iter().any(is_taken);
        let Some(launch) = self.elsewhere.as_ref().filter(|_| taken) else {
            return Ok(false);
        };
        if self.moves == MOVES_MAX {
            return Ok(false);
        }
        let moves = self.moves + 1;
        *self = launch.spawn()?;
        self.moves = moves;
        Ok(true)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<(), ProgramError> {
        kill_process(self.pid, signal).map_err(|errno| failed(errno.into()))
    }

    /// `kill -9`, and waits until it is gone.
    pub async fn kill9(mut self) -> Result<(), ProgramError> {
        self.child.kill().await.map_err(failed)
    }

    /// SIGTERM, and waits for how it ends.
    pub async fn terminate(self) -> Result<ExitStatus, ProgramError> {
        self.signal(Signal::TERM)?;
        self.ended().await
    }

    /// Waits for how a server ends that was asked to.
    pub async fn ended(mut self) -> Result<ExitStatus, ProgramError> {
        let ended = tokio::time::timeout(END_TIMEOUT, self.child.wait()).await;
        let (what, within) = ("ending", END_TIMEOUT);
        let ended = ended.map_err(|_elapsed| ProgramError::TooSlow { what, within })?;
        ended.map_err(failed)
    }
}

fn failed(source: io::Error) -> ProgramError {
    ProgramError::Process {
        program: "the server".to_owned(),
        source,
    }
}

fn is_taken(address: SocketAddr) -> bool {
    let bound = TcpListener::bind(address);
    bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// A port that was free a moment ago.
fn free_address() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    // Port 0 lets the server's own message say what is wrong.
    free.unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 0)))
}
