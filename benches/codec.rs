//! What is written down: every kind of decision, snapshots and layouts, there and back.
//!
//! ```text
//! cargo bench --bench codec                   everything
//! cargo bench --bench codec -- held           only one kind of decision
//! ```
//!
//! The decisions are those of the golden tests, with something in every field. The number in a name
//! is how many seats the layout has; half of them are sold, each by itself, in a snapshot.
#![expect(
    clippy::unwrap_used,
    reason = "a bench is started by hand and read from the terminal"
)]

#[path = "support/arena.rs"]
mod arena;
#[path = "support/checks.rs"]
mod checks;
#[path = "../persistence/tests/codec/decisions.rs"]
#[expect(
    dead_code,
    reason = "how long it takes is measured, not what comes of it"
)]
mod decisions;
#[path = "support/floor.rs"]
mod floor;
#[path = "support/plan.rs"]
mod plan;
#[path = "../persistence/tests/codec/samples.rs"]
mod samples;

use std::fmt::Display;
use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use persistence::codec::{
    decode_entry, decode_layout, decode_snapshot, encode_entry, encode_layout, encode_snapshot,
};
use seating::entry::Entry;
use seating::seat_layout::spec::LayoutSpec;
use seating::snapshot::Snapshot;

use crate::arena::arena;
use crate::floor::Floor;
use crate::plan::steps;

const SIZES: [u32; 5] = [100, 1_000, 10_000, 50_000, 100_000];
const HALF: u64 = 50;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn main() {
    let mut criterion = plan::criterion();
    forms(&mut criterion);
    let mut group = criterion.benchmark_group("codec_snapshot");
    for size in steps(SIZES) {
        let half_sold = Floor::sold(size, HALF).map.snapshot();
        snapshot(&mut group, size, &half_sold.unwrap());
    }
    group.finish();
    let mut group = criterion.benchmark_group("codec_layout");
    for size in steps(SIZES) {
        layout(&mut group, size, &arena(size).spec);
    }
    group.finish();
    criterion.final_summary();
}

/// Everything that is written down, once with something in every field.
fn forms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec_form");
    group.warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_millis(500));
    group.throughput(Throughput::Elements(1));
    for sample in decisions::decisions() {
        let name = sample.decision.kind().name();
        entry(&mut group, name, &samples::entry(sample.decision, true));
    }
    snapshot(&mut group, "snapshot", &samples::snapshot());
    layout(&mut group, "layout", &samples::layout());
    group.finish();
}

fn entry(group: &mut Group<'_>, name: &str, entry: &Entry) {
    let mut buffer = Vec::new();
    encode_entry(entry, &mut buffer).unwrap();
    let written = buffer.clone();
    group.bench_function(BenchmarkId::new("encode", name), |bench| {
        bench.iter(|| {
            buffer.clear();
            encode_entry(black_box(entry), &mut buffer).unwrap();
        });
    });
    group.bench_function(BenchmarkId::new("decode", name), |bench| {
        bench.iter(|| decode_entry(entry.seq, entry.at, black_box(&written)).unwrap());
    });
}

fn snapshot(group: &mut Group<'_>, name: impl Display, snapshot: &Snapshot) {
    let written = encode_snapshot(snapshot).unwrap();
    group.bench_function(BenchmarkId::new("encode", &name), |bench| {
        bench.iter(|| encode_snapshot(black_box(snapshot)).unwrap());
    });
    group.bench_function(BenchmarkId::new("decode", &name), |bench| {
        bench.iter(|| decode_snapshot(black_box(&written)).unwrap());
    });
}

fn layout(group: &mut Group<'_>, name: impl Display, spec: &LayoutSpec) {
    let written = encode_layout(spec).unwrap();
    group.bench_function(BenchmarkId::new("encode", &name), |bench| {
        bench.iter(|| encode_layout(black_box(spec)).unwrap());
    });
    group.bench_function(BenchmarkId::new("decode", &name), |bench| {
        bench.iter(|| decode_layout(black_box(&written)).unwrap());
    });
}
