//! A server in this process, under a clock that the drill moves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actors::clock::{Clock, StoreReading, SystemClock, Waiting};
use chrono::DateTime;
use clap::Parser;
use fullhouse::accounts::{Caller, Role, Tokens};
use fullhouse::config::{Config, Secret};
use fullhouse::server::{Ended, Server};
use reqwest::{Client, Method};
use seating::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::api;
use crate::drills::clock_jump::ledger::Window;
use crate::error::DrillError;

/// What this drill's servers sign with.
const SECRET: &str = "a secret for the clock drill alone, long enough for HS256";
/// Longer than any drill takes.
const TOKEN_SECONDS: u32 = 86_400;

/// A token for somebody, by the real time: that is what servers judge tokens by.
pub(super) fn token(role: Role) -> Result<String, DrillError> {
    let caller = Caller {
        subject: Uuid::new_v4(),
        role,
    };
    let tokens = Tokens::new(&SECRET.to_owned().into());
    let minted = tokens.mint(caller, SystemClock::start().now(), TOKEN_SECONDS);
    minted.map_err(|error| DrillError::Unexpected(format!("no token: {error}")))
}

/// The server's settings as the program reads them.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    config: Config,
}

/// A world whose time the drill lets pass, and one machine in it whose wall clock may be wrong.
#[derive(Debug)]
pub(super) struct JumpingServer {
    /// How much time has passed beyond what really has, in microseconds.
    passed: watch::Sender<i64>,
    /// By how many seconds the machine's wall clock is ahead.
    wall_ahead: i64,
    /// By how many it was when the server that runs now was started.
    started_ahead: i64,
    begun: SystemClock,
    client: Client,
    running: Running,
}

#[derive(Debug)]
struct Running {
    address: SocketAddr,
    ops: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

/// The program's own clock in that world: it begins at the wall clock's time.
#[derive(Debug)]
struct ClockOfTheWorld {
    inner: SystemClock,
    passed: watch::Receiver<i64>,
    passed_before: i64,
}

impl Clock for ClockOfTheWorld {
    fn now(&self) -> Timestamp {
        plus(self.inner.now(), *self.passed.borrow() - self.passed_before)
    }

    fn passed_micros(&self) -> u64 {
        let passed = *self.passed.borrow() - self.passed_before;
        self.inner.passed_micros().saturating_add_signed(passed)
    }

    fn wait_until(&self, at: Timestamp) -> Waiting {
        let (start, begun) = (self.now(), tokio::time::Instant::now());
        let mut passed = self.passed.clone();
        let before = *passed.borrow_and_update();
        Box::pin(async move {
            loop {
                let gone = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
                let now = plus(start, gone + *passed.borrow_and_update() - before);
                let left = Duration::from_micros(at.micros_after(now));
                if left.is_zero() || tokio::time::timeout(left, passed.changed()).await.is_err() {
                    return;
                }
            }
        })
    }

    /// The database shows the real time, to which the time that the drill let pass is to be added.
    fn compare(&self, reading: StoreReading) -> i64 {
        self.inner.compare(StoreReading {
            told: plus(reading.told, *self.passed.borrow()),
            ..reading
        })
    }
}

const fn plus(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(at.unix_micros() + micros)
}

const SECOND: i64 = 1_000_000;

impl JumpingServer {
    pub(super) async fn start(database_url: &str) -> Result<Self, DrillError> {
        let passed = watch::Sender::new(0);
        let begun = SystemClock::start();
        Ok(Self {
            running: Running::start(database_url, clock(&begun, &passed, 0)).await?,
            passed,
            wall_ahead: 0,
            started_ahead: 0,
            begun,
            client: api::client()?,
        })
    }

    /// Starts the next one, by whatever the wall clock shows, and stops the last in good order.
    pub(super) async fn restart(&mut self, database_url: &str) -> Result<(), DrillError> {
        let clock = clock(&self.begun, &self.passed, self.wall_ahead);
        let next = Running::start(database_url, clock).await?;
        let last = std::mem::replace(&mut self.running, next);
        self.started_ahead = self.wall_ahead;
        last.stop().await
    }

    pub(super) async fn stop(self) -> Result<(), DrillError> {
        self.running.stop().await
    }

    /// Lets so many seconds pass, for everybody.
    pub(super) fn pass(&self, seconds: i64) {
        self.passed
            .send_modify(|passed| *passed += seconds * SECOND);
    }

