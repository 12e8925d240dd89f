//! The real program as a child process, started by what also starts it under load, and asked over HTTP.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use loadtest::program::{Launch, Program as Process};
use reqwest::Client;
use rustix::process::Signal;
use serde_json::{Value, json};
use uuid::Uuid;

/// Where a server keeps its journal.
#[derive(Clone, Copy)]
pub(crate) enum Home<'a> {
    Database(&'a str),
    DataDir(&'a Path),
}

/// A running server.
pub(crate) struct Program {
    process: Process,
    client: Client,
}

impl Program {
    /// Starts `serve --demo` and waits until it is ready.
    pub(crate) async fn start(home: Home<'_>) -> Self {
        Self::start_with(home, &[]).await
    }

    /// The same with further flags.
    pub(crate) async fn start_with(home: Home<'_>, flags: &[&str]) -> Self {
        Self::start_as(launch(home), flags).await
    }

    /// The same with its log, one JSON document a line, in a file.
    pub(crate) async fn start_logging(home: Home<'_>, log: File) -> Self {
        let launch = launch(home)
            .env("FULLHOUSE_LOG", "info")
            .env("FULLHOUSE_LOG_FORMAT", "json")
            .log_to(log);
        Self::start_as(launch, &[]).await
    }

    /// The same with further variables of the environment.
    pub(crate) async fn start_knowing(home: Home<'_>, variables: &[(&str, &str)]) -> Self {
        let with = |launch: Launch, (name, value): &(&str, &str)| launch.env(name, *value);
        Self::start_as(variables.iter().fold(launch(home), with), &[]).await
    }

    async fn start_as(launch: Launch, flags: &[&str]) -> Self {
        let launch = launch.args(&["serve", "--demo"]).args(flags);
        let client = Client::builder().timeout(Duration::from_secs(20));
        Self {
            process: launch.start().await.unwrap(),
            client: client.build().unwrap(),
        }
    }

    /// Its public address.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.process.http()
    }

    /// Its operations address.
    pub(crate) const fn ops(&self) -> SocketAddr {
        self.process.ops()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal).unwrap();
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) async fn kill9(self) {
        self.process.kill9().await.unwrap();
    }

    /// SIGTERM, and waits for its exit code.
    pub(crate) async fn terminate(self) -> i32 {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Waits for the exit code of a server that was asked to end.
    pub(crate) async fn ended(self) -> i32 {
        let status = self.process.ended().await.unwrap();
        status.code().unwrap_or(-1)
    }

    /// What the operations port says about readiness.
    pub(crate) async fn ready(&self) -> u16 {
        let url = format!("http://{}/readyz", self.ops());
        self.client.get(url).send().await.unwrap().status().as_u16()
    }

    /// POST below `/api/v1/showtimes`; an error when no whole answer came.
    pub(crate) async fn post(
        &self,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<(u16, Value), reqwest::Error> {
        let key = Uuid::new_v4().to_string();
        let request = self.client.post(self.url(path)).bearer_auth(token);
        let request = request.header("idempotency-key", key).json(body);
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// GET below `/api/v1/showtimes`.
    pub(crate) async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let request = self.client.get(self.url(path)).bearer_auth(token);
        let response = request.send().await.unwrap();
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

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1/showtimes{path}", self.address())
    }
}

fn launch(home: Home<'_>) -> Launch {
    // What a server says about the faults that a test makes is no news to whoever runs the tests.
    let launch = Launch::new(env!("CARGO_BIN_EXE_fullhouse")).env("FULLHOUSE_LOG", "off");
    match home {
        Home::Database(url) => launch.env("DATABASE_URL", url),
        Home::DataDir(path) => launch.env("FULLHOUSE_DATA_DIR", path.to_str().unwrap()),
    }
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
    let launch = variables
        .iter()
        .fold(launch(home), |launch, &(name, value)| {
            launch.env(name, value)
        });
    let output = launch.args(arguments).run().await.unwrap();
    let written = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap_or(-1), written)
}

/// A token, minted as an operator would.
pub(crate) async fn token(role: &str) -> String {
    let (code, output) = run(Home::Database(""), &["token", "--role", role]).await;
    assert_eq!(code, 0, "{output}");
    output.trim().to_owned()
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
