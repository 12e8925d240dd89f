//! A server in this process, under a clock that the drill moves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actors::clock::{Clock, ManualClock, SystemClock};
use clap::Parser;
use fullhouse::auth::{Caller, Role, Tokens};
use fullhouse::config::Config;
use fullhouse::server::{Ended, Server};
use reqwest::{Client, Method};
use seating::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::api;
use crate::drills::DrillError;

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
    let minted = tokens.mint(caller, SystemClock.now(), TOKEN_SECONDS);
    minted.map_err(|error| DrillError::Unexpected(format!("no token: {error}")))
}

/// The server's settings as the program reads them.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    config: Config,
}

#[derive(Debug)]
pub(super) struct JumpingServer {
    clock: Arc<ManualClock>,
    /// The latest time that the clock has ever shown, in seconds.
    latest: AtomicI64,
    client: Client,
    running: Running,
}

#[derive(Debug)]
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

impl JumpingServer {
    pub(super) async fn start(database_url: &str) -> Result<Self, DrillError> {
        // Tokens are judged by the real time, so the house's time begins there.
        let begin = SystemClock.now().unix_micros() / 1_000_000;
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(begin)));
        Ok(Self {
            running: Running::start(database_url, &clock).await?,
            clock,
            latest: AtomicI64::new(begin),
            client: api::client()?,
        })
    }

    /// Stops it in good order and starts the next one, whose clock stands where this one's stood.
    pub(super) async fn restart(&mut self, database_url: &str) -> Result<(), DrillError> {
        let next = Running::start(database_url, &self.clock).await?;
        let last = std::mem::replace(&mut self.running, next);
        last.stop().await
    }

    pub(super) async fn stop(self) -> Result<(), DrillError> {
        self.running.stop().await
    }

    /// Moves the clock by so many seconds, back if they are negative.
    pub(super) fn jump(&self, seconds: i64) {
        let to = self.now() + seconds;
        self.latest.fetch_max(to, Ordering::Relaxed);
        self.clock.set(Timestamp::from_unix_seconds(to));
    }

    /// What the clock shows, in seconds.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().unix_micros() / 1_000_000
    }

    /// The latest time that it has ever shown, in seconds.
    pub(super) fn latest(&self) -> i64 {
        self.latest.load(Ordering::Relaxed)
    }

    pub(super) async fn open_house(&self, seats: u32) -> Result<Uuid, DrillError> {
        let house = json!({
            "title": "Clock drill",
            "starts_at": "2099-01-15T18:30:00Z",
            "sections": [{"code": "H", "name": "House", "kind": "reserved", "price_tier": "STD",
                          "rows": [{"row": "R", "seats": seats}]}],
            "price_tiers": [{"code": "STD", "name": "Standard",
                             "price": {"amount": 1_000, "currency": "EUR"}}],
        });
        let (status, answer) = self.post("", &token(Role::Editor)?, &house).await?;
        let id = answer["data"]["showtime_id"].as_str();
        id.and_then(|id| id.parse().ok())
            .ok_or_else(|| DrillError::Unexpected(format!("no showtime: {status} {answer}")))
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

impl Running {
    async fn start(database_url: &str, clock: &Arc<ManualClock>) -> Result<Self, DrillError> {
        let mut line = vec!["serve", "--database-url", database_url];
        line.extend(["--http-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0"]);
        line.extend(["--database-connections", "4", "--jwt-secret", SECRET]);
        let parsed = Line::try_parse_from(line);
        let config = parsed.map_err(|error| DrillError::Unexpected(error.to_string()))?;
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let bound = Box::pin(Server::bind_with(config.config, clock)).await;
        let server = bound.map_err(|error| DrillError::Unexpected(error.to_string()))?;
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.run_until_stopped(async {
            // A drill that breaks off stops its server as well.
            let _broken_off = stopped.await;
        }));
        Ok(Self {
            address,
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
