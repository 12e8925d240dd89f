//! Too much is answered at once and cheaply, never absorbed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actors::clock::SystemClock;
use futures::future::join_all;
use serde_json::json;
use test_database::{Fate, Proxy, Request, TestCluster, TestDatabase};
use testkit::waiting::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::support::{TestServer, buyer, editor, house};

#[tokio::test]
async fn a_full_backlog_is_503_with_a_hint() {
    let flags = [
        "--journal-backlog-max",
        "8",
        "--showtime-in-flight-max",
        "8",
    ];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&house(&[("1", 100)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let body = json!({"best_available": {"quantity": 1}});
    let rush = (0..400).map(|_| server.post(&holds, &body).by(&buyer()).send());
    let replies = join_all(rush).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 503).collect();
    assert!(
        !refused.is_empty(),
        "eight places were enough for four hundred"
    );
    for reply in &refused {
        reply.assert_problem(503, "OVERLOADED");
        let seconds: u64 = reply.header("retry-after").parse().unwrap();
        let millis = reply.body["retry_after_ms"].as_u64().unwrap();
        assert!(seconds >= 1 && seconds * 1_000 >= millis && millis >= 1);
    }
    let granted = replies.iter().filter(|reply| reply.status == 201).count();
    assert!(granted > 0);
    assert!(
        replies
            .iter()
            .all(|reply| [201, 409, 503].contains(&reply.status))
    );
    let audit = server.assert_consistent(&id).await;
    assert_eq!(audit["held"], granted);
}

#[tokio::test]
async fn requests_beyond_the_limit_are_503_at_once() {
    let server = TestServer::with_flags(&["--requests-max", "1"]).await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    // The only place is taken by somebody whose body does not come.
    let head = format!(
        "POST /api/v1/showtimes/{id}/holds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
        buyer()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 32];
    let read = stream.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 100"), "{answer:?}");
    for _ in 0..3 {
        let refused = server.get("/showtimes").send().await;
        refused.assert_problem(503, "OVERLOADED");
    }
    drop(stream);
    eventually("places are given back", async || {
        server.get("/showtimes").send().await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let flags = ["--request-timeout-ms", "300", "--call-timeout-ms", "200"];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /api/v1/showtimes/{id}/holds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{",
        buyer()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4_096];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut answer)).await;
    let text = String::from_utf8_lossy(&answer[..read.unwrap().unwrap()]).into_owned();
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    assert!(text.contains("REQUEST_TIMEOUT"), "{text}");
    assert_eq!(server.seq(&id).await, 1);
}

/// Long for a flood to arrive, and short of what PostgreSQL ends a writer's idle transaction for.
const COMMIT_DELAY: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn confirms_pass_a_flood_of_holds() {
    let cluster = TestCluster::create().await;
    let slow = Arc::new(AtomicBool::new(false));
    let is_slow = Arc::clone(&slow);
    let decide = move |request: Request<'_>| {
        if request.commits && is_slow.load(Ordering::SeqCst) {
            Fate::Delay(COMMIT_DELAY)
        } else {
            Fate::Forward
        }
    };
    let proxy = Proxy::start(cluster.connect_options(), decide);
    let proxy = proxy.await.unwrap();
    let flags = [
        "--journal-backlog-max=64",
        "--showtime-in-flight-max=64",
        // Nobody gives up because of the delay.
        "--call-timeout-ms=60000",
        "--request-timeout-ms=61000",
    ];
    let server = TestServer::behind(&proxy, &flags).await;
    let id = server
        .showtime(&house(&[("1", 100), ("2", 100), ("3", 100)]))
        .await;
    let holds = format!("/showtimes/{id}/holds");
    let body = json!({"best_available": {"quantity": 1}});
    let mut mine = Vec::new();
    for _ in 0..5 {
        let granted = server.post(&holds, &body).by(&buyer()).send().await;
        mine.push(granted.hold_id().to_owned());
    }
    // While nothing becomes durable, all places are taken.
    slow.store(true, Ordering::SeqCst);
    let refusals = Semaphore::new(0);
    let flood = async {
        let asks = (0..300).map(|_| async {
            let reply = server.post(&holds, &body).by(&buyer()).send().await;
            refusals.add_permits(usize::from(reply.status == 503));
        });
        join_all(asks).await;
        refusals.close();
    };
    let house_token = editor();
    let confirms = async {
        refusals
            .acquire()
            .await
            .expect("a flood is refused")
            .forget();
        let confirms = mine.iter().map(|hold| {
            let path = format!("{holds}/{hold}/confirm");
            server.post(&path, &json!({})).by(&house_token).send()
        });
        let confirmed = join_all(confirms).await;
        slow.store(false, Ordering::SeqCst);
        confirmed
    };
    let ((), confirmed) = tokio::join!(flood, confirms);
    assert!(
        confirmed.iter().all(|reply| reply.status == 200),
        "{confirmed:?}"
    );
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_off() {
    use tokio::io::AsyncWriteExt;

    let flags = ["--request-timeout-ms", "300", "--call-timeout-ms", "200"];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&house(&[("1", 500)])).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let ask = format!("GET /api/v1/showtimes/{id}/seats HTTP/1.1\r\nHost: x\r\n\r\n");
    let flood = async { while stream.write_all(ask.as_bytes()).await.is_ok() {} };
    let cut_off = tokio::time::timeout(Duration::from_mins(1), flood).await;
    assert!(cut_off.is_ok(), "its answers are kept for it for ever");
}

/// An audit copies the state of an owner and replays a journal, so a few at a time have to do.
#[tokio::test(flavor = "multi_thread")]
async fn two_audits_are_made_at_once_and_a_third_is_told_to_come_back() {
    let database = Arc::new(TestDatabase::create().await);
    let sql = database.sql();
    let server = TestServer::on(database, Arc::new(SystemClock::start()), &[]).await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    let path = format!("/showtimes/{id}/audit");
    let closed = sql.close_table("tickets").await.unwrap();
    let editor = editor();
    let audits = (0..3).map(|_| {
        let asking = server.get(&path).by(&editor);
        async move { asking.send().await }
    });
    let replies = join_all(audits).await;
    let refused: Vec<_> = replies
        .iter()
        .filter(|it| it.body["code"] == "OVERLOADED")
        .collect();
    let [refused] = &refused[..] else {
        panic!("{} of three were refused", refused.len())
    };
    refused.assert_problem(503, "OVERLOADED");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    drop(closed);
    server.assert_consistent(&id).await;
}
