//! The server of one design: put together, its ports, its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actors::clock::SystemClock;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::Args;
use fullhouse::accounts::KeyRing;
use fullhouse::config::{
    ConfigError, EmailVerification, HttpConfig, LogConfig, Secret, SecretsConfig, Stage,
};
use fullhouse::http::budget::Budget;
use fullhouse::http::door::Door;
use fullhouse::http::extract::{Gate, Limits};
use fullhouse::http::seat_map_cache::SeatMaps;
use fullhouse::server::listener::{Allowance, Port, PortTaken};
use fullhouse::telemetry;
use persistence::migrate;
use persistence::pool::{self, PoolSettings};
use persistence::showtimes::Showtimes;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::counters::Counters;
use crate::design::Design;
use crate::front::{self, Baseline, BaselineParts};
use crate::locks::SeatLocks;
use crate::on_sale::ShowtimesOnSale;
use crate::picks::Picks;
use crate::seller::Seller;
use crate::store::Store;
use crate::transactions::Transactions;

/// Every setting of the program.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Which design sells.
    #[arg(long)]
    pub design: Design,
    /// Who sends the statements of a transaction: application or database.
    #[arg(long, default_value_t)]
    pub transactions: Transactions,
    /// Which seats best available takes; the first only where the application sends statements.
    #[arg(long, value_enum, default_value_t)]
    pub picks: Picks,
    /// Connections to PostgreSQL; the design's best number when it is left out.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub pool: Option<u32>,
    /// Address of Redis, for the design that locks there.
    #[arg(long)]
    pub redis_url: Option<String>,
    /// Address of the PostgreSQL database, from `DATABASE_URL`.
    #[arg(skip = Secret::of_environment("DATABASE_URL"))]
    pub database_url: Secret,
    /// The ports and what they accept.
    #[command(flatten)]
    pub http: HttpConfig,
    /// The key for tokens.
    #[command(flatten)]
    pub secrets: SecretsConfig,
    /// What is logged.
    #[command(flatten)]
    pub logs: LogConfig,
}

/// A server whose ports are open.
#[derive(Debug)]
pub struct Server {
    public: Port,
    ops: Port,
    allowance: Allowance,
    door: Door,
    watch: Watch,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The design locks in Redis, and nobody said where that is.
    #[error("--redis-url is missing, and {0} locks in Redis")]
    NoRedis(Design),
    /// The design is not measured that way.
    #[error("--picks first is for seat_rows_for_update and serializable, by the application")]
    NoFirst,
    #[error("redis: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The product's own tables, which list the showtimes, cannot be made.
    #[error("database: {0}")]
    Migration(String),
    #[error(transparent)]
    Port(#[from] PortTaken),
    #[error("metrics: {0}")]
    Metrics(String),
}

/// What the operations port looks at.
#[derive(Clone)]
struct Watch {
    baseline: Baseline,
    counters: Arc<Counters>,
    render: Arc<dyn Fn() -> String + Send + Sync>,
    upkeep: Arc<dyn Fn() + Send + Sync>,
}

/// Showtimes are created and found through these; buyers never wait for one.
const CATALOG_CONNECTIONS: u32 = 2;

impl Server {
    /// Makes the tables, opens the connections and both ports.
    pub async fn bind(options: Options) -> Result<Self, StartError> {
        options.http.validate()?;
        options.secrets.validate(Stage::Selling)?;
        let database_url = options.database_url.required()?;
        let ways = check_ways(&options)?;
        let metrics =
            telemetry::metrics().map_err(|error| StartError::Metrics(error.to_string()))?;
        let counters = Arc::new(Counters::default());
        let locks = open_locks(&options).await?;
        let catalog = open_catalog(database_url).await?;
        let usual = |design: Design| design.pool_default(options.transactions, options.picks);
        let connections = options.pool.unwrap_or_else(|| usual(options.design));
        let store = Store::open(database_url, options.design, ways, connections).await?;
        let answers = Budget::new(options.http.answer_bytes_max as usize);
        let baseline = Baseline::new(BaselineParts {
            seller: Seller::new(store, locks, Arc::clone(&counters)),
            showtimes: ShowtimesOnSale::new(catalog),
            gate: Arc::new(Gate {
                tokens: Arc::new(options.secrets.tokens()?),
                keys: KeyRing::empty(Arc::new(SystemClock::start())),
                email_verification: EmailVerification::Optional,
                limits: Limits::from(&options.http),
                rates: None,
            }),
            seat_maps: SeatMaps::new(Arc::clone(&answers)),
        });
        let renderer = metrics.clone();
        let watch = Watch {
            baseline: baseline.clone(),
            counters,
            render: Arc::new(move || renderer.render()),
            upkeep: Arc::new(move || metrics.run_upkeep()),
        };
        let router = front::router(baseline, &options.http, &answers);
        Ok(Self {
            public: Port::open(options.http.http_addr, router)?,
            ops: Port::open(options.http.ops_addr, ops_router(watch.clone()))?,
            allowance: Allowance::from(&options.http),
            door: Door::open(options.http.requests_max as usize),
            watch,
        })
    }

