//! The rules alone, without a journal or a mailbox: how fast decisions are made on one core.
//!
//! ```text
//! cargo bench --bench seat_map                 everything, with the bytes per seat
//! cargo bench --bench seat_map -- best         only what has "best" in its name
//! ```
//!
//! One decision is one `execute`, with the changes cleared after it, as an owner does. The number
//! in a name is how many seats the layout has.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench is started by hand and read from the terminal"
)]

#[path = "support/arena.rs"]
mod arena;
#[path = "support/checks.rs"]
mod checks;
#[path = "support/floor.rs"]
mod floor;
#[path = "support/plan.rs"]
mod plan;
#[path = "seat_map/stage.rs"]
mod stage;

use std::sync::Arc;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use seating::command::{Command, Want};
use seating::seat_map::{Entries, SeatMap};
use testkit::commands::{begin_payment, best, buyer, confirm, hold, release, seats, staff};

use crate::arena::arena;
use crate::floor::Floor;
use crate::plan::steps;

const SIZES: [u32; 5] = [100, 1_000, 10_000, 50_000, 100_000];
const ARENA: u32 = 50_000;
/// Rows that lie on each other.
const PILED: u32 = 3_000;
const PAIRS: u32 = 30_000;
/// Decisions of one iteration, as far as the layout has room for so many.
const DECISIONS_MAX: usize = 4_000;
/// Holds that one deadline ends.
const EXPIRING: usize = 10_000;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn main() {
    print_bytes_per_seat();
    let mut criterion = plan::criterion();
    let mut group = criterion.benchmark_group("seat_map");
    for size in steps(SIZES) {
        hold_and_release(&mut group, size);
        sale(&mut group, size);
        best_available(&mut group, size);
    }
    with_keys(&mut group);
    best_in_hard_layouts(&mut group);
    group.finish();
    expiry(&mut criterion);
    replay(&mut criterion);
    criterion.final_summary();
}

/// The budget is 32 bytes, indexes included.
fn print_bytes_per_seat() {
    let map = SeatMap::new(arena(ARENA).build());
    let bytes = f64::from(u32::try_from(map.memory_bytes()).unwrap());
    println!(
        "bytes per seat of {ARENA} seats: {:.1}",
        bytes / f64::from(ARENA)
    );
}

/// Two seats are held and given back, all over a half sold layout of which a quarter is on hold.
fn hold_and_release(group: &mut Group<'_>, size: u32) {
    let mut floor = Floor::half_sold(size);
    floor.hold_pairs(floor.free_pairs().len() / 2);
    let pairs = floor.free_pairs();
    let mut rounds = (1 << 40..).zip(pairs.iter().cycle());
    group.throughput(Throughput::Elements(2));
    let id = BenchmarkId::new("hold_and_release", size);
    group.bench_function(id, |bench| {
        bench.iter(|| {
            let (number, &pair) = rounds.next().unwrap();
            let by = buyer(number % 20_000);
            floor.decide(&hold(number, by, seats([pair, pair + 1])));
            floor.decide(&release(number, by));
        });
    });
}

/// What leads to a sale, step by step: pairs are held, then confirmed, or paid for and confirmed.
fn sale(group: &mut Group<'_>, size: u32) {
    let empty = Floor::half_sold(size);
    let pairs = empty.free_pairs().into_iter().take(DECISIONS_MAX);
    let holds: Vec<Command> = (1 << 50..)
        .zip(pairs)
        .map(|(number, pair)| hold(number, buyer(number), seats([pair, pair + 1])))
        .collect();
    decide_all(group, ("hold", size), &empty, &holds);
    let mut full = empty.twin();
    let held = full.hold_pairs(DECISIONS_MAX);
    let confirms: Vec<Command> = held.iter().map(|&n| confirm(n, staff(0), n)).collect();
    decide_all(group, ("confirm_hold", size), &full, &confirms);
    for &number in &held {
        full.decide(&begin_payment(number, staff(0), number, 600));
    }
    decide_all(group, ("confirm_pin", size), &full, &confirms);
}

fn decide_all(group: &mut Group<'_>, (name, size): (&str, u32), at: &Floor, asked: &[Command]) {
    group.throughput(Throughput::Elements(asked.len() as u64));
    group.bench_function(BenchmarkId::new(name, size), |bench| {
        bench.iter_batched_ref(
            || at.twin(),
            |floor| floor.decide_all(asked),
            BatchSize::LargeInput,
        );
    });
}

