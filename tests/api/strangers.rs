//! What a stranger with a socket can make the server hold: no connection for long, and never a place
//! that somebody else needs.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{TestServer, buyer, layout};

/// Long enough for any machine; the server's own times are far below.
const PATIENCE: Duration = Duration::from_mins(1);

/// Says something, and then nothing more; how long until the server closed the connection.
async fn closed_after(address: std::net::SocketAddr, says: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let begun = Instant::now();
    stream.write_all(says).await.unwrap();
    let mut heard = Vec::new();
    // A reset is an end as well.
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut heard)).await;
    assert!(ended.is_ok(), "still open after saying {says:?}");
    begun.elapsed()
}

/// The beginning of HTTP/2, with empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_ends_whatever_it_says() {
    let flags = ["--header-timeout-ms", "400", "--idle-timeout-ms", "1200"];
    let server = TestServer::with_flags(&flags).await;
    let whole = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    let never_asked: [&[u8]; 6] = [
        b"",
        b"G",
        b"PRI * HTTP",
        &PREFACE[..24],
        PREFACE,
        b"GET /health HTTP/1.1\r\nx-slow: ",
    ];
    for says in never_asked {
        let after = closed_after(server.address, says).await;
        assert!(after >= Duration::from_millis(350), "{says:?}: {after:?}");
    }
    let idle = closed_after(server.address, whole).await;
    assert!(idle >= Duration::from_millis(1_100), "{idle:?}");
    // A second head that does not end has the time of a head, and not of idling.
    let second = [whole.as_slice(), b"GET /hea"].concat();
    closed_after(server.address, &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_a_longest_life_however_busy_it_is() {
    let flags = ["--connection-lifetime-ms", "1000"];
    let server = TestServer::with_flags(&flags).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let begun = Instant::now();
    let mut answer = [0; 4_096];
    let asking = async {
        loop {
            let ask = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
            let asked = stream.write_all(ask).await;
            match stream.read(&mut answer).await {
                Ok(read) if read > 0 && asked.is_ok() => {}
                _ => return,
            }
        }
    };
    assert!(tokio::time::timeout(PATIENCE, asking).await.is_ok());
    assert!(begun.elapsed() >= Duration::from_millis(900));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operations_port_closes_silent_connections_too() {
    let server = TestServer::start().await;
    let mut ends = JoinSet::new();
    for says in [b"".as_slice(), PREFACE] {
        ends.spawn(closed_after(server.ops, says));
    }
    ends.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sits_on_all_places_keeps_nobody_out() {
    let flags = ["--connections-max", "8", "--header-timeout-ms", "600000"];
    let server = TestServer::with_flags(&flags).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(PREFACE).await.unwrap();
        silent.push(stream);
    }
    for _ in 0..20 {
        // Each on a connection of its own.
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let ask = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(ask).await.unwrap();
        let mut answer = String::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
        assert!(read.is_ok_and(|read| read.is_ok()), "{answer}");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(silent.len(), 40);
}

/// A connection on which one request follows the other.
struct Conversation(TcpStream);

impl Conversation {
    async fn with(server: &TestServer) -> Self {
        Self(TcpStream::connect(server.address).await.unwrap())
    }

    /// The status of the answer.
    async fn ask(&mut self, head: &str, body: &str) -> u16 {
        let length = body.len();
        let request = format!("{head}\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}");
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 8_192];
        let read = tokio::time::timeout(PATIENCE, self.0.read(&mut answer)).await;
        let read = read.unwrap().unwrap();
        // These answers are far shorter than a segment, so they are read whole.
        let answer = std::str::from_utf8(&answer[..read]).unwrap();
        let status = answer
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3));
        assert!(status.is_some(), "{answer}");
        status.unwrap().parse().unwrap()
    }

    /// When the request that was refused had not been sent yet.
    async fn ask_until_refused(&mut self, head: &str, body: &str) -> Instant {
        let mut asked = 0;
        loop {
            let before = Instant::now();
            if self.ask(head, body).await == 429 {
                return before;
            }
            asked += 1;
            assert!(asked < 10_000, "nobody is refused");
        }
    }
}

/// Whoever is refused for asking too often is told to wait at least as long.
const RATE_PAUSE: Duration = Duration::from_secs(1);
const HEALTH: &str = "GET /health HTTP/1.1";

/// Whether somebody is looked at within a pause, in one of a few attempts: the machine may be slow, but
/// not each time.
async fn is_looked_at_once(mut attempt: impl AsyncFnMut() -> Duration) -> bool {
    for _ in 0..5 {
        if attempt().await < RATE_PAUSE {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_not_looked_at_until_it_may_ask_again() {
    let flags = ["--rate-per-address", "1/s:5"];
    let server = TestServer::with_flags(&flags).await;
    let mut impatient = Conversation::with(&server).await;
    let refused = impatient.ask_until_refused(HEALTH, "").await;
    impatient.ask(HEALTH, "").await;
    let after = refused.elapsed();
    assert!(after >= RATE_PAUSE, "looked at after {after:?}");
}

/// It carries everybody's requests.
#[tokio::test(flavor = "multi_thread")]
async fn the_connection_of_a_proxy_is_not_held_off() {
    let flags = [
        "--rate-per-address",
        "1/s:5",
        "--trusted-proxies=127.0.0.0/8",
    ];
    let server = TestServer::with_flags(&flags).await;
    let mut clients = 0;
    let looked_at = is_looked_at_once(async || {
        clients += 2;
        let from = |client: u32| format!("{HEALTH}\r\nx-forwarded-for: 192.0.2.{client}");
        let mut proxy = Conversation::with(&server).await;
        let refused = proxy.ask_until_refused(&from(clients), "").await;
        assert_eq!(proxy.ask(&from(clients + 1), "").await, 200);
        refused.elapsed()
    });
    assert!(looked_at.await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_holds_connection_waits_with_the_next_hold_and_with_nothing_else() {
    let flags = ["--rate-per-address=100000/s", "--rate-of-holds=1/s:5"];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&layout(&[("1", 200)])).await;
    let wish = json!({"best_available": {"quantity": 1}}).to_string();
    let hold = |who: &str| {
        format!(
            "POST /api/v1/showtimes/{id}/holds HTTP/1.1\r\ncontent-type: application/json\r\n\
             authorization: Bearer {who}"
        )
    };
    let looked_at = is_looked_at_once(async || {
        let mut conversation = Conversation::with(&server).await;
        let refused = conversation.ask_until_refused(&hold(&buyer()), &wish).await;
        assert_eq!(conversation.ask(HEALTH, "").await, 200);
        let looked_at = refused.elapsed();
        // Also of somebody else: it is the connection that was told to wait.
        assert_eq!(conversation.ask(&hold(&buyer()), &wish).await, 201);
        let after = refused.elapsed();
        assert!(after >= RATE_PAUSE, "looked at after {after:?}");
        looked_at
    });
    assert!(looked_at.await);
}
