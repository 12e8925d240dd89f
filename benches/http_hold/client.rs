//! One buyer on one keep-alive connection.

use std::net::SocketAddr;

use loadtest::tokens::{Role, mint};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

/// A connection with at most one request in flight.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    token: String,
    last_hold: Option<String>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            received: Vec::with_capacity(4_096),
            token: mint(Uuid::new_v4(), Role::User).unwrap(),
            last_hold: None,
        }
    }

    /// The seat ids of a showtime, in order.
    pub(crate) async fn seat_ids(&mut self, showtime: &str) -> Vec<String> {
        let path = format!("/api/v1/showtimes/{showtime}/layout");
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        values(&self.send(&request).await, "seat_id")
    }

    /// Two seats in place of the last hold; the same body suits the route that only parses.
    pub(crate) async fn hold(&mut self, path: &str, [a, b]: &[String; 2]) {
        let replace = match &self.last_hold {
            Some(hold) => format!(",\"replace_hold_id\":\"{hold}\""),
            None => String::new(),
        };
        let body = format!("{{\"seats\":[\"{a}\",\"{b}\"]{replace}}}");
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let answer = self.send(&request).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        self.last_hold = values(&answer, "hold_id").pop();
    }

    /// Gives the last hold back.
    pub(crate) async fn release(&mut self, path: &str) {
        let hold = self.last_hold.take().unwrap();
        let request = format!(
            "DELETE {path}/{hold} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
            self.token
        );
        let answer = self.send(&request).await;
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
    }

    /// Sends a request and reads its whole answer.
    async fn send(&mut self, request: &str) -> String {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.received.clear();
        loop {
            if let Some(end) = answer_end(&self.received) {
                return String::from_utf8(self.received[..end].to_vec()).unwrap();
            }
            let read = self.stream.read_buf(&mut self.received).await.unwrap();
            assert!(read > 0, "the server closed the connection");
        }
    }
}

/// Where the answer in the buffer ends, if it is all there.
fn answer_end(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&received[..head])
        .unwrap()
        .to_ascii_lowercase();
    let length = text
        .split("content-length: ")
        .nth(1)
        .map_or("0", |rest| rest.split("\r\n").next().unwrap_or("0"));
    let end = head + length.parse::<usize>().unwrap();
    (received.len() >= end).then_some(end)
}

/// Every value of a string member, wherever it stands in a JSON text without escapes.
fn values(json: &str, member: &str) -> Vec<String> {
    let key = format!("\"{member}\":\"");
    json.split(&key)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}
