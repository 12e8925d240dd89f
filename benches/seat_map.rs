//! The rules alone, without a journal or a mailbox: how fast decisions are made on one core.
//!
//! ```text
//! cargo bench --bench seat_map                 everything, with the bytes per seat
//! cargo bench --bench seat_map -- best         only what has "best" in its name
//! ```
//!
//! One decision is one `execute`, with the changes cleared after it, as an owner does.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench is started by hand and read from the terminal"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use seating::command::{Command, Want};
use seating::event::{Entry, RequestStamp};
use seating::layout_spec::{NumbersSpec, RowSeatsSpec, RowSpec, SectionKindSpec};
use seating::rehearsal::{
    House, Rehearsal, begin_payment, best, buyer, confirm, hold, house, release, seats,
};
use seating::rejection::PlaceStatus;
use seating::seat_layout::SeatIndex;
use seating::seat_map::{Decision, Entries, SeatMap};
use seating::settings::Settings;
use seating::timestamp::Timestamp;

const ROW: u32 = 50;
const ROWS: u32 = 25;
const ARENA: u32 = 50_000;
const PAIRS: u32 = 30_000;

fn main() {
    print_bytes_per_seat();
    let mut criterion = Criterion::default().configure_from_args();
    hold_and_release(&mut criterion);
    hold_alone(&mut criterion);
    confirm_alone(&mut criterion);
    best_available(&mut criterion);
    expiry(&mut criterion);
    recovery(&mut criterion);
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

/// Two seats are held and given back, all over a half sold house with thousands of live holds.
fn hold_and_release(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hold_and_release");
    let mut floor = Floor::half_sold(ARENA);
    floor.hold_pairs(5_000);
    let pairs = floor.free_pairs();
    let mut rounds = (1 << 40..)
        .zip(pairs.iter().cycle())
        .map(|(number, &pair)| {
            let by = buyer(number % 20_000);
            (
                hold(number, by, seats([pair, pair + 1])),
                release(number, by),
            )
        });
    group.throughput(Throughput::Elements(2));
    group.bench_function("plain", |bench| {
        bench.iter(|| {
            let (hold, release) = rounds.next().unwrap();
            floor.decide(&hold);
            floor.decide(&release);
        });
    });
    let commands: Vec<Command> = rounds.take(5_000).flat_map(<[Command; 2]>::from).collect();
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("5000_times_with_keys", |bench| {
        bench.iter_batched_ref(
            || floor.twin(),
            |floor| {
                for command in &commands {
                    floor.decide_under(command, true);
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn hold_alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hold");
    group.throughput(Throughput::Elements(4_000));
    let floor = Floor::half_sold(ARENA);
    let commands: Vec<Command> = (1 << 40..)
        .zip(floor.free_pairs().into_iter().take(4_000))
        .map(|(n, pair)| hold(n, buyer(n), seats([pair, pair + 1])))
        .collect();
    group.bench_function("4000_times_two_seats", |bench| {
        bench.iter_batched_ref(
            || floor.twin(),
            |floor| floor.decide_all(&commands),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn confirm_alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("confirm");
    group.throughput(Throughput::Elements(4_000));
    let mut floor = Floor::half_sold(ARENA);
    let held = floor.hold_pairs(4_000);
    let plain: Vec<Command> = held.iter().map(|&n| confirm(n, house(0), n)).collect();
    group.bench_function("4000_holds", |bench| {
        bench.iter_batched_ref(
            || floor.twin(),
            |floor| floor.decide_all(&plain),
            BatchSize::LargeInput,
        );
    });
    for &n in &held {
        floor.decide(&begin_payment(n, house(0), n, 600));
    }
    group.bench_function("4000_pins", |bench| {
        bench.iter_batched_ref(
            || floor.twin(),
            |floor| floor.decide_all(&plain),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// The block is held, and the oldest of 64 such holds is given back.
fn best_available(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("best_available");
    for size in [100, 1_000, 10_000, 50_000, 100_000] {
        for quantity in [2, 4, 10] {
            bench_best(
                &mut group,
                Floor::half_sold(size),
                ("half_sold", size, quantity),
            );
        }
    }
    for quantity in [2, 4, 10] {
        let floor = Floor::sold(ARENA, 95);
        bench_best(&mut group, floor, ("19_of_20_sold", ARENA, quantity));
    }
    // A single row of pairs with aisles between them: every group is in pieces, odd ones never fit.
    for quantity in [9, 10] {
        bench_best(&mut group, Floor::of_pairs(), ("in_pairs", PAIRS, quantity));
    }
    group.finish();
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn bench_best(group: &mut Group<'_>, mut floor: Floor, (sold, size, quantity): (&str, u32, u32)) {
    let mut number = 1 << 40;
    let id = BenchmarkId::new(format!("{quantity}_together_{sold}"), size);
    group.bench_function(id, |bench| {
        bench.iter(|| {
            number += 1;
            let wish = Want::BestAvailable(best(quantity));
            let found = floor.try_decide(&hold(number, buyer(number), wish));
            floor.try_decide(&release(number - 64, house(0)));
            found
        });
    });
}

fn expiry(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("expiry");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(10_000));
    let mut floor = Floor::sold(ARENA, 0);
    floor.hold_pairs(10_000);
    group.bench_function("10000_holds_at_once", |bench| {
        bench.iter_batched_ref(
            || {
                let mut twin = floor.twin();
                twin.now = twin.now.plus_seconds(3_600);
                twin
            },
            |floor| {
                floor
                    .map
                    .execute(floor.now, &Command::ExpireDue, None, &mut Entries::new())
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// What an owner does when it starts: the snapshot, then what came after it.
fn recovery(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recovery");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(100_000));
    let mut floor = Floor::half_sold(ARENA);
    let snapshot = floor.map.snapshot().unwrap();
    let layout = Arc::clone(floor.map.layout());
    let entries = floor.busy_history(100_000);
    group.bench_function("snapshot_and_100000_entries", |bench| {
        bench.iter_batched(
            || snapshot.clone(),
            |snapshot| {
                let mut map = SeatMap::restore(Arc::clone(&layout), snapshot).unwrap();
                for entry in &entries {
                    map.apply(entry).unwrap();
                    map.clear_changes();
                }
                map.check().unwrap();
                map
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// A seat map being sold.
struct Floor {
    map: SeatMap,
    now: Timestamp,
    key: u128,
}

impl Floor {
    fn half_sold(seats: u32) -> Self {
        Self::sold(seats, 50)
    }

    /// So many seats in a hundred are sold at random, each by itself.
    fn sold(size: u32, percent: u64) -> Self {
        let settings = Settings {
            max_per_buyer: 1_000,
            ..Settings::default()
        };
        let Rehearsal { map, now, .. } = arena(size).open(settings);
        let mut floor = Self { map, now, key: 0 };
        let mut dice = Dice(88_172_645_463_325_252);
        for seat in 0..size {
            if dice.roll() % 100 < percent {
                let number = u128::from(seat) + 1;
                floor.decide(&hold(number, buyer(number), seats([seat])));
                floor.decide(&confirm(number, house(0), number));
            }
        }
        floor
    }

    /// Parts of two seats, all of one row.
    fn of_pairs() -> Self {
        let numbers = |at: u32| [2 * at, 2 * at + 1].map(|number| number.to_string());
        let rows = (0..PAIRS).map(|at| RowSpec {
            label: "A".to_owned(),
            seats: RowSeatsSpec::Grid {
                numbers: NumbersSpec::Each(numbers(at).to_vec()),
                price_tier: "GOLD".to_owned(),
            },
        });
        let rows = rows.collect();
        let house = House::empty().tier("GOLD", 500_000);
        let house = house.with("S", SectionKindSpec::Reserved { rows });
        let Rehearsal { map, now, .. } = house.open(Settings::default());
        Self { map, now, key: 0 }
    }

    /// Another floor in the same state.
    fn twin(&self) -> Self {
        let layout = Arc::clone(self.map.layout());
        let snapshot = self.map.snapshot().unwrap();
        Self {
            map: SeatMap::restore(layout, snapshot).unwrap(),
            ..*self
        }
    }

    fn decide(&mut self, command: &Command) {
        self.decide_under(command, false);
    }

    fn decide_all(&mut self, commands: &[Command]) {
        for command in commands {
            self.decide(command);
        }
    }

    fn decide_under(&mut self, command: &Command, stamped: bool) {
        self.key += 1;
        let stamp = stamped.then_some(RequestStamp {
            key: self.key,
            fingerprint: self.key,
        });
        let mut entries = Entries::new();
        let answer = self.map.execute(self.now, command, stamp, &mut entries);
        assert_eq!(answer.unwrap().unwrap(), Decision::Recorded);
        black_box(&entries);
        self.map.clear_changes();
    }

    fn try_decide(&mut self, command: &Command) -> bool {
        let mut entries = Entries::new();
        let answer = self.map.execute(self.now, command, None, &mut entries);
        self.map.clear_changes();
        answer.unwrap().is_ok()
    }

    /// Seats with a free right neighbour, no two of these pairs sharing a seat, in random order.
    fn free_pairs(&self) -> Vec<u32> {
        let available = |seat: u32| self.map.seat(SeatIndex(seat)).0 == PlaceStatus::Available;
        let count = u32::try_from(self.map.layout().seat_count()).unwrap();
        let starts = (0..count).step_by(2);
        let mut pairs: Vec<u32> = starts
            .filter(|&s| available(s) && available(s + 1))
            .collect();
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for last in (1..pairs.len()).rev() {
            pairs.swap(last, usize::try_from(dice.roll()).unwrap() % (last + 1));
        }
        pairs
    }

    fn hold_pairs(&mut self, count: usize) -> Vec<u128> {
        let pairs = self.free_pairs().into_iter().take(count);
        let numbered = (1 << 50..).zip(pairs);
        numbered
            .map(|(number, pair)| {
                self.decide(&hold(number, buyer(number), seats([pair, pair + 1])));
                number
            })
            .collect()
    }

    /// Holds, releases and sales of pairs.
    fn busy_history(&mut self, length: usize) -> Vec<Entry> {
        let mut entries = Entries::new();
        let pairs = self.free_pairs();
        for (number, &pair) in (1 << 60..).zip(pairs.iter().cycle()) {
            if entries.len() >= length {
                break;
            }
            let by = buyer(number % 30_000);
            let wanted = hold(number, by, seats([pair, pair + 1]));
            let then = if number % 60 == 0 {
                confirm(number, house(0), number)
            } else {
                release(number, by)
            };
            for command in [wanted, then] {
                let answer = self.map.execute(self.now, &command, None, &mut entries);
                black_box(answer.unwrap().is_ok());
                self.map.clear_changes();
            }
        }
        entries.truncate(length);
        entries.into_vec()
    }
}

/// An arena: sections of 25 rows of 50 seats.
fn arena(size: u32) -> House {
    let mut house = House::empty().tier("GOLD", 500_000).tier("SILVER", 250_000);
    let rows = size / ROW;
    for section in 0..rows.div_ceil(ROWS) {
        let here = ROWS.min(rows - section * ROWS);
        let rows: Vec<(u32, u32)> = (1..=here).map(|row| (row, ROW)).collect();
        let tier = if section % 2 == 0 { "GOLD" } else { "SILVER" };
        house = house.section(&format!("S{section:02}"), tier, &rows);
    }
    house
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
}
