//! What a stranger with a socket can make the server hold: nothing for long, and never a place that
//! somebody else needs.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{TestServer, buyer, editor, house};

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

/// A connection that takes nothing of any answer.
async fn closed_window(address: std::net::SocketAddr) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut builder = h2::client::Builder::new();
    let (client, connection) = builder
        .initial_window_size(0)
        .handshake(stream)
        .await
        .unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_keeps_its_place_and_loses_it_in_time() {
    let flags = [
        "--requests-max=5",
        "--request-timeout-ms=1500",
        "--call-timeout-ms=1000",
    ];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&house(&[("1", 100)])).await;
    let mut client = closed_window(server.address).await;
    let mut unread = Vec::new();
    for _ in 0..5 {
        let uri = format!("http://x/api/v1/showtimes/{id}/seats");
        let request = axum::http::Request::get(uri).body(()).unwrap();
        let (answer, _) = client.send_request(request, true).unwrap();
        unread.push(answer.await.unwrap().into_body());
    }
    // All five have been answered, and their answers are still there.
    server
        .get("/showtimes")
        .send()
        .await
        .assert_problem(503, "OVERLOADED");
    for body in &mut unread {
        let reset = tokio::time::timeout(PATIENCE, body.data()).await.unwrap();
        assert!(reset.is_none_or(|piece| piece.is_err()), "taken after all");
    }
    // The connection itself goes on: a gateway's other streams are none of this one's business.
    let request = axum::http::Request::get("http://x/health")
        .body(())
        .unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    let begun = Instant::now();
    while server.get("/showtimes").send().await.status != 200 {
        assert!(begun.elapsed() < PATIENCE, "the places never came back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_shares_are_bounded_together() {
    // A mebibyte, a sixth of it for small answers: a few lists of a thousand entries each fit.
    let flags = ["--answer-bytes-max=1048576", "--request-timeout-ms=20000"];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&house(&[("1", 500), ("2", 500)])).await;
    let who = buyer();
    for _ in 0..500 {
        let wish = json!({"best_available": {"quantity": 1}});
        let path = format!("/showtimes/{id}/holds");
        let held = server.post(&path, &wish).by(&who).send().await;
        let path = format!("{path}/{}", held.hold_id());
        server.delete(&path).by(&who).send().await;
    }
    let path = format!("/showtimes/{id}/journal?limit=1000");
    let one = server.get(&path).by(&editor()).send().await;
    assert_eq!(one.status, 200);
    let large = (1 << 20) - (1 << 20) / 6;
    let fit = large / one.bytes.len();
    let mut client = closed_window(server.address).await;
    let mut statuses = Vec::new();
    let mut unread = Vec::new();
    for _ in 0..=fit {
        let uri = format!("http://x/api/v1{path}");
        let authorization = format!("Bearer {}", editor());
        let request = axum::http::Request::get(uri).header("authorization", authorization);
        let (answer, _) = client
            .send_request(request.body(()).unwrap(), true)
            .unwrap();
        let (head, body) = answer.await.unwrap().into_parts();
        statuses.push(head.status.as_u16());
        unread.push(body);
    }
    assert_eq!(unread.len(), fit + 1);
    assert_eq!(statuses.pop(), Some(503), "{fit} fit and one more did not");
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_missed_much_reads_what_all_share() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 500), ("2", 500)])).await;
    let seats = format!("/showtimes/{id}/seats");
    let then = server.seq(&id).await;
    let block = |row: &str, seats: u32| {
        let seats: Vec<String> = (1..=seats).map(|seat| format!("A-{row}-{seat}")).collect();
        json!({"seats": seats, "reason": "a rehearsal"})
    };
    let path = format!("/showtimes/{id}/block");
    let blocked = server.post(&path, &block("1", 500)).by(&editor());
    assert_eq!(blocked.send().await.status, 200);
    let some = server
        .get(&format!("{seats}?since_seq={then}"))
        .send()
        .await;
    assert_eq!(some.body["data"]["full"], false);
    assert_eq!(some.body["data"]["seats"].as_array().unwrap().len(), 500);
    let blocked = server.post(&path, &block("2", 1)).by(&editor());
    assert_eq!(blocked.send().await.status, 200);
    let all = server
        .get(&format!("{seats}?since_seq={then}"))
        .send()
        .await;
    assert_eq!(all.body["data"]["full"], true);
    assert_eq!(all.bytes, server.get(&seats).send().await.bytes);
}

/// Everything that a map's answer says but the map, and nothing of what it takes to make one.
#[tokio::test]
async fn who_asks_for_the_head_of_a_map_has_none_rendered() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 20)])).await;
    let path = format!("/showtimes/{id}/seats");
    let map = server.get(&path).send().await;
    let head = server.ask(Method::HEAD, &path).send().await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    for name in ["etag", "cache-control", "vary", "content-type"] {
        assert_eq!(head.header(name), map.header(name), "{name}");
    }
    // A length is what only a rendered map has.
    assert!(map.text.len() > 1_000);
    assert_eq!(head.header("content-length"), "");
}
