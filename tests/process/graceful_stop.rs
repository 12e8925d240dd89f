//! SIGTERM under load: the server answers what it has begun and loses nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::json;
use test_database::TestDatabase;
use testkit::waiting::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::program::{Home, Program, assert_verified, token};
use crate::scratch::Scratch;

const THEATRE: &str = "019b76da-a800-7000-8000-000000000001";
const CLIENTS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_loses_nothing() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    let server = Arc::new(Program::start(home).await);
    let editor: Arc<str> = token("EDITOR").await.into();
    let acknowledged = Arc::new(Semaphore::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (server, editor) = (Arc::clone(&server), Arc::clone(&editor));
        let acknowledged = Arc::clone(&acknowledged);
        clients.spawn(async move {
            let mut holds = Vec::new();
            // Ends when the port closes or the server says that it is stopping.
            while let Ok((201, body)) = server.hold_best(THEATRE, &editor, 1).await {
                holds.push(body["data"]["hold_id"].as_str().unwrap().to_owned());
                acknowledged.add_permits(1);
            }
            holds
        });
    }
    acknowledged.acquire_many(60).await.unwrap().forget();
    server.signal(Signal::TERM);
    let holds: Vec<String> = clients.join_all().await.into_iter().flatten().collect();
    let code = Arc::into_inner(server).unwrap().ended().await;
    assert_eq!(code, 0, "the server kept every promise before it ended");
    assert_verified(home).await;
    let again = Program::start(home).await;
    for hold in &holds {
        let (status, body) = again
            .get(&format!("/{THEATRE}/holds/{hold}"), &editor)
            .await;
        assert_eq!(
            (status, &body["data"]["status"]),
            (200, &json!("held")),
            "{hold}: {body}"
        );
    }
    let (_, audit) = again.get(&format!("/{THEATRE}/audit"), &editor).await;
    assert_eq!(audit["data"]["differences"], json!([]));
    assert!(audit["data"]["held"].as_u64().unwrap() >= holds.len() as u64);
    assert_eq!(again.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_is_unready_and_a_second_signal_ends_it_at_once() {
    let database = TestDatabase::create().await;
    let url = database.url();
    // Longer than anybody waits for its end below.
    let patient = [
        "--drain-timeout-ms",
        "600000",
        "--request-timeout-ms",
        "600000",
    ];
    let server = Program::start_with(Home::Database(&url), &patient).await;
    assert_eq!(server.ready().await, 200);
    // A request whose body never ends keeps the server from draining.
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /api/v1/showtimes/{THEATRE}/holds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
        token("USER").await
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body, so the request is in progress.
    let mut answer = [0; 32];
    let read = stream.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 100"), "{answer:?}");
    server.signal(Signal::TERM);
    eventually("it says that it is leaving", async || {
        server.ready().await == 503
    })
    .await;
    server.signal(Signal::TERM);
    assert_eq!(server.ended().await, 1, "not every request was answered");
}

/// The one deadline covers the private cluster too.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_stop_keeps_nobody_waiting() {
    let scratch = Scratch::new();
    let short = ["--drain-timeout-ms", "2000", "--drain-delay-ms", "0"];
    let server = Program::start_with(Home::DataDir(&scratch.0), &short).await;
    let postmaster = postmaster_of(&scratch.0);
    rustix::process::kill_process(postmaster, Signal::STOP).unwrap();
    // PostgreSQL's own patience with a stop is a minute.
    let ended = tokio::time::timeout(Duration::from_secs(30), server.terminate()).await;
    rustix::process::kill_process(postmaster, Signal::CONT).unwrap();
    assert_eq!(ended.unwrap(), 0, "every promise was kept");
    eventually("its watcher stops it", async || {
        rustix::process::test_kill_process(postmaster).is_err()
    })
    .await;
}

/// The process whose number PostgreSQL writes into its folder.
fn postmaster_of(data_dir: &Path) -> Pid {
    let file = data_dir.join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(file).unwrap();
    let number = text.lines().next().unwrap().trim().parse().unwrap();
    Pid::from_raw(number).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn balancers_are_told_before_the_port_closes() {
    let database = TestDatabase::create().await;
    let url = database.url();
    // It ends when the next signal comes, below.
    let patient = ["--drain-delay-ms", "600000"];
    let server = Program::start_with(Home::Database(&url), &patient).await;
    server.signal(Signal::TERM);
    eventually("it says that it is leaving", async || {
        server.ready().await == 503
    })
    .await;
    let editor = token("EDITOR").await;
    let (status, body) = server.hold_best(THEATRE, &editor, 1).await.unwrap();
    assert_eq!(status, 201, "{body}");
    server.signal(Signal::TERM);
    assert_eq!(server.ended().await, 0);
}
