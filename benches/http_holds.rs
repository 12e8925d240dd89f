//! Durable holds over HTTP on one showtime, beside a route of the same server that only parses.
//!
//! ```text
//! cargo bench --bench http_holds
//! cargo bench --bench http_holds -- --connections 256 --seconds 5 --rounds 3
//! ```
//!
//! The program starts a PostgreSQL of its own (fsync on) and the real server as a process, and
//! drives it from the same machine over keep-alive connections, one request in flight each. Every
//! request of a connection holds two seats in place of its last hold, so the same body works for
//! both routes: `POST …/holds` decides, journals and waits for the commit; `POST …/bench/parse`
//! checks the same token, parses the same body and answers the same shape. What counts is the
//! ratio, because both run in the same minute on the same cores.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports on stdout"
)]

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use persistence::test_database::TestCluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

const SERVER: &str = env!("CARGO_BIN_EXE_fullhouse");
const SECRET: &str = "a secret for a benchmark, long enough for HS256";

/// What a run is told on the command line.
#[derive(Clone, Copy)]
struct Plan {
    connections: usize,
    length: Duration,
    rounds: usize,
}

/// One connection with what it sends.
struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    token: String,
    seats: [String; 2],
    last_hold: Option<String>,
}

fn main() {
    let plan = Plan {
        connections: argument("--connections", 256),
        length: Duration::from_secs(argument("--seconds", 5) as u64),
        rounds: argument("--rounds", 3),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = TestCluster::create_with(true).await;
        let (mut server, address) = start_server(&cluster.url()).await;
        let arena = fullhouse::demo::ARENA.to_string();
        let seats = seat_ids(address, &arena).await;
        println!(
            "{} connections, {} s a run",
            plan.connections,
            plan.length.as_secs()
        );
        println!("round  parse only/s  durable holds/s  ratio");
        for round in 1..=plan.rounds {
            let parse = run(plan, address, &seats, &format!("bench/parse/{arena}")).await;
            let holds = run(plan, address, &seats, &format!("showtimes/{arena}/holds")).await;
            println!(
                "{round:>5}  {parse:>12}  {holds:>15}  {:>4} %",
                100 * holds / parse.max(1)
            );
        }
        server.kill().await.unwrap();
    });
}

fn argument(name: &str, default: usize) -> usize {
    let value = std::env::args().skip_while(|arg| arg != name).nth(1);
    value.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Starts the real server and waits until it says that it is ready.
async fn start_server(database_url: &str) -> (Child, SocketAddr) {
    let (http, ops) = (free_port().await, free_port().await);
    let server = Command::new(SERVER)
        .args(["serve", "--demo", "--bench-routes"])
        .env("DATABASE_URL", database_url)
        .env("FULLHOUSE_HTTP_ADDR", http.to_string())
        .env("FULLHOUSE_OPS_ADDR", ops.to_string())
        .env("FULLHOUSE_JWT_SECRET", SECRET)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    for _ in 0..600 {
        if let Ok(stream) = TcpStream::connect(ops).await
            && Client::new(stream)
                .get("/readyz")
                .await
                .starts_with("HTTP/1.1 200")
        {
            return (server, http);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the server did not become ready");
}

async fn free_port() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

async fn seat_ids(address: SocketAddr, showtime: &str) -> Vec<String> {
    let mut client = Client::new(TcpStream::connect(address).await.unwrap());
    let layout = client
        .get(&format!("/api/v1/showtimes/{showtime}/layout"))
        .await;
    values(&layout, "seat_id")
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

/// Requests answered 201 per second, over all connections.
async fn run(plan: Plan, address: SocketAddr, seats: &[String], route: &str) -> u64 {
    let mut clients = Vec::new();
    for pair in seats.chunks_exact(2).take(plan.connections) {
        let mut client = Client::new(TcpStream::connect(address).await.unwrap());
        client.stream.set_nodelay(true).unwrap();
        client.token = token().await;
        client.seats = [pair[0].clone(), pair[1].clone()];
        clients.push(client);
    }
    let holds = route.ends_with("holds");
    let path = format!("/api/v1/{route}");
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let running: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (path, done) = (path.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                while begun.elapsed() < plan.length {
                    client.hold(&path).await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                if holds {
                    client.release(&path).await;
                }
            })
        })
        .collect();
    for client in running {
        client.await.unwrap();
    }
    done.load(Ordering::Relaxed) / plan.length.as_secs()
}

async fn token() -> String {
    let minted = Command::new(SERVER)
        .args(["token", "--role", "USER", "--ttl", "3600"])
        .env("FULLHOUSE_JWT_SECRET", SECRET)
        .output()
        .await
        .unwrap();
    String::from_utf8(minted.stdout).unwrap().trim().to_owned()
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            received: Vec::with_capacity(4_096),
            token: String::new(),
            seats: Default::default(),
            last_hold: None,
        }
    }

    async fn get(&mut self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            .await
    }

    async fn hold(&mut self, path: &str) {
        let [a, b] = &self.seats;
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

    async fn release(&mut self, path: &str) {
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
