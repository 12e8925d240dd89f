//! Time to rebuild an owner: from the first call for its showtime to its first view.
//!
//! ```text
//! cargo bench --bench rehydration
//! ```
//!
//! That is claim, layout, snapshot, the entries after it, replay and check, over a PostgreSQL with
//! fsync on that the program starts. Half of every layout is sold, in pairs, and in the snapshot;
//! the entries after it are holds and releases. Each time a rival takes the showtime over, as a
//! restarted process does.
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
#[path = "support/database.rs"]
mod database;
#[path = "rehydration/no_new_snapshots.rs"]
mod no_new_snapshots;
#[path = "support/plan.rs"]
mod plan;

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::{BoxOffice, ShowtimeHandle};
use actors::options::OwnerOptions;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, SamplingMode};
use futures::future::join_all;
use journal::Journal;
use persistence::journal::{JournalOptions, PgJournal};
use seating::ids::ShowtimeId;
use testkit::commands::{buyer, confirm, hold, seats, staff};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::arena::arena;
use crate::caller::{ASKED_PER_ROUND, Caller};
use crate::database::{Database, open_office};
use crate::no_new_snapshots::NoNewSnapshots;
use crate::plan::steps;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ARENA: u32 = 50_000;
/// Who makes the history, all at once.
const CALLERS: u64 = 250;
/// Each of them sells this much of a layout at most.
const PAIRS_PER_SELLER: u32 = 100;
const STOP_WITHIN: Duration = Duration::from_secs(30);

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// A showtime whose next owner is rebuilt again and again.
struct Stage {
    runtime: Runtime,
    journal: Arc<PgJournal>,
    database: Database,
    /// Sales so far, of all showtimes: ids are of the whole database.
    sales: u32,
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let (database, journal) = runtime.block_on(async {
        let database = Database::create().await;
        let journal = database.journal(JournalOptions::default());
        (database, journal)
    });
    let mut stage = Stage {
        runtime,
        journal,
        database,
        sales: 0,
    };
    let mut criterion = plan::criterion();
    let mut group = criterion.benchmark_group("rehydration");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    by_seats(&mut group, &mut stage);
    by_entries(&mut group, &mut stage);
    group.finish();
    criterion.final_summary();
}

fn by_seats(group: &mut Group<'_>, stage: &mut Stage) {
    for size in steps([100, 1_000, 10_000, 50_000, 100_000]) {
        let mut showtime = None;
        group.bench_function(BenchmarkId::new("seats", size), |bench| {
            let showtime = *showtime.get_or_insert_with(|| stage.half_sold(size));
            bench.iter_custom(|iters| stage.rebuild(showtime, iters));
        });
    }
}

fn by_entries(group: &mut Group<'_>, stage: &mut Stage) {
    let mut showtime = None;
    let mut written = 0;
    for count in steps([0, 100, 1_000, 10_000, 100_000]) {
        let id = BenchmarkId::new("entries_since_snapshot", count);
        group.bench_function(id, |bench| {
            let showtime = *showtime.get_or_insert_with(|| stage.half_sold(ARENA));
            if written < count {
                stage.write_entries(showtime, count - written);
                written = count;
            }
            bench.iter_custom(|iters| stage.rebuild(showtime, iters));
        });
    }
}

impl Stage {
    /// A showtime of which every other pair is sold, all of it in a snapshot.
    fn half_sold(&mut self, size: u32) -> ShowtimeId {
        let pairs = size / 4;
        let first_sale = self.sales;
        self.sales += pairs;
        self.runtime.block_on(async {
            let created = self.database.showtimes(1, arena(size).spec).await;
            let journal: Arc<dyn Journal> = Arc::<PgJournal>::clone(&self.journal);
            let office = open(journal).await;
            let showtime = office.showtime(created[0]).await.unwrap();
            let selling = (0..pairs).step_by(PAIRS_PER_SELLER as usize).map(|first| {
                let pairs = first..pairs.min(first + PAIRS_PER_SELLER);
                tokio::spawn(sell(showtime.clone(), pairs, first_sale))
            });
            for sold in join_all(selling).await {
                sold.unwrap();
            }
            assert!(office.stop(STOP_WITHIN).await);
            created[0]
        })
    }

    /// Adds so many entries that no snapshot will cover.
    fn write_entries(&self, showtime: ShowtimeId, count: u64) {
        let rounds = count / ASKED_PER_ROUND;
        self.runtime.block_on(async {
            let office = open(self.no_new_snapshots()).await;
            let showtime = office.showtime(showtime).await.unwrap();
            let calling = (0..CALLERS.min(rounds)).map(|number| {
                let turns = (number..rounds).step_by(CALLERS.try_into().unwrap());
                // The pairs between those that are sold.
                let caller = Caller::new(2 * u32::try_from(number).unwrap() + 1);
                tokio::spawn(call(showtime.clone(), caller, turns.count()))
            });
            for called in join_all(calling).await {
                called.unwrap();
            }
            assert!(office.stop(STOP_WITHIN).await);
        });
    }

    fn rebuild(&self, showtime: ShowtimeId, times: u64) -> Duration {
        self.runtime.block_on(async {
            let mut took = Duration::ZERO;
            for _ in 0..times {
                let rival = open(self.no_new_snapshots()).await;
                let begun = Instant::now();
                rival.showtime(showtime).await.unwrap();
                took += begun.elapsed();
                assert!(rival.stop(STOP_WITHIN).await);
            }
            took
        })
    }

    fn no_new_snapshots(&self) -> Arc<dyn Journal> {
        Arc::new(NoNewSnapshots(Arc::clone(&self.journal)))
    }
}

/// Owners write no snapshots but their last.
async fn open(journal: Arc<dyn Journal>) -> BoxOffice {
    let options = OwnerOptions {
        snapshot_every: u64::MAX,
        ..OwnerOptions::default()
    };
    open_office(journal, options).await
}

async fn call(showtime: ShowtimeHandle, caller: Caller, rounds: usize) {
    for _ in 0..rounds {
        caller.hold_and_release(&showtime).await;
    }
}

async fn sell(showtime: ShowtimeHandle, pairs: std::ops::Range<u32>, first_sale: u32) {
    for pair in pairs {
        let number = u128::from(first_sale + pair) + 1;
        let wanted = seats([4 * pair, 4 * pair + 1]);
        let held = hold(number, buyer(number), wanted);
        showtime.execute(held, None).await.unwrap();
        let sold = confirm(number, staff(0), number);
        showtime.execute(sold, None).await.unwrap();
    }
}
