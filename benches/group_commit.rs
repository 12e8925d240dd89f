//! Durable answers per second: `BoxOffice` → owners → journal → PostgreSQL with fsync on, and back.
//!
//! ```text
//! cargo bench --bench group_commit                   everything
//! cargo bench --bench group_commit -- in_flight      only by how many wait at once
//! ```
//!
//! The program starts a PostgreSQL of its own on the same machine: callers, owners, journal and
//! database share its cores. So many callers at once hold two seats each and give them back; both
//! answers are waited for until they are durable. One element is one such answer.
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
#[path = "support/plan.rs"]
mod plan;

use std::cell::LazyCell;
use std::time::Duration;

use actors::box_office::ShowtimeHandle;
use actors::options::OwnerOptions;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, SamplingMode, Throughput};
use futures::future::join_all;
use persistence::journal::JournalOptions;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::arena::arena;
use crate::caller::{ASKED_PER_ROUND, Caller};
use crate::database::{Database, open_office};
use crate::plan::steps;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Callers of the tables that are not about how many there are.
const CALLERS: u32 = 512;
/// Rounds of every caller in one iteration, so that starting and ending them does not show.
const ROUNDS: usize = 4;
/// Fewer callers and rounds take long enough where every answer may be a commit of its own.
const CALLERS_OF_SMALL_BATCHES: u32 = 128;
/// Seats of a showtime of the tables with many, which is room for all callers.
const SMALL: u32 = 1_250;
const WRITERS_SHOWTIMES: usize = 64;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Where everything runs.
struct Place {
    runtime: Runtime,
    database: Database,
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let database = runtime.block_on(Database::create());
    let place = Place { runtime, database };
    let mut criterion = plan::criterion();
    let mut group = criterion.benchmark_group("group_commit");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(2));
    by_in_flight(&mut group, &place);
    by_batch(&mut group, &place);
    by_writers(&mut group, &place);
    by_showtimes(&mut group, &place);
    group.finish();
    criterion.final_summary();
}

/// One showtime: the more wait at once, the more share a commit.
fn by_in_flight(group: &mut Group<'_>, place: &Place) {
    let showtimes = LazyCell::new(|| place.open(JournalOptions::default(), 1, 50_000));
    for in_flight in steps([1, 16, 64, 256, 512, 1_024]) {
        let id = BenchmarkId::new("in_flight", in_flight);
        drive(group, id, place, (in_flight, ROUNDS), &showtimes);
    }
}

/// One showtime, with fewer entries in one commit than wait for one.
fn by_batch(group: &mut Group<'_>, place: &Place) {
    for batch_entries_max in steps([1, 4, 16, 64, 256]) {
        let options = JournalOptions {
            batch_entries_max,
            ..JournalOptions::default()
        };
        let showtimes = LazyCell::new(|| place.open(options, 1, SMALL));
        let id = BenchmarkId::new("entries_per_commit_max", batch_entries_max);
        drive(group, id, place, (CALLERS_OF_SMALL_BATCHES, 1), &showtimes);
    }
}

/// Showtimes enough for every writer to have its share of them.
fn by_writers(group: &mut Group<'_>, place: &Place) {
    for writers in steps([1, 4, 16]) {
        let options = JournalOptions {
            writers,
            ..JournalOptions::default()
        };
        let showtimes = LazyCell::new(|| place.open(options, WRITERS_SHOWTIMES, SMALL));
        let id = BenchmarkId::new("writers", writers);
        drive(group, id, place, (CALLERS, ROUNDS), &showtimes);
    }
}

/// The same callers, going from showtime to showtime.
fn by_showtimes(group: &mut Group<'_>, place: &Place) {
    for count in steps([1, 10, 100, 1_000, 10_000]) {
        let showtimes = LazyCell::new(|| place.open(JournalOptions::default(), count, SMALL));
        let id = BenchmarkId::new("showtimes", count);
        drive(group, id, place, (CALLERS, ROUNDS), &showtimes);
    }
}

/// Measures so many callers; what they ask is opened only when the bench is not filtered out.
fn drive<F: FnOnce() -> Vec<ShowtimeHandle>>(
    group: &mut Group<'_>,
    id: BenchmarkId,
    place: &Place,
    (in_flight, rounds): (u32, usize),
    showtimes: &LazyCell<Vec<ShowtimeHandle>, F>,
) {
    let answers = rounds as u64 * ASKED_PER_ROUND * u64::from(in_flight);
    group.throughput(Throughput::Elements(answers));
    group.bench_function(id, |bench| {
        let showtimes: &[ShowtimeHandle] = showtimes;
        bench.iter_custom(|iters| {
            let rounds = usize::try_from(iters).unwrap() * rounds;
            place.runtime.block_on(time(showtimes, in_flight, rounds))
        });
    });
}

/// How long it takes until every caller has done its rounds.
async fn time(showtimes: &[ShowtimeHandle], in_flight: u32, rounds: usize) -> Duration {
    let begun = Instant::now();
    let calling = (0..in_flight).map(|number| {
        // Callers begin at different showtimes, and all showtimes get their turn.
        let turn = showtimes.iter().cycle().skip(number as usize);
        let turn: Vec<ShowtimeHandle> = turn
            .step_by(in_flight as usize)
            .take(rounds)
            .cloned()
            .collect();
        let caller = Caller::new(number);
        tokio::spawn(async move {
            for showtime in turn {
                caller.hold_and_release(&showtime).await;
            }
        })
    });
    for called in join_all(calling).await {
        called.unwrap();
    }
    begun.elapsed()
}

impl Place {
    /// Creates showtimes and starts their owners.
    fn open(&self, journal: JournalOptions, count: usize, seats: u32) -> Vec<ShowtimeHandle> {
        let options = OwnerOptions {
            call_timeout: Duration::from_mins(2),
            rehydrations_max: 8,
            ..OwnerOptions::default()
        };
        self.runtime.block_on(async {
            let ids = self.database.showtimes(count, arena(seats).spec).await;
            let office = open_office(self.database.journal(journal), options).await;
            let starting = ids.into_iter().map(|id| {
                let office = office.clone();
                async move { office.showtime(id).await.unwrap() }
            });
            join_all(starting).await
        })
    }
}
