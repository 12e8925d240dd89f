//! Owners coming, staying and leaving: time to rebuild one, memory of many, cost of idle ones.
//!
//! ```text
//! cargo bench --bench owners
//! ```
//!
//! The program starts a PostgreSQL of its own (fsync on). Rebuilding is measured from the first
//! call for a showtime to its owner's first picture: claim, layout, entries, replay and check.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports on stdout"
)]

#[path = "support/houses.rs"]
mod houses;

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::BoxOffice;
use actors::clock::SystemClock;
use actors::options::Options;
use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{PgPool, PoolSettings, connect};
use persistence::test_database::TestCluster;
use seating::command::{Command, Hold, Party, Role, Want};
use seating::ids::{BuyerId, HoldId, ShowtimeId};
use seating::journal::Journal;
use seating::places::Places;
use seating::seat_layout::SeatIndex;
use tokio::time::Instant;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ENTRIES: u32 = 100_000;
const SHOWTIMES: usize = 10_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = TestCluster::create_with(true).await;
        let pool = connect(cluster.connect_options(), &PoolSettings::new(8))
            .await
            .unwrap();
        persistence::migrate::migrate(&pool).await.unwrap();
        rebuild(&pool).await;
        crowd(&pool).await;
    });
}

fn open_journal(pool: &PgPool) -> Arc<PgJournal> {
    Arc::new(PgJournal::start(pool.clone(), JournalOptions::default()))
}

async fn open_office(journal: &Arc<PgJournal>, options: Options) -> BoxOffice {
    let kept: Arc<dyn Journal> = Arc::<PgJournal>::clone(journal);
    BoxOffice::open(kept, Arc::new(SystemClock), options)
        .await
        .unwrap()
}

/// 50,000 seats, 100,000 entries, no snapshot after the opening.
async fn rebuild(pool: &PgPool) {
    let journal = open_journal(pool);
    let never = Options {
        snapshot_every: u64::MAX,
        ..Options::default()
    };
    let id = houses::create(pool, 500, 100).await;
    let office = open_office(&journal, never).await;
    write_entries(&office, id).await;
    for round in 1..=5 {
        // A rival claims the next reign, as a restarted process does.
        let rival = open_office(&journal, never).await;
        let begun = Instant::now();
        let showtime = rival.showtime(id).await.unwrap();
        let took = begun.elapsed();
        let seq = showtime.view().seq().0;
        println!(
            "rebuild {round}: 50,000 seats, {seq} entries in {} ms",
            took.as_millis()
        );
    }
    journal.close(Duration::from_secs(10)).await.unwrap();
}

async fn write_entries(office: &BoxOffice, id: ShowtimeId) {
    let writers: Vec<_> = (0..250_u32)
        .map(|writer| {
            let office = office.clone();
            tokio::spawn(async move {
                let showtime = office.showtime(id).await.unwrap();
                let by = Party {
                    buyer: BuyerId::new(Uuid::new_v4()),
                    role: Role::Buyer,
                };
                let seats = [2 * writer, 2 * writer + 1].map(SeatIndex);
                for _ in 0..ENTRIES / 500 {
                    let hold = HoldId::new(Uuid::now_v7());
                    let want = Want::Places(Places::of_seats(seats));
                    let ask = Hold {
                        hold,
                        by,
                        want,
                        ttl_seconds: None,
                        replace: None,
                    };
                    showtime.execute(Command::Hold(ask), None).await.unwrap();
                    showtime
                        .execute(Command::Release { hold, by }, None)
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// 10,000 owners of 500 seats each in memory at once, and gone again.
async fn crowd(pool: &PgPool) {
    let mut ids = Vec::with_capacity(SHOWTIMES);
    for _ in 0..SHOWTIMES {
        ids.push(houses::create(pool, 20, 25).await);
    }
    let journal = open_journal(pool);
    let options = Options {
        passivate_after: Duration::from_secs(1),
        rehydrations_max: 8,
        ..Options::default()
    };
    let office = open_office(&journal, options).await;
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
        "{SHOWTIMES} owners of 500 seats: {} MB, {} KB each, started in {} ms",
        used / 1_000_000,
        used / 1_000 / SHOWTIMES as u64,
        took.as_millis(),
    );
    while office.owners_count() > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let idle = (cpu_time(), Instant::now());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let busy = cpu_time().saturating_sub(idle.0);
    println!(
        "all passivated: {} MB above the start, {} ms of CPU in {} s",
        resident_bytes().saturating_sub(before) / 1_000_000,
        busy.as_millis(),
        idle.1.elapsed().as_secs(),
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
