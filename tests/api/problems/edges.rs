//! Problems of requests that no route ever sees.

use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::album::Album;
use crate::support::{Reply, TestServer, buyer, layout};

pub(super) async fn too_much(album: &mut Album) {
    let server = TestServer::with_flags(&["--rate-per-address", "1/s:5"]).await;
    for _ in 0..1_000 {
        let reply = server.get("/showtimes").send().await;
        if reply.status == 429 {
            return album.add("GET /api/v1/showtimes", &reply, 429, "RATE_LIMITED");
        }
    }
    unreachable!("nobody is refused");
}

pub(super) async fn no_http(album: &mut Album) {
    let server = TestServer::start().await;
    let asked = "GET /a page HTTP/1.1\nHost: x";
    album.add(asked, &raw(&server, asked).await, 400, "MALFORMED_REQUEST");
    let headers = "\nx: x".repeat(70);
    let asked = format!("GET /api/v1/showtimes HTTP/1.1\nHost: x{headers}");
    let reply = raw(&server, &asked).await;
    let asked = "GET /api/v1/showtimes\nx: x\n... 70 headers in all";
    album.add(asked, &reply, 431, "HEADERS_TOO_LARGE");
}

pub(super) async fn too_slow(album: &mut Album) {
    let flags = ["--request-timeout-ms", "300", "--call-timeout-ms", "200"];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let asked = format!(
        "POST /api/v1/showtimes/{id}/holds HTTP/1.1\nhost: x\nauthorization: Bearer {}\n\
         content-type: application/json\ncontent-length: 20",
        buyer()
    );
    let reply = raw(&server, &asked).await;
    let asked = format!("POST /api/v1/showtimes/{id}/holds\n\n(a body that does not come)");
    album.add(&asked, &reply, 408, "REQUEST_TIMEOUT");
}

/// Sends this head and nothing else, and reads until the server hangs up.
async fn raw(server: &TestServer, head: &str) -> Reply {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = head.replace('\n', "\r\n") + "\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers: HeaderMap = headers
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .map(|(name, value): (reqwest::header::HeaderName, _)| (name, value))
        .collect();
    Reply {
        status: status[9..12].parse().unwrap(),
        headers,
        body: serde_json::from_str(body).unwrap(),
        text: body.to_owned(),
        bytes: body.as_bytes().to_vec(),
    }
}
