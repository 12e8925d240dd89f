//! A real mail server for one test, which says what came, and is told when to take it.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use testkit::waiting::PATIENCE;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// `tests/smtp_server.py` in a process of its own, which ends with the test.
pub(super) struct SmtpServer {
    _process: Child,
    orders: ChildStdin,
    reports: Lines<BufReader<ChildStdout>>,
    /// What it said that nobody has asked for yet.
    unread: Vec<Value>,
    port: u64,
}

impl SmtpServer {
    pub(super) async fn start(flags: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let python = root.join(target).join("smtp/bin/python");
        assert!(
            python.exists(),
            "tests of mail need a mail server, and {} is missing: run script/bootstrap --mail",
            python.display()
        );
        let mut process = Command::new(python)
            // That passwords go over the loopback interface is known.
            .args(["-W", "ignore"])
            .arg(root.join("tests/smtp_server.py"))
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut server = Self {
            orders: process.stdin.take().unwrap(),
            reports: BufReader::new(process.stdout.take().unwrap()).lines(),
            _process: process,
            unread: Vec::new(),
            port: 0,
        };
        server.port = server.report("port", None).await["port"].as_u64().unwrap();
        server
    }

    /// Where it is, as the setting says it.
    pub(super) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The same for a user with a password.
    pub(super) fn url_of(&self, user: &str) -> String {
        format!("smtp://{user}@127.0.0.1:{}", self.port)
    }

    /// Tells it what to do from now on: `up` or `go on`.
    pub(super) async fn order(&mut self, what: &str) {
        let line = format!("{what}\n");
        self.orders.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next letter to somebody, once it has come.
    pub(super) async fn letter(&mut self, to: &str) -> Value {
        self.report("received", Some(to)).await
    }

    /// The next report of a kind, about somebody or nobody, once it has happened.
    pub(super) async fn report(&mut self, kind: &str, about: Option<&str>) -> Value {
        let is_it = |report: &Value| report["what"] == kind && report["to"].as_str() == about;
        if let Some(at) = self.unread.iter().position(is_it) {
            return self.unread.remove(at);
        }
        loop {
            let line = timeout(PATIENCE, self.reports.next_line()).await;
            assert!(line.is_ok(), "no {kind} about {about:?}: {:?}", self.unread);
            let line = line.unwrap().unwrap();
            assert!(line.is_some(), "the mail server has ended");
            let report: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if is_it(&report) {
                return report;
            }
            self.unread.push(report);
        }
    }

    /// Ends it; all that it said and nobody has asked for.
    pub(super) async fn end(self) -> Vec<Value> {
        let Self {
            orders,
            mut reports,
            mut unread,
            _process,
            ..
        } = self;
        drop(orders);
        while let Some(line) = reports.next_line().await.unwrap() {
            unread.push(serde_json::from_str(&line).unwrap());
        }
        unread
    }
}

/// The token of the link in a letter.
pub(super) fn token_in(letter: &Value) -> &str {
    let body = letter["body"].as_str().unwrap();
    let (_, rest) = body.split_once("?token=").unwrap();
    rest.split_whitespace().next().unwrap()
}

/// A header of a letter; empty when it has none.
pub(super) fn header<'a>(letter: &'a Value, name: &str) -> &'a str {
    let headers = letter["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header[0] == name);
    found.map_or("", |header| header[1].as_str().unwrap())
}
