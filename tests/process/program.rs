//! The real program as a child process, which ends with the test whatever happens.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// Where a server keeps its journal.
#[derive(Clone, Copy)]
pub(crate) enum Home<'a> {
    Database(&'a str),
    DataDir(&'a Path),
}

/// A running server.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) ops: SocketAddr,
    client: Client,
}

const START_TIMEOUT: Duration = Duration::from_mins(2);

impl Program {
    /// Starts `serve --demo` and waits until it answers.
    pub(crate) async fn start(home: Home<'_>) -> Self {
        Self::start_with(home, &[]).await
    }

    /// The same with further flags.
    pub(crate) async fn start_with(home: Home<'_>, flags: &[&str]) -> Self {
        Self::start_as(command(home), flags).await
    }

    /// The same with its log, one JSON document a line, in a file.
    pub(crate) async fn start_logging(home: Home<'_>, log: File) -> Self {
        let mut command = command(home);
        command
            .env("FULLHOUSE_LOG", "info")
            .env("FULLHOUSE_LOG_FORMAT", "json")
            .stderr(log);
        Self::start_as(command, &[]).await
    }

    async fn start_as(mut command: Command, flags: &[&str]) -> Self {
        let (address, ops) = (free_address(), free_address());
        command
            .args(["serve", "--demo", "--http-addr"])
            .arg(address.to_string());
        command.arg("--ops-addr").arg(ops.to_string()).args(flags);
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        let client = Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let mut program = Self {
            child,
            address,
            ops,
            client,
        };
        program.until_it_answers().await;
        program
    }

    async fn until_it_answers(&mut self) {
        let url = format!("http://{}/health", self.address);
        let deadline = tokio::time::Instant::now() + START_TIMEOUT;
        while self.client.get(&url).send().await.is_err() {
            assert_eq!(
                self.child.try_wait().unwrap(),
                None,
                "the server ended at its start"
            );
            assert!(
                tokio::time::Instant::now() < deadline,
                "the server does not answer"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) async fn kill9(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM, and waits for its exit code.
    pub(crate) async fn terminate(self) -> i32 {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Waits for the exit code of a server that was asked to end.
    pub(crate) async fn ended(mut self) -> i32 {
        let ended = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await;
        ended.unwrap().unwrap().code().unwrap_or(-1)
    }

    /// What the operations port says about readiness.
    pub(crate) async fn ready(&self) -> u16 {
        let url = format!("http://{}/readyz", self.ops);
        self.client.get(url).send().await.unwrap().status().as_u16()
    }

    /// POST below `/api/v1/showtimes`; an error when no whole answer came.
    pub(crate) async fn post(
        &self,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<(u16, Value), reqwest::Error> {
        let url = format!("http://{}/api/v1/showtimes{path}", self.address);
        let key = Uuid::new_v4().to_string();
        let request = self.client.post(url).bearer_auth(token).json(body);
        let response = request.header("idempotency-key", key).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// GET below `/api/v1/showtimes`.
    pub(crate) async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let url = format!("http://{}/api/v1/showtimes{path}", self.address);
        let response = self
            .client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Holds `quantity` best seats together.
    pub(crate) async fn hold_best(
        &self,
        showtime: &str,
        token: &str,
        quantity: u32,
    ) -> Result<(u16, Value), reqwest::Error> {
        let wish = json!({"best_available": {"quantity": quantity}});
        self.post(&format!("/{showtime}/holds"), token, &wish).await
    }
}

/// What the programs of these tests sign with.
const SECRET: &str = "a secret of the tests alone, long enough for HS256";

fn command(home: Home<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fullhouse"));
    command
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
        .env("FULLHOUSE_RATE_LIMITS", "off")
        .env("FULLHOUSE_DRAIN_DELAY_MS", "0")
        .env_remove("DATABASE_URL")
        .env("FULLHOUSE_JWT_SECRET", SECRET);
    match home {
        Home::Database(url) => command.env("DATABASE_URL", url),
        Home::DataDir(path) => command.env("FULLHOUSE_DATA_DIR", path),
    };
    command
}

/// Runs a command of the program to its end: its exit code and standard output.
pub(crate) async fn run(home: Home<'_>, arguments: &[&str]) -> (i32, String) {
    run_with(home, &[], arguments).await
}

/// The same with variables of the environment; an empty one is as good as none.
pub(crate) async fn run_with(
    home: Home<'_>,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> (i32, String) {
    let output = command(home)
        .envs(variables.iter().copied())
        .args(arguments)
        .stdout(Stdio::piped())
        .output()
        .await
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// A token, minted as an operator would.
pub(crate) async fn token(role: &str) -> String {
    let mut command = command(Home::Database(""));
    let output = command
        .args(["token", "--role", role])
        .stdout(Stdio::piped())
        .output()
        .await;
    String::from_utf8(output.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

/// Asserts that everything in the database adds up.
pub(crate) async fn assert_verified(home: Home<'_>) {
    let (code, output) = run(home, &["journal", "verify"]).await;
    let summary: Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
    assert_eq!(
        (code, &summary["consistent"]),
        (0, &json!(true)),
        "{output}"
    );
}

/// A port that was free a moment ago.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}