    /// Puts the machine's wall clock so many seconds ahead of the true time.
    pub(super) const fn put_wall(&mut self, ahead: i64) {
        self.wall_ahead = ahead;
    }

    /// The true time.
    pub(super) fn now(&self) -> Timestamp {
        plus(self.begun.now(), *self.passed.borrow())
    }

    /// By how many seconds the clock of the server that runs is ahead.
    pub(super) const fn ahead(&self) -> i64 {
        self.started_ahead
    }

    /// What the operations port says about readiness.
    pub(super) async fn ready(&self) -> Result<u16, DrillError> {
        let url = format!("http://{}/readyz", self.running.ops);
        Ok(self.client.get(url).send().await?.status().as_u16())
    }

    /// A showtime that is on sale from and until these seconds from now.
    pub(super) async fn open_showtime(
        &self,
        seats: u32,
        (from, until): (i64, i64),
    ) -> Result<(Uuid, Window), DrillError> {
        let second = self.now().unix_micros() / SECOND;
        let at = |seconds: i64| DateTime::from_timestamp(second + seconds, 0).unwrap_or_default();
        let window = Window {
            from: at(from),
            until: at(until),
        };
        let body = json!({
            "title": "Clock drill",
            "starts_at": "2099-01-15T18:30:00Z",
            "on_sale_from": window.from.to_rfc3339(),
            "on_sale_until": window.until.to_rfc3339(),
            "sections": [{"code": "H", "name": "Hall", "kind": "reserved", "price_tier": "STD",
                          "rows": [{"row": "R", "seats": seats}]}],
            "price_tiers": [{"code": "STD", "name": "Standard",
                             "price": {"amount": 1_000, "currency": "EUR"}}],
        });
        let (status, answer) = self.post("", &token(Role::Editor)?, &body).await?;
        let id = answer["data"]["showtime_id"].as_str();
        let id = id.and_then(|id| id.parse().ok());
        let id =
            id.ok_or_else(|| DrillError::Unexpected(format!("no showtime: {status} {answer}")))?;
        Ok((id, window))
    }

    pub(super) async fn post(
        &self,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<(u16, Value), DrillError> {
        self.send(Method::POST, path, token, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str, token: &str) -> Result<(u16, Value), DrillError> {
        self.send(Method::DELETE, path, token, None).await
    }

    pub(super) async fn get(&self, path: &str, token: &str) -> Result<(u16, Value), DrillError> {
        self.send(Method::GET, path, token, None).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), DrillError> {
        let url = format!("http://{}/api/v1/showtimes{path}", self.running.address);
        let mut request = self.client.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }
}

/// The clock of a server that is started now.
fn clock(begun: &SystemClock, passed: &watch::Sender<i64>, ahead: i64) -> Arc<dyn Clock> {
    let passed_before = *passed.borrow();
    let wall = plus(begun.now(), passed_before + ahead * SECOND);
    Arc::new(ClockOfTheWorld {
        inner: SystemClock::starting_at(wall),
        passed: passed.subscribe(),
        passed_before,
    })
}

impl Running {
    async fn start(database_url: &str, clock: Arc<dyn Clock>) -> Result<Self, DrillError> {
        let mut line = vec!["serve"];
        line.extend(["--http-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0"]);
        line.extend(["--database-connections", "4"]);
        let parsed = Line::try_parse_from(line);
        let mut parsed = parsed.map_err(|error| DrillError::Unexpected(error.to_string()))?;
        let config = &mut parsed.config;
        config.database.database_url = Secret::given("DATABASE_URL", database_url);
        config.secrets.jwt_secret = Secret::given("FULLHOUSE_JWT_SECRET", SECRET);
        let bound = Box::pin(Server::bind_with(parsed.config, clock)).await;
        let server = bound.map_err(|error| DrillError::Unexpected(error.to_string()))?;
        let (address, ops) = (server.address(), server.ops_address());
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.run_until_stopped(async {
            // A drill that breaks off stops its server as well.
            let _broken_off = stopped.await;
        }));
        Ok(Self {
            address,
            ops,
            stop,
            ended,
        })
    }

    async fn stop(self) -> Result<(), DrillError> {
        drop(self.stop);
        match self.ended.await {
            Ok(Ended::Drained) => Ok(()),
            other @ (Ok(Ended::CutOff) | Err(_)) => Err(DrillError::Unexpected(format!(
                "the server ended: {other:?}"
            ))),
        }
    }
}
