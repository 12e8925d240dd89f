//! What a plan becomes, and what is said of one that is wrong.

mod cases;
mod convert;
mod faults;
mod picture;
mod sale;

use seating::seat_layout::spec::{Money, RowSeatsSpec, SectionKindSpec};
use serde_json::{Value, json};

use super::*;

/// A seat of the category `Stalls`.
fn seat(guid: &str, x: f64) -> Value {
    json!({"seat_guid": guid, "seat_number": guid, "category": "Stalls",
           "position": {"x": x, "y": 0}, "uuid": "ignored"})
}

/// A plan of one row in its second zone.
fn plan(seats: &[Value]) -> Value {
    json!({
        "name": "Town hall", "size": {"width": 800, "height": 600}, "unknown": {"deep": [1]},
        "categories": [{"name": "Stalls", "color": "#fff"}, {"name": "Unused", "color": "#000"}],
        "zones": [
            {"name": "Decoration", "rows": [], "areas": [{"shape": "circle"}]},
            {"name": "Ground floor", "position": {"x": 10, "y": 20}, "zone_id": "z",
             "rows": [{"row_number": 1, "position": {"x": 1, "y": 2}, "seats": seats}]},
        ],
    })
}

/// A row's label, its place, and its seats' places in it.
type Row<'a> = (&'a str, (i32, i32), &'a [(i32, i32)]);

/// A plan of one zone with these rows.
fn zone(rows: &[Row<'_>]) -> Value {
    let rows = rows.iter().enumerate().map(|(at, (label, (x, y), seats))| {
        let seats = seats.iter().zip(1..).map(|((x, y), number)| {
            json!({"seat_guid": format!("{at}/{label}-{number}"), "seat_number": number,
                   "category": "Stalls", "position": {"x": x, "y": y}})
        });
        json!({"row_number": label, "position": {"x": x, "y": y}, "seats": seats.collect::<Vec<_>>()})
    });
    json!({"name": "Hall", "categories": [{"name": "Stalls"}],
           "zones": [{"name": "Hall", "rows": rows.collect::<Vec<_>>()}]})
}

/// Seats that stand a usual step apart.
const SIX: [(i32, i32); 6] = [(0, 0), (25, 0), (50, 0), (75, 0), (100, 0), (125, 0)];

fn terms() -> PlanTerms {
    PlanTerms {
        prices: named([("Stalls", Some(inr(50_000)))]),
        ..PlanTerms::default()
    }
}

fn named<T, const N: usize>(values: [(&str, T); N]) -> Named<T> {
    let mut named = Named::default();
    for (name, value) in values {
        named.add(name, value).unwrap();
    }
    named
}

fn inr(amount: i64) -> Money {
    Money {
        amount,
        currency: "INR".to_owned(),
    }
}

fn house(plan: &Value) -> PlannedHouse {
    house_on(plan, &terms())
}

fn house_on(plan: &Value, terms: &PlanTerms) -> PlannedHouse {
    read_plan(plan.to_string().as_bytes(), terms).unwrap()
}

fn faults(plan: &Value) -> Vec<Fault> {
    faults_on(plan, &terms())
}

fn faults_on(plan: &Value, terms: &PlanTerms) -> Vec<Fault> {
    match read_plan(plan.to_string().as_bytes(), terms).unwrap_err() {
        PlanError::Faults(faults) => faults,
        PlanError::Malformed(error) => unreachable!("{error}"),
    }
}

/// The rows of the first section, each with the ids of its seats.
fn rows(house: &PlannedHouse) -> Vec<(String, Vec<String>)> {
    let SectionKindSpec::Reserved { rows, .. } = &house.spec.sections[0].kind else {
        unreachable!("a plan has only reserved sections");
    };
    let listed = rows.iter().map(|row| {
        let RowSeatsSpec::Listed(seats) = &row.seats else {
            unreachable!("a plan lists its seats");
        };
        let ids = seats.iter().map(|seat| seat.id.clone());
        (row.label.clone(), ids.collect())
    });
    listed.collect()
}
