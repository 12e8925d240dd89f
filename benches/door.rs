//! What a hold pays for knowing who sends it and how often they may.
//!
//! ```text
//! cargo bench --bench door
//! ```
//!
//! `token` and `key` verify who somebody is, by key up to the look-up, which finds none; `limits` charges an address and a subject, as each hold does: of one
//! buyer, and of a million one after the other from a million addresses, whose buckets are more than are kept. The
//! last line is how many buckets there are then, and the memory of the process. One element is one hold.
#![expect(clippy::print_stderr, reason = "a bench is read from the terminal")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use actors::clock::SystemClock;
use clap::Parser;
use criterion::{BatchSize, Criterion};
use fullhouse::accounts::{Caller, KeyRing, Role, Tokens};
use fullhouse::config::RatesConfig;
use fullhouse::http::door::rates::Rates;
use fullhouse::http::door::{Class, ClientAddress};
use seating::timestamp::Timestamp;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MANY: u128 = 1_000_000;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    rates: RatesConfig,
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    verification(&mut criterion);
    limits(&mut criterion);
    criterion.final_summary();
}

fn verification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("who");
    let tokens = Tokens::new(&"0123456789abcdef0123456789abcdef".into());
    let caller = caller(1);
    let now = Timestamp::from_unix_seconds(4_000_000_000);
    if let Ok(token) = tokens.mint(caller, now, 60) {
        group.bench_function("token", |bencher| {
            bencher.iter(|| tokens.verify(black_box(&token)));
        });
    }
    // As long as one that is known: a digest and a look-up.
    let keys = KeyRing::empty(Arc::new(SystemClock::start()));
    let key = format!("fh_{}", "5a".repeat(32));
    group.bench_function("key", |bencher| {
        bencher.iter(|| keys.verify(black_box(&key)));
    });
    group.finish();
}

fn limits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("limits");
    let line = [
        "serve",
        "--rate-per-address=1000000/s",
        "--rate-of-holds=1000000/s",
    ];
    if let Some(rates) = Rates::of(&Line::parse_from(line).rates) {
        group.bench_function("of_one_buyer", |bencher| {
            bencher.iter(|| charge(&rates, black_box(7)));
        });
    }
    // No bucket is full again while this runs.
    let line = [
        "serve",
        "--rate-per-address=1/h:1000",
        "--rate-of-holds=1/h:1000",
    ];
    if let Some(rates) = Rates::of(&Line::parse_from(line).rates) {
        let mut next = 0;
        group.bench_function("of_a_million", |bencher| {
            bencher.iter_batched(
                || {
                    next = (next + 1) % MANY;
                    next
                },
                |number| charge(&rates, number),
                BatchSize::SmallInput,
            );
        });
        let before = resident_kib();
        let fresh = Rates::of(&Line::parse_from(line).rates);
        for number in 0..MANY {
            if let Some(fresh) = &fresh {
                charge(fresh, number);
            }
        }
        let buckets = fresh.as_ref().map_or(0, |fresh| fresh.buckets());
        let grown = resident_kib().saturating_sub(before);
        eprintln!("a million addresses and subjects: {buckets} buckets, {grown} KiB");
    }
    group.finish();
}

fn charge(rates: &Rates, number: u128) {
    let address = IpAddr::V6(Ipv6Addr::from_bits(number << 64));
    drop(black_box(rates.address(ClientAddress::of(address))));
    drop(black_box(rates.caller(caller(number), Class::Holds)));
}

const fn caller(number: u128) -> Caller {
    Caller {
        subject: Uuid::from_u128(number),
        role: Role::User,
    }
}

/// Memory of this process that is in use.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or_default()
}
