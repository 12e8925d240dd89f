//! A server for one test, and a small language for asking it things.

use std::net::SocketAddr;
use std::sync::Arc;

use actors::clock::{Clock, ManualClock, SystemClock};
use clap::Parser;
use fullhouse::accounts::{Caller, Role, Seals, Tokens};
use fullhouse::config::{Config, Secret};
use fullhouse::server::{Ended, Server};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder};
use seating::timestamp::Timestamp;
use serde_json::{Value, json};
use test_database::{Proxy, Sql, TestCluster, TestDatabase};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A running server with its own database.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) ops: SocketAddr,
    client: Client,
    stop: CancellationToken,
    running: JoinHandle<Ended>,
    // Dropped last, when nobody uses it any more.
    database: Option<Arc<TestDatabase>>,
}

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    config: Config,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with_flags(&[]).await
    }

    /// With flags of `serve` beside those that every test has.
    pub(crate) async fn with_flags(flags: &[&str]) -> Self {
        let database = Arc::new(TestDatabase::create().await);
        Self::on(database, Arc::new(SystemClock::start()), flags).await
    }

    /// On a database server that the test may stop.
    pub(crate) async fn on_cluster(cluster: &TestCluster, flags: &[&str]) -> Self {
        Self::at(&cluster.url(), None, Arc::new(SystemClock::start()), flags).await
    }

    /// On a database that it reaches through a proxy.
    pub(crate) async fn behind(proxy: &Proxy, flags: &[&str]) -> Self {
        Self::at(&proxy.url(), None, Arc::new(SystemClock::start()), flags).await
    }

    /// Under a clock that the test moves.
    pub(crate) async fn with_clock() -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(
            1_800_000_000,
        )));
        let database = Arc::new(TestDatabase::create().await);
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        (Self::on(database, shared, &[]).await, clock)
    }

    /// On a database that another server may have used.
    pub(crate) async fn on(
        database: Arc<TestDatabase>,
        clock: Arc<dyn Clock>,
        flags: &[&str],
    ) -> Self {
        let url = database.url();
        Self::at(&url, Some(database), clock, flags).await
    }

    /// One that sends its mail by SMTP instead of printing it.
    pub(crate) async fn mailing(
        database: Arc<TestDatabase>,
        clock: Arc<dyn Clock>,
        smtp_url: &str,
    ) -> Self {
        let mut config = configured(&database.url(), &[]);
        config.accounts.smtp_url = Secret::given("FULLHOUSE_SMTP_URL", smtp_url);
        Self::of(config, Some(database), clock).await
    }

    async fn at(
        url: &str,
        database: Option<Arc<TestDatabase>>,
        clock: Arc<dyn Clock>,
        flags: &[&str],
    ) -> Self {
        Self::of(configured(url, flags), database, clock).await
    }

    pub(crate) async fn of(
        config: Config,
        database: Option<Arc<TestDatabase>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let server = Box::pin(Server::bind_with(config, clock)).await.unwrap();
        let (address, ops) = (server.address(), server.ops_address());
        let stop = CancellationToken::new();
        let running = tokio::spawn(server.run_until_stopped(stop.clone().cancelled_owned()));
        Self {
            address,
            ops,
            client: Client::new(),
            stop,
            running,
            database,
        }
    }

    /// Plain questions to its database, which is its own.
    pub(crate) fn sql(&self) -> Sql {
        self.database.as_ref().unwrap().sql()
    }

    /// Stops it as a signal would.
    pub(crate) async fn stop(self) -> Ended {
        self.stop.cancel();
        self.running.await.unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Asking {
        self.ask(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Asking {
        self.ask(Method::POST, path).json(body)
    }

    pub(crate) fn delete(&self, path: &str) -> Asking {
        self.ask(Method::DELETE, path)
    }

    /// A request below `/api/v1`.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Asking {
        self.ask_at(method, &format!("/api/v1{path}"))
    }

    /// A request to any path of the public port.
    pub(crate) fn ask_at(&self, method: Method, path: &str) -> Asking {
        let url = format!("http://{}{path}", self.address);
        Asking(self.client.request(method, url))
    }

    /// A request to the operations port.
    pub(crate) fn ask_ops(&self, path: &str) -> Asking {
        Asking(self.client.get(format!("http://{}{path}", self.ops)))
    }

    /// Creates a showtime and gives its id.
    pub(crate) async fn showtime(&self, body: &Value) -> String {
        let reply = self.post("/showtimes", body).by(&editor()).send().await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body["data"]["showtime_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Holds these seats and gives the reply.
    pub(crate) async fn hold(&self, showtime: &str, who: &str, seats: &[&str]) -> Reply {
        let path = format!("/showtimes/{showtime}/holds");
        self.post(&path, &json!({"seats": seats}))
            .by(who)
            .send()
            .await
    }

    /// Sells a hold at the box office and gives the reply.
    pub(crate) async fn confirm(&self, showtime: &str, hold: &str) -> Reply {
        let path = format!("/showtimes/{showtime}/holds/{hold}/confirm");
        self.post(&path, &json!({})).by(&editor()).send().await
    }

    /// The last entry that the public sees.
    pub(crate) async fn seq(&self, showtime: &str) -> u64 {
        let path = format!("/showtimes/{showtime}/availability");
        let reply = self.get(&path).send().await;
        reply.body["data"]["seq"].as_u64().unwrap()
    }

    /// Asserts that memory, journal and tables agree.
    pub(crate) async fn assert_consistent(&self, showtime: &str) -> Value {
        let path = format!("/showtimes/{showtime}/audit");
        let reply = self.get(&path).by(&editor()).send().await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(
            reply.body["data"]["differences"],
            json!([]),
            "{}",
            reply.body
        );
        reply.body["data"].clone()
    }
}

/// Settings of a test's server on this database.
pub(crate) fn configured(url: &str, flags: &[&str]) -> Config {
    let mut line = vec!["serve", "--demo"];
    line.extend(["--http-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0"]);
    line.extend(["--database-connections", "4", "--drain-timeout-ms", "5000"]);
    // Mails of tests are looked for in the database, or sent to a server of the test's own.
    line.extend(["--access-lines-per-second", "0"]);
    // Tests ask from one address, and some of them in crowds.
    if !flags.iter().any(|flag| flag.starts_with("--rate-")) {
        line.extend(["--rate-limits", "off"]);
    }
    line.extend(flags);
    let mut config = Line::parse_from(line).config;
    config.database.database_url = Secret::given("DATABASE_URL", url);
    config.secrets.jwt_secret = Secret::given("FULLHOUSE_JWT_SECRET", SECRET);
    config
}

/// A request being put together.
pub(crate) struct Asking(RequestBuilder);

impl Asking {
    /// With this token.
    pub(crate) fn by(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    /// With this idempotency key.
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// With these bytes, said to be JSON.
    pub(crate) fn bytes(self, body: impl Into<Vec<u8>>) -> Self {
        Self(
            self.0
                .header(CONTENT_TYPE, "application/json")
                .body(body.into()),
        )
    }

    /// With these fields of a form.
    pub(crate) fn form(self, fields: String) -> Self {
        let form = "application/x-www-form-urlencoded";
        Self(self.0.header(CONTENT_TYPE, form).body(fields))
    }

    /// With these bytes of this media type.
    pub(crate) fn raw(self, media_type: &str, body: &'static str) -> Self {
        Self(self.0.header(CONTENT_TYPE, media_type).body(body))
    }

    /// What will be sent.
    pub(crate) fn request(&self) -> reqwest::Request {
        self.0.try_clone().unwrap().build().unwrap()
    }

    pub(crate) async fn send(self) -> Reply {
        let response = self.0.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        Reply {
            status,
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Null when it is not JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn hold_id(&self) -> &str {
        let id = self.body["data"]["hold_id"].as_str();
        assert!(id.is_some(), "no hold: {}", self.body);
        id.unwrap()
    }

    /// Asserts a problem document of this status and code, whole in every member.
    pub(crate) fn assert_problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.body["code"], code, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["success"], false);
        assert_eq!(self.body["message"], self.body["detail"]);
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        let kind = self.body["type"].as_str().unwrap();
        assert_eq!(
            kind,
            format!("/problems/{}", code.to_lowercase().replace('_', "-"))
        );
        assert!(self.body["instance"].as_str().unwrap().starts_with('/'));
        self
    }

    /// Asserts a problem about this place of the body, by the path and by the pointer.
    pub(crate) fn assert_place(&self, field: &str, pointer: &str) -> &Self {
        self.assert_invalid(field);
        assert_eq!(self.body["errors"][0]["pointer"], pointer, "{}", self.text);
        self
    }

    /// Asserts a 422 that names this field.
    pub(crate) fn assert_invalid(&self, field: &str) -> &Self {
        self.assert_problem(422, "VALIDATION_FAILED");
        assert_eq!(self.body["errors"][0]["field"], field, "{}", self.text);
        self
    }
}

/// What test servers sign with.
const SECRET: &str = "a secret of the tests alone, long enough for HS256";

/// Makes tokens as test servers do.
pub(crate) fn tokens() -> Tokens {
    Tokens::new(&SECRET.to_owned().into())
}

/// A token that test servers take.
pub(crate) fn token(role: Role, subject: Uuid) -> String {
    tokens()
        .mint(Caller { subject, role }, SystemClock::start().now(), 3_600)
        .unwrap()
}

/// Seals as test servers do.
pub(crate) fn seals() -> Seals {
    Seals::new(SECRET.to_owned().into(), None)
}

/// Somebody who buys.
pub(crate) fn buyer() -> String {
    token(Role::User, Uuid::new_v4())
}

/// Somebody of the staff.
pub(crate) fn editor() -> String {
    token(Role::Editor, Uuid::new_v4())
}

/// A showtime whose layout is one section `A` with rows of so many seats, and a free area `F` of 20 places.
pub(crate) fn layout(rows: &[(&str, u32)]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(row, seats)| json!({"row": row, "seats": seats}))
        .collect();
    json!({
        "title": "A play",
        "starts_at": "2030-01-31T19:30:00Z",
        "sections": [
            {"code": "A", "name": "Stalls", "kind": "reserved", "price_tier": "STD", "rows": rows},
            {"code": "F", "name": "Floor", "kind": "general_admission", "price_tier": "FREE",
             "capacity": 20},
        ],
        "price_tiers": [
            {"code": "STD", "name": "Standard", "price": {"amount": 50_000, "currency": "INR"}},
            {"code": "FREE", "name": "Free", "price": {"amount": 0, "currency": "INR"}},
        ],
    })
}

/// The same on other terms of sale.
pub(crate) fn layout_with(rows: &[(&str, u32)], terms: &Value) -> Value {
    let mut body = layout(rows);
    let members = body.as_object_mut().unwrap();
    members.extend(terms.as_object().unwrap().clone());
    body
}
