//! The accept loop: bounded connections, a deadline for headers, and a graceful end.
//!
//! Written here rather than taken from axum because that one knows no bound on connections, lets
//! a client take for ever over its headers, and waits for ever for the last of them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use metrics::gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::impatient::Impatient;
use crate::config::HttpConfig;
use crate::telemetry::names;

/// An open port and what is answered on it.
#[derive(Debug)]
pub struct Port {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

/// A port that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct PortTaken {
    /// Which address.
    pub address: SocketAddr,
    /// Why.
    pub source: std::io::Error,
}

/// What a listener allows its clients.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Connections open at once.
    pub connections_max: usize,
    /// Time to send a request's headers.
    pub header_timeout: Duration,
    /// Time in which a client has to take something of what it is sent.
    pub write_timeout: Duration,
    /// Time for requests at work to end after the stop.
    pub drain_timeout: Duration,
    /// Whether its connections are counted in the metrics.
    pub counted: bool,
}

/// Pause after a failed accept, which mostly means that the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Port {
    /// Opens a port; clients wait in its queue until it is served.
    pub async fn open(address: SocketAddr, router: Router) -> Result<Self, PortTaken> {
        let failed = |source| PortTaken { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            router,
        })
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then lets requests at work finish. Ends with whether all did in time.
    pub fn serve(self, allowance: Allowance, stop: CancellationToken) -> JoinHandle<bool> {
        tokio::spawn(serve(self.listener, self.router, allowance, stop))
    }
}

impl Allowance {
    /// A few watchers, who come often and briefly.
    pub const OPERATIONS: Self = Self {
        connections_max: 256,
        header_timeout: Duration::from_secs(10),
        write_timeout: Duration::from_secs(10),
        drain_timeout: Duration::from_secs(1),
        counted: false,
    };
}

impl From<&HttpConfig> for Allowance {
    fn from(config: &HttpConfig) -> Self {
        Self {
            connections_max: config.connections_max as usize,
            header_timeout: Duration::from_millis(config.header_timeout_ms),
            // As long as the server has to make an answer, the client has to take it.
            write_timeout: Duration::from_millis(config.request_timeout_ms),
            drain_timeout: Duration::from_millis(config.drain_timeout_ms),
            counted: true,
        }
    }
}

async fn serve(
    listener: TcpListener,
    router: Router,
    allowance: Allowance,
    stop: CancellationToken,
) -> bool {
    let builder = Arc::new(builder(allowance.header_timeout));
    let places = Arc::new(Semaphore::new(allowance.connections_max));
    let graceful = GracefulShutdown::new();
    let open = gauge!(names::HTTP_CONNECTIONS_OPEN);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let service = TowerToHyperService::new(hyper_service(router.clone()));
        let stream = Impatient::new(stream, allowance.write_timeout);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection.into_owned());
        let open = allowance.counted.then(|| open.clone());
        tokio::spawn(async move {
            if let Some(open) = &open {
                open.increment(1.0);
            }
            // A connection that breaks is its client's business and says nothing about us.
            if let Err(error) = connection.await {
                tracing::trace!(error, "connection ended");
            }
            if let Some(open) = &open {
                open.decrement(1.0);
            }
            drop(place);
        });
    }
    // The port closes first, so that a client who comes now goes elsewhere at once.
    drop(listener);
    tokio::time::timeout(allowance.drain_timeout, graceful.shutdown())
        .await
        .is_ok()
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    let accepted = listener.accept().await;
    // Small answers must not wait for larger ones.
    match accepted.and_then(|(stream, _peer)| stream.set_nodelay(true).map(|()| stream)) {
        Ok(stream) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

fn builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout);
    builder.http2().timer(TokioTimer::new());
    builder
}

/// The router as hyper calls it, with the body type that axum expects.
fn hyper_service(
    router: Router,
) -> impl tower::Service<hyper::Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
+ Clone {
    router.map_request(|request: hyper::Request<Incoming>| -> Request {
        request.map(axum::body::Body::new)
    })
}
