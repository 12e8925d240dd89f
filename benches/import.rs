//! What it costs to import a seating plan, beside storing it: the body is read strictly, then the
//! plan in it becomes a layout. Both happen away from the workers; the bar is 300 ms for 50,000
//! seats.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot set up its layout has nothing to measure"
)]

#[path = "support/checks.rs"]
mod checks;
#[path = "support/plan.rs"]
mod plan;

use criterion::{BenchmarkId, Criterion, SamplingMode};
use fullhouse::http::extract::body::parse;
use fullhouse::http::showtimes::ImportRequest;
use fullhouse::showtimes::{PlanTerms, read_plan};
use seating::seat_layout::spec::Money;
use serde_json::{Value, json};

use crate::plan::steps;

const SEATS_PER_ROW: u32 = 25;
const ROWS_PER_ZONE: u32 = 40;

/// An arena: blocks of 1,000 seats around a floor, each turned towards its middle, so that no two
/// rows share a line and no block is as the file's axes are.
fn arena(seats: u32) -> Value {
    let zones = (seats / (SEATS_PER_ROW * ROWS_PER_ZONE)).max(1);
    let turn = std::f64::consts::TAU / f64::from(zones);
    let zones: Vec<Value> = (0..zones)
        .map(|zone| block(zone, turn * f64::from(zone), f64::from(zones) * 160.0))
        .collect();
    json!({
        "name": "Arena",
        "categories": [{"name": "Ring", "color": "#7f4a91"}],
        "zones": zones,
    })
}

fn block(zone: u32, angle: f64, radius: f64) -> Value {
    let rows: Vec<Value> = (0..ROWS_PER_ZONE)
        .map(|row| {
            let seats: Vec<Value> = (0..SEATS_PER_ROW)
                .map(|seat| {
                    let (along, away) = (f64::from(seat) * 25.0, radius + f64::from(row) * 40.0);
                    let across = along - f64::from(SEATS_PER_ROW) * 12.5;
                    json!({
                        "seat_guid": format!("B{zone}-{row}-{seat}"),
                        "seat_number": (seat + 1).to_string(),
                        "position": {"x": away * angle.cos() - across * angle.sin(),
                                     "y": away * angle.sin() + across * angle.cos()},
                        "category": "Ring",
                    })
                })
                .collect();
            json!({"row_number": (row + 1).to_string(), "seats": seats})
        })
        .collect();
    json!({"name": format!("B{zone}"), "rows": rows})
}

fn import(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("import");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    for seats in steps([1_000, 10_000, 50_000]) {
        let body = json!({
            "title": "An evening", "starts_at": "2030-01-31T19:30:00Z", "plan": arena(seats),
            "prices": {"Ring": {"amount": 50_000, "currency": "INR"}},
        })
        .to_string();
        let price = Money {
            amount: 50_000,
            currency: "INR".to_owned(),
        };
        let mut terms = PlanTerms::default();
        let first = terms.prices.add("Ring", Some(price));
        first.expect("it is the first price");
        group.bench_function(BenchmarkId::new("whole", seats), |bencher| {
            bencher.iter(|| {
                let request: Option<ImportRequest> = parse(body.as_bytes()).ok();
                let layout = request.map(|it| read_plan(it.plan.get().as_bytes(), &terms));
                assert!(
                    layout.is_some_and(|layout| layout.is_ok()),
                    "the plan is right"
                );
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = plan::criterion();
    import(&mut criterion);
    criterion.final_summary();
}
