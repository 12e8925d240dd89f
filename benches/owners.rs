//! Owners coming, staying and leaving: the memory of many, and what idle ones cost.
//!
//! ```text
//! cargo bench --bench owners
//! ```
//!
//! A table instead of estimates: memory is read once, and an idle owner costs nothing to repeat.
//! The program starts a PostgreSQL of its own (fsync on).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports on stdout"
)]

#[path = "support/arena.rs"]
mod arena;
#[path = "support/checks.rs"]
mod checks;
#[path = "support/database.rs"]
mod database;

use std::time::Duration;

use actors::options::OwnerOptions;
use persistence::journal::JournalOptions;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::arena::arena;
use crate::checks::only_checks;
use crate::database::{Database, open_office};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SEATS: u32 = 500;

fn main() {
    let runtime = Runtime::new().unwrap();
    let (showtimes, idle) = if only_checks() {
        (100, Duration::from_millis(100))
    } else {
        (10_000, Duration::from_secs(5))
    };
    runtime.block_on(crowd(showtimes, idle));
}

/// So many owners in memory at once, and gone again.
async fn crowd(count: usize, idle: Duration) {
    let database = Database::create().await;
    let ids = database.showtimes(count, arena(SEATS).spec).await;
    let options = OwnerOptions {
        passivate_after: Duration::from_secs(1),
        rehydrations_max: 8,
        owners_max: count,
        round_every: Duration::from_millis(50),
        ..OwnerOptions::default()
    };
    let office = open_office(database.journal(JournalOptions::default()), options).await;
    office.showtime(ids[0]).await.unwrap();
    let before = resident_bytes();
    let begun = Instant::now();
    let mut starting = tokio::task::JoinSet::new();
    for id in ids {
        let office = office.clone();
        starting.spawn(async move { office.showtime(id).await.unwrap().view().seq() });
    }
    while let Some(started) = starting.join_next().await {
        assert_eq!(started.unwrap().0, 1);
    }
    let took = begun.elapsed();
    let used = resident_bytes().saturating_sub(before);
    println!(
        "{count} owners of {SEATS} seats: {} MB, {} KB each, started in {} ms",
        used / 1_000_000,
        used / 1_000 / count as u64,
        took.as_millis(),
    );
    while office.owners_count() > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let before_idling = (cpu_time(), Instant::now());
    tokio::time::sleep(idle).await;
    let busy = cpu_time().saturating_sub(before_idling.0);
    println!(
        "all passivated: {} MB above the start, {} ms of CPU in {} ms",
        resident_bytes().saturating_sub(before) / 1_000_000,
        busy.as_millis(),
        before_idling.1.elapsed().as_millis(),
    );
}

/// The process's resident memory.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

/// CPU time of this process, user and system, in the kernel's ticks of 10 ms.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}
