//! The way through an owner without the database: `BoxOffice` → mailbox → owner → journal → reply.
//!
//! ```text
//! cargo bench --bench showtime_actor
//! ```
//!
//! `ask_*` is the trip alone: a question after a hold that there is not, one message there and one
//! answer back. `hold_and_release_*` are two commands, each decided, recorded, shown on the next
//! view and answered, over a journal that calls everything durable at once and keeps nothing.
#![expect(
    clippy::unwrap_used,
    reason = "a bench is started by hand and read from the terminal"
)]

#[path = "support/arena.rs"]
mod arena;
#[path = "support/caller.rs"]
mod caller;
#[path = "support/checks.rs"]
mod checks;
#[path = "showtime_actor/forgetful_journal.rs"]
mod forgetful_journal;
#[path = "support/plan.rs"]
mod plan;

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::{BoxOffice, ShowtimeHandle};
use actors::clock::SystemClock;
use actors::options::OwnerOptions;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Throughput};
use futures::future::join_all;
use seating::ids::{HoldId, ShowtimeId};
use tokio::runtime::Runtime;
use tokio::time::Instant;
use uuid::Uuid;

use crate::arena::arena;
use crate::caller::{ASKED_PER_ROUND, Caller};
use crate::forgetful_journal::ForgetfulJournal;
use crate::plan::steps;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Owners in memory, the first of them asked in turn.
struct Owners {
    runtime: Runtime,
    showtimes: Vec<ShowtimeHandle>,
}

fn main() {
    let mut criterion = plan::criterion();
    let mut group = criterion.benchmark_group("showtime_actor");
    let small = Owners::start(1, 1_000);
    ask(&mut group, &small);
    for in_flight in steps([1, 16, 64, 256]) {
        let id = BenchmarkId::new("hold_and_release_in_flight", in_flight);
        hold_and_release(&mut group, id, &small, in_flight);
    }
    drop(small);
    for seats in steps([100, 1_000, 10_000, 50_000, 100_000]) {
        let owners = Owners::start(1, seats);
        let id = BenchmarkId::new("hold_and_release_by_seats", seats);
        hold_and_release(&mut group, id, &owners, 1);
    }
    for showtimes in steps([1, 10, 100, 1_000, 10_000]) {
        let owners = Owners::start(showtimes, 500);
        let id = BenchmarkId::new("hold_and_release_by_showtimes", showtimes);
        hold_and_release(&mut group, id, &owners, 1);
    }
    group.finish();
    criterion.final_summary();
}

fn ask(group: &mut Group<'_>, owners: &Owners) {
    let nobody = HoldId::new(Uuid::nil());
    let showtime = &owners.showtimes[0];
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("ask_in_flight", 1), |bench| {
        bench.iter_custom(|iters| {
            owners.runtime.block_on(async {
                let begun = Instant::now();
                for _ in 0..iters {
                    let (found, _) = showtime.hold(nobody).await.unwrap();
                    assert!(found.is_none());
                }
                begun.elapsed()
            })
        });
    });
}

/// So many callers at once, each going from showtime to showtime.
fn hold_and_release(group: &mut Group<'_>, id: BenchmarkId, owners: &Owners, in_flight: u32) {
    group.throughput(Throughput::Elements(ASKED_PER_ROUND * u64::from(in_flight)));
    group.bench_function(id, |bench| {
        bench.iter_custom(|iters| {
            owners.runtime.block_on(async {
                let begun = Instant::now();
                let calling = (0..in_flight).map(|number| {
                    let showtimes = owners.showtimes.clone();
                    tokio::spawn(call(number, showtimes, iters))
                });
                for called in join_all(calling).await {
                    called.unwrap();
                }
                begun.elapsed()
            })
        });
    });
}

async fn call(number: u32, showtimes: Vec<ShowtimeHandle>, rounds: u64) {
    let caller = Caller::new(number);
    let mut turn = showtimes.iter().cycle();
    for _ in 0..rounds {
        if let Some(showtime) = turn.next() {
            caller.hold_and_release(showtime).await;
        }
    }
}

impl Owners {
    fn start(count: usize, seats: u32) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = OwnerOptions {
            snapshot_every: u64::MAX,
            call_timeout: Duration::from_mins(1),
            ..OwnerOptions::default()
        };
        let showtimes = runtime.block_on(async {
            let journal = Arc::new(ForgetfulJournal::of(arena(seats).build()));
            let clock = Arc::new(SystemClock::start());
            let office = BoxOffice::open(journal, clock, options).await.unwrap();
            let ids = (0..count).map(|_| ShowtimeId::new(Uuid::now_v7()));
            let starting = ids.map(|id| {
                let office = office.clone();
                async move { office.showtime(id).await.unwrap() }
            });
            join_all(starting).await
        });
        Self { runtime, showtimes }
    }
}