fn with_keys(group: &mut Group<'_>) {
    let mut floor = Floor::half_sold(ARENA);
    floor.hold_pairs(5_000);
    let rounds = (1 << 40..).zip(floor.free_pairs()).take(DECISIONS_MAX);
    let commands: Vec<Command> = rounds
        .flat_map(|(number, pair)| {
            let by = buyer(number % 20_000);
            let wanted = hold(number, by, seats([pair, pair + 1]));
            [wanted, release(number, by)]
        })
        .collect();
    group.throughput(Throughput::Elements(commands.len() as u64));
    let id = BenchmarkId::new("hold_and_release_with_keys", ARENA);
    group.bench_function(id, |bench| {
        bench.iter_batched_ref(
            || floor.twin(),
            |floor| floor.decide_all_under_keys(&commands),
            BatchSize::LargeInput,
        );
    });
}

fn best_available(group: &mut Group<'_>, size: u32) {
    for quantity in [2, 4, 10] {
        let floor = Floor::half_sold(size);
        let name = format!("best_{quantity}_half_sold");
        bench_best(group, (&name, size), quantity, floor);
    }
}

fn best_in_hard_layouts(group: &mut Group<'_>) {
    for quantity in [2, 4, 10] {
        let floor = Floor::sold(ARENA, 95);
        let name = format!("best_{quantity}_19_of_20_sold");
        bench_best(group, (&name, ARENA), quantity, floor);
    }
    // A single row of pairs with aisles between them: every group is in pieces, odd ones never fit.
    for quantity in [9, 10] {
        let name = format!("best_{quantity}_in_pairs");
        let floor = Floor::of_pairs(PAIRS);
        bench_best(group, (&name, 2 * PAIRS), quantity, floor);
    }
    // Every split is as near as any other.
    for quantity in [8, 10] {
        let name = format!("best_{quantity}_in_a_pile");
        let floor = Floor::of_a_pile(PILED);
        bench_best(group, (&name, 2 * PILED), quantity, floor);
    }
}

/// The block is held, and the oldest of 64 such holds is given back.
fn bench_best(group: &mut Group<'_>, (name, size): (&str, u32), quantity: u32, mut floor: Floor) {
    let mut number = 1 << 40;
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new(name, size), |bench| {
        bench.iter(|| {
            number += 1;
            let wish = Want::BestAvailable(best(quantity));
            let found = floor.try_decide(&hold(number, buyer(number), wish));
            floor.try_decide(&release(number - 64, staff(0)));
            found
        });
    });
}

/// One deadline ends ten thousand holds, whatever the layout holds besides.
fn expiry(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("expiry");
    group.throughput(Throughput::Elements(EXPIRING as u64));
    for size in steps([50_000, 100_000]) {
        let mut floor = Floor::sold(size, 0);
        assert_eq!(floor.hold_pairs(EXPIRING).len(), EXPIRING);
        let overdue = || {
            let mut twin = floor.twin();
            twin.now = twin.now.plus_seconds(3_600);
            twin
        };
        let expire = |floor: &mut Floor| {
            let mut entries = Entries::new();
            let due = Command::ExpireDue;
            let answer = floor.map.execute(floor.now, &due, None, &mut entries);
            assert_eq!(floor.map.live_holds(), 0);
            answer
        };
        let id = BenchmarkId::new("10000_holds_at_once", size);
        group.bench_function(id, |bench| {
            bench.iter_batched_ref(overdue, expire, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// What an owner does when it starts, without what it waits for: the snapshot, then the entries.
fn replay(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("replay");
    group.sample_size(10);
    let mut floor = Floor::half_sold(ARENA);
    let snapshot = floor.map.snapshot().unwrap();
    let layout = Arc::clone(floor.map.layout());
    let history = floor.busy_history(100_000);
    for count in steps([0, 100, 1_000, 10_000, 100_000]) {
        let entries = &history[..count];
        group.bench_function(BenchmarkId::new("entries", count), |bench| {
            bench.iter_batched(
                || snapshot.clone(),
                |snapshot| {
                    let mut map = SeatMap::restore(Arc::clone(&layout), snapshot).unwrap();
                    for entry in entries {
                        map.apply(entry).unwrap();
                        map.clear_changes();
                    }
                    map.check().unwrap();
                    map
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}
