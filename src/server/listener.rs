//! The accept loop: bounded connections, each with a lifetime, and a graceful end.
//!
//! Written here rather than taken from axum because that one knows no bound on connections, lets
//! a client take for ever over its headers, and waits for ever for the last of them.

mod answer;
mod bandwidth;
mod connection;
pub(super) mod descriptors;
mod doorman;
mod held_off;
mod places;
mod progress;
mod stream;
mod visitor;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use metrics::{Gauge, gauge};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::HttpConfig;
use crate::http::door::Door;
use crate::telemetry::names;
use bandwidth::Bandwidth;
use connection::Manners;
use doorman::Doorman;
use places::Places;
use visitor::{StayLimits, Visitor};

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
    pub address: SocketAddr,
    pub source: std::io::Error,
}

/// What a listener allows its clients.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub connections_max: usize,
    /// Time to send a request's headers.
    pub header_timeout: Duration,
    /// Time that a connection may idle between two requests.
    pub idle_timeout: Duration,
    /// Time after which a connection is told to come again, however busy it is.
    pub lifetime: Duration,
    /// Time in which a client has to take the next piece of what it is sent.
    pub write_timeout: Duration,
    /// Bytes of long answers that all its clients together are sent in a second.
    pub bytes_per_second: u64,
    /// Time for requests in progress to end after the stop.
    pub drain_timeout: Duration,
    /// Whether its connections are counted in the metrics.
    pub counted: bool,
}

/// Connections that wait to be accepted, at most: as many as come in the moment a sale begins, and as
/// the system allows by itself (`net.core.somaxconn`, 4,096 since Linux 5.4). Beyond that it drops
/// them, and a client learns of it only by waiting.
const BACKLOG: u32 = 4_096;

/// Pause after a failed accept, which mostly means that the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Port {
    /// Opens a port; clients wait in its queue until it is served.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound, most often because another program has it.
    pub fn open(address: SocketAddr, router: Router) -> Result<Self, PortTaken> {
        let failed = |source| PortTaken { address, source };
        let listener = listen(address).map_err(failed)?;
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

    /// Serves whom the door lets in until `stop`, then lets requests in progress finish. Returns
    /// whether all were answered in time; a client that does not take its answer is not waited for.
    pub fn serve(
        self,
        door: Door,
        allowance: Allowance,
        stop: CancellationToken,
    ) -> JoinHandle<bool> {
        tokio::spawn(serve(self, door, allowance, stop))
    }
}

impl Allowance {
    /// A few watchers, who come often and briefly.
    pub const OPERATIONS: Self = Self {
        connections_max: 256,
        header_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(75),
        lifetime: Duration::from_hours(1),
        write_timeout: Duration::from_secs(10),
        bytes_per_second: 64 << 20,
        drain_timeout: Duration::from_secs(1),
        counted: false,
    };

    const fn limits(&self) -> StayLimits {
        StayLimits {
            header_timeout: self.header_timeout,
            idle_timeout: self.idle_timeout,
            lifetime: self.lifetime,
        }
    }
}

impl From<&HttpConfig> for Allowance {
    fn from(config: &HttpConfig) -> Self {
        Self {
            connections_max: config.connections_max as usize,
            header_timeout: Duration::from_millis(config.header_timeout_ms),
            idle_timeout: Duration::from_millis(config.idle_timeout_ms),
            lifetime: Duration::from_millis(config.connection_lifetime_ms),
            // As long as the server has to make an answer, the client has to take it.
            write_timeout: Duration::from_millis(config.request_timeout_ms),
            bytes_per_second: config.answer_bytes_per_second,
            // The other half is for what the requests leave behind: owners and journal.
            drain_timeout: Duration::from_millis(config.drain_timeout_ms) / 2,
            counted: true,
        }
    }
}

async fn serve(port: Port, door: Door, allowance: Allowance, stop: CancellationToken) -> bool {
    let Port {
        listener, router, ..
    } = port;
    let manners = Arc::new(Manners::new(allowance.limits(), allowance.write_timeout));
    let bandwidth = Arc::new(Bandwidth::new(allowance.bytes_per_second));
    let mut places = Places::new(allowance.connections_max);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            () = places.one_left() => continue,
            accepted = accept(&listener) => accepted,
        };
        let Some((stream, peer)) = accepted else {
            continue;
        };
        // After it has come: somebody idle has to leave only for somebody who is there.
        tokio::select! {
            () = stop.cancelled() => break,
            () = places.one_free() => {}
        }
        let visitor = Visitor::new(peer);
        let doorman = Doorman::new(
            door.clone(),
            router.clone(),
            Arc::clone(&visitor),
            Arc::clone(&bandwidth),
        );
        let counted = allowance.counted.then(Counted::one_more);
        let served =
            Arc::clone(&manners).serve(stream, doorman, Arc::clone(&visitor), stop.clone());
        places.seat(visitor, async move {
            served.await;
            drop(counted);
        });
    }
    // The port closes first, so that a client who comes now goes elsewhere at once.
    drop(listener);
    let left = tokio::time::timeout(allowance.drain_timeout, places.all_left());
    left.await.is_ok() || !places.anybody_waits()
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Of a server that ended a moment ago some connections may linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    let accepted = listener.accept().await;
    // Small answers must not wait for larger ones.
    match accepted.and_then(|(stream, peer)| stream.set_nodelay(true).map(|()| (stream, peer))) {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// One connection in the gauge.
struct Counted(Gauge);

impl Counted {
    fn one_more() -> Self {
        let open = gauge!(names::HTTP_CONNECTIONS_OPEN);
        open.increment(1.0);
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::listener::descriptors;

    /// What a port of a smaller queue loses, as Rust's own is.
    const CROWD: u32 = 1_500;

    #[tokio::test]
    async fn a_crowd_that_comes_at_once_is_not_lost() {
        let files = descriptors::connections_within(CROWD, 0);
        assert_eq!(files, CROWD as usize, "raise the limit of open files");
        let port = Port::open(([127, 0, 0, 1], 0).into(), Router::new()).unwrap();
        let mut crowd = Vec::new();
        // Nobody is accepted yet.
        for _ in 0..CROWD {
            let coming = TcpStream::connect(port.address());
            let there = tokio::time::timeout(Duration::from_mins(1), coming).await;
            crowd.push(there.expect("the queue is full").unwrap());
        }
        assert_eq!(crowd.len(), CROWD as usize);
    }
}
