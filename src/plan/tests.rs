use seating::layout_spec::{Money, RowSeatsSpec, SectionKindSpec};
use serde_json::{Value, json};

use super::*;

fn seat(guid: &str, x: f64) -> Value {
    json!({"seat_guid": guid, "seat_number": guid, "category": "Stalls",
           "position": {"x": x, "y": 0}, "uuid": "ignored"})
}

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

fn read(plan: Value) -> Result<LayoutSpec, PlanError> {
    let price = Money {
        amount: 50_000,
        currency: "INR".to_owned(),
    };
    let prices = Prices::from([("Stalls".to_owned(), price)]);
    to_spec(&serde_json::from_value(plan).unwrap(), &prices)
}

fn rows(spec: &LayoutSpec) -> Vec<(String, Vec<SeatSpec>)> {
    let SectionKindSpec::Reserved { rows } = &spec.sections[0].kind else {
        panic!("a plan has only reserved sections");
    };
    let listed = rows.iter().map(|row| match &row.seats {
        RowSeatsSpec::Listed(seats) => (row.label.clone(), seats.clone()),
        RowSeatsSpec::Grid { .. } => panic!("a plan lists its seats"),
    });
    listed.collect()
}

#[test]
fn positions_add_up_and_unused_parts_are_left_out() {
    let spec = read(plan(&[seat("a", 3.5), seat("b", 4.5)])).unwrap();
    assert_eq!(spec.sections.len(), 1);
    assert_eq!(spec.sections[0].code, "Ground floor");
    assert_eq!(spec.price_tiers.len(), 1);
    let rows = rows(&spec);
    assert_eq!(rows[0].0, "1");
    assert_eq!(rows[0].1[0].position, Position { x: 1_450, y: 2_200 });
}

#[test]
fn an_aisle_splits_a_row_into_runs() {
    let seats = [0.0, 1.0, 2.0, 5.0, 6.0].map(|x| seat(&format!("s{x}"), x));
    let rows = rows(&read(plan(&seats)).unwrap());
    let lengths: Vec<usize> = rows.iter().map(|(_, seats)| seats.len()).collect();
    assert_eq!(lengths, [3, 2]);
    assert!(rows.iter().all(|(label, _)| label == "1"));
}

#[test]
fn refusals_name_the_place_in_the_file() {
    let mut stranger = seat("b", 2.0);
    stranger["category"] = json!("Box");
    let mut far = seat("b", 1e300);
    far["seat_number"] = json!(7);
    let cases = [
        (
            vec![seat("a", 1.0), seat("a", 2.0)],
            "zones[1].rows[0].seats[1].seat_guid",
        ),
        (
            vec![seat("a", 1.0), stranger],
            "zones[1].rows[0].seats[1].category",
        ),
        (
            vec![seat("a", 1.0), far],
            "zones[1].rows[0].seats[1].position",
        ),
        (
            vec![seat("a", 1.0), seat("", 2.0)],
            "zones[1].rows[0].seats[1].seat_guid",
        ),
        (
            vec![seat("a", 1.0), seat("x\u{0}", 2.0)],
            "zones[1].rows[0].seats[1]",
        ),
        (vec![], "zones"),
    ];
    for (seats, path) in cases {
        assert_eq!(read(plan(&seats)).unwrap_err().path, path);
    }
}

#[test]
fn a_refusal_behind_an_aisle_still_names_the_seat_of_the_file() {
    let mut seats = [0.0, 1.0, 2.0, 9.0]
        .map(|x| seat(&format!("s{x}"), x))
        .to_vec();
    seats.push(seat(&"x".repeat(300), 10.0));
    assert_eq!(
        read(plan(&seats)).unwrap_err().path,
        "zones[1].rows[0].seats[4]"
    );
}

#[test]
fn categories_need_prices_and_prices_need_categories() {
    let document: PlanDocument = serde_json::from_value(plan(&[seat("a", 1.0)])).unwrap();
    let unpriced = to_spec(&document, &Prices::new()).unwrap_err();
    assert!(
        unpriced.reason.contains("\"Stalls\" has no price"),
        "{unpriced}"
    );
    let price = Money {
        amount: 1,
        currency: "INR".to_owned(),
    };
    let prices = ["Stalls", "Box"].map(|name| (name.to_owned(), price.clone()));
    let stranger = to_spec(&document, &prices.into()).unwrap_err();
    assert!(
        stranger.reason.contains("no category \"Box\""),
        "{stranger}"
    );
}

#[test]
fn zones_of_one_name_become_sections_of_their_own() {
    let mut document = plan(&[seat("a", 1.0)]);
    let mut twin = document["zones"][1].clone();
    twin["rows"][0]["seats"] = json!([seat("b", 1.0)]);
    document["zones"].as_array_mut().unwrap().push(twin);
    let spec = read(document).unwrap();
    let codes: Vec<&str> = spec
        .sections
        .iter()
        .map(|section| section.code.as_str())
        .collect();
    assert_eq!(codes, ["Ground floor", "Ground floor 2"]);
}
