//! A server of one design for one test, and a small language for asking it things.

use std::fmt;
use std::net::SocketAddr;

use baselines::check::{Check, check};
use baselines::design::Design;
use baselines::locks::local_redis::LocalRedis;
use baselines::server::{Options, Server};
use baselines::store::connect_options;
use baselines::transactions::Transactions;
use clap::Parser;
use fullhouse::config::Secret;
use loadtest::tokens::{Role, mint, secret};
use reqwest::{Client, Method};
use seating::ids::ShowtimeId;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions};
use test_database::TestDatabase;
use tokio::task::JoinSet;
use uuid::Uuid;

/// A design, and who sends its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) design: Design,
    pub(crate) transactions: Transactions,
}

/// A running server with its own database, and its own Redis if it needs one.
pub(crate) struct TestServer {
    pub(crate) way: Way,
    pub(crate) address: SocketAddr,
    pub(crate) ops: SocketAddr,
    pub(crate) client: Client,
    pub(crate) database: TestDatabase,
    redis: Option<LocalRedis>,
}

/// What a request was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

impl Way {
    /// Every design both ways.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Design::ALL.into_iter().flat_map(|design| {
            Transactions::ALL.map(|transactions| Self {
                design,
                transactions,
            })
        })
    }
}

impl From<Design> for Way {
    fn from(design: Design) -> Self {
        let transactions = Transactions::default();
        Self {
            design,
            transactions,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.design, self.transactions)
    }
}

impl TestServer {
    pub(crate) async fn start(way: impl Into<Way>) -> Self {
        Self::start_with(way, &[]).await
    }

    /// The same with further options.
    pub(crate) async fn start_with(way: impl Into<Way>, options: &[&str]) -> Self {
        let way = way.into();
        let database = TestDatabase::create().await;
        let redis = if way.design.needs_redis() {
            let started = LocalRedis::start().await;
            Some(started.unwrap_or_else(|missing| panic!("{missing}")))
        } else {
            None
        };
        let url = redis.as_ref().map(LocalRedis::url).unwrap_or_default();
        let line = [
            "baseline",
            "--design",
            way.design.as_str(),
            "--transactions",
            way.transactions.as_str(),
            "--pool",
            "8",
            "--redis-url",
            &url,
            "--http-addr",
            "127.0.0.1:0",
            "--ops-addr",
            "127.0.0.1:0",
        ];
        let line = line.iter().chain(options);
        let mut options = Line::parse_from(line).options;
        options.database_url = Secret::given("DATABASE_URL", &database.url());
        options.secrets.jwt_secret = Secret::given("FULLHOUSE_JWT_SECRET", &secret());
        let server = Server::bind(options).await.unwrap();
        let (address, ops) = (server.address(), server.ops_address());
        tokio::spawn(server.run_until_stopped(std::future::pending()));
        Self {
            way,
            address,
            ops,
            client: Client::new(),
            database,
            redis,
        }
    }

    /// Creates a house of so many rows of ten seats and gives its id.
    pub(crate) async fn house(&self, rows: u32) -> ShowtimeId {
        let rows: Vec<Value> = (1..=rows)
            .map(|row| json!({"row": row.to_string(), "seats": 10}))
            .collect();
        let body = json!({
            "title": "A night",
            "starts_at": "2031-01-15T18:30:00Z",
            "sections": [{"code": "S", "kind": "reserved", "price_tier": "STD", "rows": rows}],
            "price_tiers": [
                {"code": "STD", "price": {"amount": 150_000, "currency": "INR"}},
            ],
        });
        let reply = self.ask(Method::POST, "", &editor(), Some(&body)).await;
        assert_eq!(reply.status, 201, "{}: {}", self.way, reply.body);
        let id = reply.body["data"]["showtime_id"].as_str().unwrap();
        id.parse().unwrap()
    }

    /// Asks below `/api/v1/showtimes`.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Reply {
        let url = format!("http://{}/api/v1/showtimes{path}", self.address);
        send(self.client.request(method, url), token, body).await
    }

    pub(crate) async fn hold(&self, id: ShowtimeId, token: &str, wish: &Value) -> Reply {
        let path = format!("/{id}/holds");
        self.ask(Method::POST, &path, token, Some(wish)).await
    }

    /// Holds these seats for somebody new and gives the hold's id.
    pub(crate) async fn held(&self, id: ShowtimeId, seats: &[&str]) -> String {
        let reply = self.hold(id, &buyer(), &json!({"seats": seats})).await;
        assert_eq!(reply.status, 201, "{}: {}", self.way, reply.body);
        reply.hold_id()
    }

    pub(crate) async fn confirm(&self, id: ShowtimeId, hold: &str) -> Reply {
        let path = format!("/{id}/holds/{hold}/confirm");
        self.ask(Method::POST, &path, &editor(), None).await
    }

    /// The same wish of so many buyers at once.
    pub(crate) async fn rush(&self, id: ShowtimeId, buyers: usize, wish: &Value) -> Vec<Reply> {
        let url = format!("http://{}/api/v1/showtimes/{id}/holds", self.address);
        let mut rush = JoinSet::new();
        for _ in 0..buyers {
            let (request, wish) = (self.client.post(&url), wish.clone());
            rush.spawn(async move { send(request, &buyer(), Some(&wish)).await });
        }
        rush.join_all().await
    }

    /// Lets every hold's time be over.
    pub(crate) async fn expire_all(&self) {
        self.sql(
            "update holds set expires_at = now() - interval '1 second' where status = 'live'; \
             update seats set held_until = now() - interval '1 second' where status = 'reserved'",
        )
        .await;
        // There the deadline is the key's own.
        if let Some(redis) = &self.redis {
            let client = redis::Client::open(redis.url()).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            let flush = redis::cmd("FLUSHALL");
            flush.query_async::<()>(&mut connection).await.unwrap();
        }
    }

    /// Runs statements on the design's tables.
    pub(crate) async fn sql(&self, statements: &str) {
        let options = connect_options(&self.database.url(), self.way.design).unwrap();
        let mut connection = options.connect().await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&mut connection)
            .await;
        done.unwrap();
    }

    pub(crate) async fn check(&self, id: ShowtimeId) -> Check {
        check(&self.database.url(), self.way.design, id)
            .await
            .unwrap()
    }

    /// The tables say this and nothing is wrong with them.
    pub(crate) async fn assert_sound(&self, id: ShowtimeId, held: u64, sold: u64) {
        let found = self.check(id).await;
        let violations = Vec::new();
        let expected = Check {
            held,
            sold,
            violations,
        };
        assert_eq!(found, expected, "{}", self.way);
    }
}

async fn send(request: reqwest::RequestBuilder, token: &str, body: Option<&Value>) -> Reply {
    let request = request.bearer_auth(token);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    Reply {
        status: answer.status().as_u16(),
        body: answer.json().await.unwrap(),
    }
}

impl Reply {
    pub(crate) fn hold_id(&self) -> String {
        self.body["data"]["hold_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The ids of the seats of a hold.
    pub(crate) fn seats(&self) -> Vec<String> {
        let seats = self.body["data"]["seats"].as_array().unwrap();
        let ids = seats.iter().map(|seat| seat["seat_id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    }
}

/// Somebody new who buys.
pub(crate) fn buyer() -> String {
    mint(Uuid::new_v4(), Role::User).unwrap()
}

/// Somebody of the house.
pub(crate) fn editor() -> String {
    mint(Uuid::new_v4(), Role::Editor).unwrap()
}