    /// Where the public port is.
    pub const fn address(&self) -> SocketAddr {
        self.public.address()
    }

    /// Where the operations port is.
    pub const fn ops_address(&self) -> SocketAddr {
        self.ops.address()
    }

    /// Serves until `stop` ends, then lets requests in progress finish. Returns whether all did.
    pub async fn run_until_stopped(self, stop: impl Future<Output = ()>) -> bool {
        let (draining, closed) = (CancellationToken::new(), CancellationToken::new());
        let upkeep = tokio::spawn(upkeep(self.watch.upkeep, closed.clone()));
        let ops = self.ops.serve(
            Door::open(usize::MAX),
            Allowance::OPERATIONS,
            closed.clone(),
        );
        let public = self
            .public
            .serve(self.door, self.allowance, draining.clone());
        stop.await;
        draining.cancel();
        let answered = public.await.unwrap_or(false);
        closed.cancel();
        // Both only watch; how they end changes nothing any more.
        drop(tokio::join!(ops, upkeep));
        answered
    }
}

fn check_ways(options: &Options) -> Result<(Transactions, Picks), StartError> {
    let by_application = options.transactions == Transactions::Application;
    if options.picks == Picks::First && !(by_application && options.design.can_pick_first()) {
        return Err(StartError::NoFirst);
    }
    Ok((options.transactions, options.picks))
}

async fn open_locks(options: &Options) -> Result<Option<SeatLocks>, StartError> {
    if !options.design.needs_redis() {
        return Ok(None);
    }
    let url = options.redis_url.as_ref();
    let url = url.ok_or(StartError::NoRedis(options.design))?;
    Ok(Some(SeatLocks::open(url).await?))
}

async fn open_catalog(url: &str) -> Result<Showtimes, StartError> {
    let address = pool::parse_url(url)?;
    let pool = pool::connect(address, &PoolSettings::new(CATALOG_CONNECTIONS)).await?;
    let migrated = migrate::migrate(&pool).await;
    migrated.map_err(|error| StartError::Migration(error.to_string()))?;
    Ok(Showtimes::new(pool))
}

fn ops_router(watch: Watch) -> Router {
    Router::new()
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(watch)
}

async fn readyz(State(watch): State<Watch>) -> Response {
    match watch.baseline.seller().store().ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

async fn metrics(State(watch): State<Watch>) -> String {
    format!("{}{}", (watch.render)(), watch.counters.render())
}

/// Without it the recorder keeps every sample until somebody reads it.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

async fn upkeep(run: Arc<dyn Fn() + Send + Sync>, closed: CancellationToken) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = closed.cancelled() => return,
            _ = ticks.tick() => run(),
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch(…)")
    }
}
