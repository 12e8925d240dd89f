//! Durable holds over HTTP on one showtime, beside a route of the same server that only parses.
//!
//! ```text
//! cargo bench --features bench --bench http_hold
//! ```
//!
//! The program starts a PostgreSQL of its own (fsync on) and the real server as a process, and
//! drives it from the same machine over keep-alive connections, one request in flight each. Every
//! request of a connection holds two seats in place of its last hold, so the same body works for
//! both routes: `POST …/holds` decides, journals and waits for the commit; `POST …/bench/parse`
//! checks the same token, parses the same body and answers the same shape. What counts is the
//! ratio, because both run in the same minute on the same cores. One element is one request.
#![expect(
    clippy::unwrap_used,
    reason = "a bench is started by hand and read from the terminal"
)]

#[path = "support/checks.rs"]
mod checks;
#[path = "http_hold/client.rs"]
mod client;
#[path = "support/plan.rs"]
mod plan;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, SamplingMode, Throughput};
use futures::future::join_all;
use loadtest::program::Launch;
use test_database::TestCluster;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::client::Client;
use crate::plan::steps;

const SERVER: &str = env!("CARGO_BIN_EXE_fullhouse");
/// Requests of every connection in one iteration, so that starting and ending them does not show.
const REQUESTS: u64 = 8;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Where requests go to.
struct Target {
    address: SocketAddr,
    /// Pairs of seats, one for every connection.
    pairs: Vec<[String; 2]>,
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let cluster = runtime.block_on(TestCluster::create_with(true));
    let launch = Launch::new(SERVER)
        .arg("serve")
        .arg("--demo")
        .arg("--bench-routes")
        .env("DATABASE_URL", cluster.url());
    let server = runtime.block_on(launch.start()).unwrap();
    let arena = fullhouse::showtimes::demo::ARENA.to_string();
    let target = runtime.block_on(Target::find(server.http(), &arena));

    let mut criterion = plan::criterion();
    let mut group = criterion.benchmark_group("http_hold");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(3));
    let parse = format!("/api/v1/bench/parse/{arena}");
    let holds = format!("/api/v1/showtimes/{arena}/holds");
    for connections in steps([1, 16, 64, 256]) {
        let id = BenchmarkId::new("parse_only", connections);
        bench_route(&mut group, id, &runtime, (&target, &parse, connections));
        let id = BenchmarkId::new("hold", connections);
        bench_route(&mut group, id, &runtime, (&target, &holds, connections));
    }
    group.finish();
    criterion.final_summary();
    let ended = runtime.block_on(server.terminate()).unwrap();
    assert!(ended.success(), "the server ended with {ended}");
}

/// Measures a route over so many connections, and gives back what was held.
fn bench_route(
    group: &mut Group<'_>,
    id: BenchmarkId,
    runtime: &Runtime,
    (target, path, connections): (&Target, &str, usize),
) {
    let path: Arc<str> = path.into();
    let mut clients = Vec::new();
    group.throughput(Throughput::Elements(REQUESTS * connections as u64));
    group.bench_function(id, |bench| {
        bench.iter_custom(|iters| {
            runtime.block_on(async {
                while clients.len() < connections {
                    clients.push(Client::connect(target.address).await);
                }
                let begun = Instant::now();
                let asking = clients.drain(..).zip(&target.pairs).map(|(client, pair)| {
                    let ask = hold_times(client, Arc::clone(&path), pair.clone(), iters * REQUESTS);
                    tokio::spawn(ask)
                });
                let asked = join_all(asking.collect::<Vec<_>>()).await;
                let took = begun.elapsed();
                clients = asked.into_iter().collect::<Result<_, _>>().unwrap();
                took
            })
        });
    });
    if path.ends_with("holds") {
        runtime.block_on(async {
            for client in &mut clients {
                client.release(&path).await;
            }
        });
    }
}

async fn hold_times(mut client: Client, path: Arc<str>, pair: [String; 2], times: u64) -> Client {
    for _ in 0..times {
        client.hold(&path, &pair).await;
    }
    client
}

impl Target {
    async fn find(address: SocketAddr, showtime: &str) -> Self {
        let seats = Client::connect(address).await.seat_ids(showtime).await;
        let pairs = seats.chunks_exact(2);
        let pairs = pairs.map(|pair| [pair[0].clone(), pair[1].clone()]);
        Self {
            address,
            pairs: pairs.collect(),
        }
    }
}
