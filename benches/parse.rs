//! What it costs to read the body of a hold strictly, beside `serde_json` alone.

use criterion::{Criterion, criterion_group, criterion_main};
use fullhouse::http::extract::body::parse;
use fullhouse::http::holds::HoldRequest;

const BODIES: [(&str, &str); 3] = [
    ("one_seat", r#"{"seats": ["ORCH-A-1"]}"#),
    (
        "best_available",
        r#"{"best_available": {"quantity": 4, "sections": ["ORCH"]}, "ttl_seconds": 600}"#,
    ),
    (
        "ten_seats",
        r#"{"seats": ["ORCH-A-1","ORCH-A-2","ORCH-A-3","ORCH-A-4","ORCH-A-5","ORCH-A-6","ORCH-A-7","ORCH-A-8","ORCH-A-9","ORCH-A-10"], "ttl_seconds": 600, "replace_hold_id": "019b76da-a800-7000-8000-000000000001"}"#,
    ),
];

fn parsing(criterion: &mut Criterion) {
    for (name, body) in BODIES {
        let mut group = criterion.benchmark_group(format!("parse/{name}"));
        group.bench_function("strictly", |bencher| {
            bencher.iter(|| parse::<HoldRequest>(body.as_bytes()).is_ok());
        });
        group.bench_function("serde_json", |bencher| {
            bencher.iter(|| serde_json::from_str::<HoldRequest>(body).is_ok());
        });
        group.finish();
    }
}

criterion_group!(benches, parsing);
criterion_main!(benches);
