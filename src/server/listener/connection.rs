//! One connection from its first byte to its last.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::doorman::Doorman;
use super::progress::{Watched, WatchedStreams};
use super::stream::Stream;
use super::visitor::{StayLimits, StayVerdict, Visitor};

/// How the connections of a port are served.
#[derive(Debug)]
pub(super) struct Manners {
    protocols: auto::Builder<WatchedStreams>,
    limits: StayLimits,
    /// Time in which a client has to take the next piece of what it is sent.
    write_timeout: Duration,
}

/// Bytes of a head, over HTTP/1 with what is read ahead of it.
const HEAD_BYTES_MAX: u32 = 32 * 1_024;
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Streams of one HTTP/2 connection at once.
const STREAMS_MAX: u32 = 64;
/// Bytes of a body that come before anybody asks for them, by stream and by connection.
const STREAM_WINDOW_BYTES: u32 = 64 * 1_024;
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1_024;
/// Bytes of answers that wait to be sent, by stream.
const SEND_BUFFER_BYTES: usize = 64 * 1_024;
/// How often a silent HTTP/2 client is asked whether it is there, and how long it may take to say.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Time to leave for a connection that is told to.
const FAREWELL: Duration = Duration::from_secs(1);
/// After so long it is cut off, whatever it has begun meanwhile: longer than the slowest request takes.
const LEAVING_MAX: Duration = Duration::from_mins(3);

impl Manners {
    pub(super) fn new(limits: StayLimits, write_timeout: Duration) -> Self {
        let streams = WatchedStreams {
            patience: write_timeout,
        };
        let mut protocols = auto::Builder::new(streams);
        protocols
            .http1()
            .timer(TokioTimer::new())
            // The visitor's own limits tell a head that does not end from a connection that idles.
            .header_read_timeout(None)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX as usize);
        protocols
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(HEAD_BYTES_MAX)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT);
        Self {
            protocols,
            limits,
            write_timeout,
        }
    }

    /// Serves a connection until it ends, has had its time, or the port closes and its requests
    /// are answered.
    pub(super) async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        doorman: Doorman,
        visitor: Arc<Visitor>,
        stop: CancellationToken,
    ) {
        let io = TokioIo::new(Stream::new(
            stream,
            Arc::clone(&visitor),
            self.write_timeout,
        ));
        let connection = self.protocols.serve_connection(io, doorman);
        let connection = Watched::new(connection, self.write_timeout);
        let stopped = stop.cancelled();
        let first_look = self.limits.header_timeout.min(self.limits.lifetime);
        let look = tokio::time::sleep(first_look);
        tokio::pin!(connection, stopped, look);
        let mut leaving = None;
        loop {
            let pause = tokio::select! {
                biased;
                // One that breaks is its client's business and says nothing about us.
                _ended = connection.as_mut() => return,
                () = stopped.as_mut(), if leaving.is_none() => Some(Duration::ZERO),
                () = look.as_mut() => self.pause(&visitor, leaving),
            };
            let Some(pause) = pause else { return };
            if pause.is_zero() {
                leaving = Some(Instant::now());
                connection.as_mut().task().graceful_shutdown();
            }
            look.as_mut().reset(Instant::now() + pause.max(FAREWELL));
        }
    }

    /// When to look at a connection again; at once means that it has to leave, and `None` that it
    /// was told to, and has nothing left to wait for or has had its time.
    fn pause(&self, visitor: &Visitor, leaving: Option<Instant>) -> Option<Duration> {
        if let Some(leaving) = leaving {
            let may_stay = visitor.is_awaited() && leaving.elapsed() < LEAVING_MAX;
            return may_stay.then_some(FAREWELL);
        }
        Some(match visitor.verdict(&self.limits) {
            StayVerdict::Stay(pause) => pause,
            StayVerdict::Leave => Duration::ZERO,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An HTTP/2 client may leave its farewell unanswered and go on asking.
    #[tokio::test(start_paused = true)]
    async fn who_is_told_to_leave_leaves_however_busy() {
        let limits = StayLimits {
            header_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            lifetime: Duration::from_hours(1),
        };
        let manners = Manners::new(limits, Duration::from_secs(15));
        let visitor = Visitor::new(([127, 0, 0, 1], 1).into());
        let leaving = Some(Instant::now());
        let visit = visitor.begin();
        tokio::time::advance(LEAVING_MAX / 2).await;
        assert_eq!(manners.pause(&visitor, leaving), Some(FAREWELL));
        tokio::time::advance(LEAVING_MAX / 2).await;
        assert_eq!(manners.pause(&visitor, leaving), None);
        drop(visit);
        assert_eq!(manners.pause(&visitor, Some(Instant::now())), None);
    }
}
