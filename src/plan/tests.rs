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

fn read_spec(plan: Value) -> Result<LayoutSpec, PlanError> {
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
    let spec = read_spec(plan(&[seat("a", 3.5), seat("b", 4.5)])).unwrap();
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
    let rows = rows(&read_spec(plan(&seats)).unwrap());
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
        assert_eq!(read_spec(plan(&seats)).unwrap_err().path, path);
    }
}

#[test]
fn a_refusal_behind_an_aisle_still_names_the_seat_of_the_file() {
    let mut seats = [0.0, 1.0, 2.0, 9.0]
        .map(|x| seat(&format!("s{x}"), x))
        .to_vec();
    seats.push(seat(&"x".repeat(300), 10.0));
    assert_eq!(
        read_spec(plan(&seats)).unwrap_err().path,
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

/// Zones of these names, each with one seat of the category `Stalls`.
fn zones(names: &[&str]) -> Value {
    let zone = |(at, name): (usize, &&str)| json!({"name": name, "rows": [{"seats": [seat(&format!("s{at}"), 0.0)]}]});
    let zones: Vec<Value> = names.iter().enumerate().map(zone).collect();
    json!({"categories": [{"name": "Stalls"}], "zones": zones})
}

fn codes(spec: &LayoutSpec) -> Vec<&str> {
    let sections = spec.sections.iter();
    sections.map(|section| section.code.as_str()).collect()
}

#[test]
fn zones_of_one_name_become_sections_of_their_own() {
    let spec = read_spec(zones(&["A", "A 2", "A", "A", "A 2", "", " A "])).unwrap();
    let wanted = ["A", "A 2", "A 3", "A 4", "A 2 2", "Zone 6", "A 5"];
    assert_eq!(codes(&spec), wanted);
    assert_eq!(spec.sections[3].name, "A");
}

#[test]
fn as_many_zones_of_one_name_as_there_may_be_are_numbered() {
    let spec = read_spec(zones(&["Balcony"; SECTIONS_MAX])).unwrap();
    assert_eq!(codes(&spec)[SECTIONS_MAX - 1], "Balcony 600");
}

#[test]
fn too_many_zones_are_refused_before_any_is_read() {
    let mut document = zones(&vec!["Balcony"; 2_000]);
    document["zones"][0]["rows"][0]["seats"][0]["category"] = json!("Box");
    document["zones"][7]["rows"] = json!([]);
    let refusal = read_spec(document).unwrap_err();
    assert_eq!(refusal.path, "zones[601]", "the empty zone does not count");
    assert!(refusal.reason.contains("at most 600"), "{refusal}");
}

#[test]
fn reading_ends_at_the_first_category_too_many() {
    let names: Vec<String> = (0..60_000).map(|at| format!("c{at}")).collect();
    let categories: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
    let seats = names.iter().map(|name| {
        let mut seat = seat(name, 0.0);
        seat["category"] = json!(name);
        seat
    });
    let mut seats: Vec<Value> = seats.collect();
    // What comes after the refused seat is not looked at.
    seats[101]["seat_guid"] = json!("c0");
    let mut document = plan(&seats);
    document["categories"] = json!(categories);
    let price = Money {
        amount: 1,
        currency: "INR".to_owned(),
    };
    let prices = names.into_iter().map(|name| (name, price.clone()));
    let document = serde_json::from_value(document).unwrap();
    let refusal = to_spec(&document, &prices.collect()).unwrap_err();
    assert_eq!(refusal.path, "zones[1].rows[0].seats[100].category");
    assert!(refusal.reason.contains("at most 100"), "{refusal}");
}

#[test]
fn categories_without_seats_may_be_many() {
    let mut document = plan(&[seat("a", 1.0)]);
    let unused = (0..60_000).map(|at| json!({"name": format!("c{at}")}));
    let categories = document["categories"].as_array_mut().unwrap();
    categories.extend(unused);
    assert_eq!(read_spec(document.clone()).unwrap().price_tiers.len(), 1);
    let twin = json!({"name": "c0"});
    document["categories"].as_array_mut().unwrap().push(twin);
    let refusal = read_spec(document).unwrap_err();
    assert_eq!(refusal.path, "categories[60002].name");
}
