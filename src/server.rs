//! The composition root: everything put together, learnt ports, a graceful end.

pub mod database;
mod desk;
pub mod listener;
pub mod ops;
pub mod readiness;
mod stop;
mod upkeep;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actors::box_office::BoxOffice;
use actors::clock::{Clock, SystemClock};
use actors::options::{HoldAck, OwnerOptions};
use journal::Journal;
use journal::causes::Causes;
use local_cluster::Caretaker;
use persistence::journal::PgJournal;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::accounts::{Desk, KeyRing, Revoked, Tokens};
use crate::config::{self, Config, ConfigError, OwnersConfig};
use crate::http;
use crate::http::budget::Budget;
use crate::http::caching::catalog::Catalog;
use crate::http::door::rates::Rates;
use crate::http::door::{self, Door, Proxies, RequestLimit};
use crate::http::extract::{Gate, Limits, OwnPages};
use crate::http::seat_map_cache::SeatMaps;
use crate::http::state::{App, AppParts};
use crate::jobs::Worker;
use crate::showtimes::{CreateError, demo};
use crate::telemetry;
use database::{Store, StoreOpenError};
use listener::{Allowance, Port, PortTaken};
use ops::Ops;
use readiness::Readiness;

/// A server whose ports are open and whose owners sleep.
#[derive(Debug)]
pub struct Server {
    public: Port,
    ops: Port,
    ops_state: Ops,
    office: BoxOffice,
    journal: Arc<PgJournal>,
    cluster: Option<Caretaker>,
    draining: CancellationToken,
    public_allowance: Allowance,
    door: Door,
    rates: Option<Arc<Rates>>,
    desk: Desk,
    worker: Worker,
    drain_timeout: Duration,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreOpenError),
    #[error(transparent)]
    Port(#[from] PortTaken),
    #[error("metrics: {0}")]
    Metrics(String),
    /// The threads that hash passwords did not start.
    #[error("passwords: {0}")]
    Passwords(std::io::Error),
    /// The owners' supervisor did not start.
    #[error("owners: {0}")]
    Owners(String),
    /// The demonstration could not be set up.
    #[error("demo: {0}")]
    Demo(#[from] CreateError),
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every promise was kept.
    Drained,
    /// Time ran out before every request was answered or every entry written. What was not journaled was
    /// never acknowledged.
    CutOff,
}

impl Server {
    /// Opens the database and both ports. Nothing is served before it runs.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what an operator has to change before another start.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        Self::bind_with(config, Arc::new(SystemClock::start())).await
    }

    /// The same under a clock of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Self::bind`].
    pub async fn bind_with(config: Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        config.validate()?;
        let metrics =
            telemetry::metrics().map_err(|error| StartError::Metrics(error.to_string()))?;
        let mut store = Box::pin(Store::open(&config.database)).await?;
        if config.demo {
            demo::open(&store.showtimes, &*clock).await?;
        }
        let journal = Arc::clone(&store.journal);
        let entries: Arc<dyn Journal> = Arc::<PgJournal>::clone(&journal);
        let office = open_office(&entries, &clock, &config.owners).await?;
        let draining = CancellationToken::new();
        let requests = RequestLimit::new(config.http.requests_max as usize);
        let answers = Budget::new(config.http.answer_bytes_max as usize);
        let rates = Rates::of(&config.rates);
        let cluster = store.take_cluster();
        let tokens = Arc::new(tokens(&config, &store, &clock).await?);
        let (desk, worker) = desk::open(&config, &store, (&tokens, &clock))?;
        let keys = key_ring(&store, &clock).await?;
        let gate = gate(&config, (tokens, keys), rates.clone());
        let app = App::new(AppParts {
            office: office.clone(),
            auditor: store.auditor(entries),
            catalog: catalog(&config, &store, &answers),
            showtimes: store.showtimes,
            gate,
            clock,
            desk: desk.clone(),
            audit_log: store.audit_log,
            own_pages: OwnPages::new(&config.accounts.public_url, &config.http.cors_origins),
            provider: config.openid.provider(&config.accounts.public_url)?,
            seat_maps: SeatMaps::new(Arc::clone(&answers)),
        });
        let watched = (Arc::clone(&journal), office.clone());
        let readiness = Readiness::new(store.check, watched.0, watched.1, draining.clone());
        let ops_state = Ops::new(metrics, Arc::clone(&requests), readiness);
        let router = http::service::router(app, &config.http, &answers);
        Ok(Self {
            public: Port::open(config.http.http_addr, router)?,
            ops: Port::open(config.http.ops_addr, ops::router(ops_state.clone()))?,
            ops_state,
            journal,
            cluster,
            draining,
            public_allowance: public_allowance(&config),
            door: door(&config, (requests, &office), rates.clone()),
            office,
            rates,
            desk,
            worker,
            drain_timeout: Duration::from_millis(config.http.drain_timeout_ms),
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

    /// What makes the server unready while it goes on serving, so that balancers send requests
    /// elsewhere before the port closes.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Serves until `asked_to` ends, then keeps every promise it has made: it turns unready, closes
    /// the port, finishes what is in progress, drains the owners and the journal, all before one
    /// deadline. The operations port answers to the end.
    pub async fn run_until_stopped(self, asked_to: impl Future<Output = ()>) -> Ended {
        let (closing, closed) = (CancellationToken::new(), CancellationToken::new());
        let journal = Arc::clone(&self.journal);
        let upkeep = upkeep::upkeep(
            self.ops_state,
            (journal, self.desk),
            self.rates,
            closed.clone(),
        );
        let mail = desk::work(self.worker, closing.clone());
        let upkeep = tokio::spawn(upkeep);
        let watchers = Door::open(usize::MAX);
        let ops = self
            .ops
            .serve(watchers, Allowance::OPERATIONS, closed.clone());
        let public = self
            .public
            .serve(self.door, self.public_allowance, closing.clone());
        let asked = stop::until_asked(asked_to, &self.journal).await;
        self.draining.cancel();
        closing.cancel();
        let deadline = Instant::now() + self.drain_timeout;
        let answered = public.await.unwrap_or(false);
        let left = stop::leave(&self.office, mail, deadline).await;
        let kept = stop::close_journal(&self.journal, stop::until(deadline)).await;
        stop::stop_cluster(self.cluster, stop::until(deadline)).await;
        closed.cancel();
        // How they end changes nothing any more: they only watch.
        let watching = async { tokio::join!(ops, upkeep) };
        drop(tokio::time::timeout_at(deadline, watching).await);
        let drained = asked && answered && left && kept;
        tracing::info!(answered, left, kept, "the server has stopped");
        if drained {
            Ended::Drained
        } else {
            Ended::CutOff
        }
    }
}

/// Verifies tokens by the settings' keys, and by who has lost theirs.
async fn tokens(
    config: &Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
) -> Result<Tokens, StartError> {
    let revoked = Revoked::follow(store.revocations.clone(), Arc::clone(clock)).await;
    let unreachable = |error| StoreOpenError::Unreachable(Causes(&error).to_string());
    let revoked = revoked.map_err(unreachable)?;
    Ok(config.secrets.tokens()?.refusing(revoked))
}

/// Knows the keys of programs.
async fn key_ring(store: &Store, clock: &Arc<dyn Clock>) -> Result<KeyRing, StartError> {
    let ring = KeyRing::follow(store.known_keys.clone(), Arc::clone(clock)).await;
    let unreachable = |error| StoreOpenError::Unreachable(Causes(&error).to_string());
    Ok(ring.map_err(unreachable)?)
}

fn gate(
    config: &Config,
    (tokens, keys): (Arc<Tokens>, KeyRing),
    rates: Option<Arc<Rates>>,
) -> Arc<Gate> {
    Arc::new(Gate {
        tokens,
        keys,
        email_verification: config.accounts.email_verification,
        limits: Limits::from(&config.http),
        rates,
    })
}

/// Stands before the public port.
fn door(
    config: &Config,
    (requests, office): (Arc<RequestLimit>, &BoxOffice),
    rates: Option<Arc<Rates>>,
) -> Door {
    let networks = config.rates.trusted_proxies.clone();
    Door::new(door::DoorParts {
        requests,
        office: Some(office.clone()),
        rates,
        proxies: Proxies::new(networks, config.rates.forwarded_header),
    })
}

fn catalog(config: &Config, store: &Store, answers: &Arc<Budget>) -> Catalog {
    let connections = config.database.database_connections;
    Catalog::new(store.showtimes.clone(), connections, Arc::clone(answers))
}

async fn open_office(
    journal: &Arc<dyn Journal>,
    clock: &Arc<dyn Clock>,
    config: &OwnersConfig,
) -> Result<BoxOffice, StartError> {
    let office = BoxOffice::open(Arc::clone(journal), Arc::clone(clock), options(config));
    office
        .await
        .map_err(|error| StartError::Owners(error.to_string()))
}

/// What the settings allow, as far as there are descriptors for it.
fn public_allowance(config: &Config) -> Allowance {
    let connections_max = listener::descriptors::connections_within(
        config.http.connections_max,
        config.database.connections_max(),
    );
    Allowance {
        connections_max,
        ..Allowance::from(&config.http)
    }
}

fn options(config: &OwnersConfig) -> OwnerOptions {
    OwnerOptions {
        hold_ack: match config.hold_ack {
            config::HoldAckSetting::Journaled => HoldAck::Journaled,
            config::HoldAckSetting::Memory => HoldAck::Memory,
        },
        in_flight_max: config.in_flight_max as usize,
        call_timeout: Duration::from_millis(config.call_timeout_ms),
        passivate_after: Duration::from_secs(config.idle_seconds),
        owners_max: config.owners_max as usize,
        clock_offset_max: Duration::from_millis(config.clock_offset_max_ms),
        ..OwnerOptions::default()
    }
}
