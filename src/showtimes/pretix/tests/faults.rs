use seating::limits::SECTIONS_MAX;

use super::*;

fn refused(plan: &Value, path: &str) -> String {
    let faults = faults(plan);
    assert_eq!(faults[0].path, path, "{faults:?}");
    faults[0].reason.clone()
}

#[test]
fn every_fault_is_told_by_its_place_in_the_file() {
    let mut stranger = seat("b", 2.0);
    stranger["category"] = json!("Box");
    let mut far = seat("c", 1e300);
    far["seat_number"] = json!({"no": 7});
    let mut loose = seat("d", 4.0);
    loose["category"] = json!("");
    let mut plan = plan(&[
        seat("a", 1.0),
        stranger,
        far,
        seat("a", 3.0),
        loose,
        seat("", 5.0),
        seat("x\u{200b}", 6.0),
        json!(["e", 7]),
        json!({"seat_guid": "f", "category": "Stalls", "position": {"x": "left"}}),
    ]);
    plan["categories"][1]["name"] = json!("Stalls");
    let found = faults(&plan);
    let places: Vec<&str> = found.iter().map(|fault| fault.path.as_str()).collect();
    let wanted = [
        "zones[1].rows[0].seats[2].seat_number",
        "zones[1].rows[0].seats[7]",
        "zones[1].rows[0].seats[8].position.x",
        "categories[1].name",
        "zones[1].rows[0].seats[1].category",
        "zones[1].rows[0].seats[2].position",
        "zones[1].rows[0].seats[3].seat_guid",
        "zones[1].rows[0].seats[4].category",
        "zones[1].rows[0].seats[5].seat_guid",
        "zones[1].rows[0].seats[6].seat_guid",
        "zones[1].rows[0].seats[6].seat_number",
    ];
    assert_eq!(places, wanted);
    let reasons: Vec<&str> = found.iter().map(|fault| fault.reason.as_str()).collect();
    assert_eq!(reasons[0], "must be text, not an object");
    assert_eq!(
        reasons[1],
        "must be an object with a seat_guid and a category, not a list"
    );
    assert_eq!(reasons[2], "must be a number, not text");
    assert_eq!(
        reasons[6],
        "\"a\" is a duplicate, first at zones[1].rows[0].seats[0].seat_guid"
    );
    assert!(
        reasons[7].contains("a price for \"\" is for such seats"),
        "{}",
        reasons[7]
    );
    assert!(
        reasons[9].contains("U+200B ZERO WIDTH SPACE"),
        "{}",
        reasons[9]
    );
}

#[test]
fn a_hundred_faults_are_told_and_no_more() {
    let seats: Vec<Value> = (0..1_000).map(|_| seat("", 1.0)).collect();
    assert_eq!(faults(&plan(&seats)).len(), 100);
}

#[test]
fn a_list_is_no_plan() {
    let list = json!(["n", [{"name": "Stalls"}], [{"rows": [{"seats": [seat("a", 1.0)]}]}]]);
    assert_eq!(
        refused(&list, ""),
        "must be an object with zones and categories, not a list"
    );
    let mut with_list = plan(&[seat("a", 1.0)]);
    with_list["zones"][1]["position"] = json!([10, 20]);
    assert_eq!(
        refused(&with_list, "zones[1].position"),
        "must be an object with x and y, not a list"
    );
}

#[test]
fn of_what_could_not_be_read_nothing_else_is_told() {
    let on = PlanTerms {
        stages: named([("Balcony", Point::default())]),
        ..terms()
    };
    let mut odd = plan(&[seat("a", 1.0)]);
    odd["categories"] = json!(["Stalls"]);
    let no_zone = json!({"categories": [{"name": "Stalls"}], "zones": [["Ground floor"]]});
    for (plan, path) in [
        (json!([]), ""),
        (json!(7), ""),
        (no_zone, "zones[0]"),
        (odd, "categories[0]"),
    ] {
        let found = faults_on(&plan, &on);
        let mut found = found
            .iter()
            .filter(|fault| !fault.path.starts_with("stages"));
        assert_eq!(found.next().map(|fault| fault.path.as_str()), Some(path));
        assert_eq!(found.next(), None, "{plan}");
    }
}

#[test]
fn a_category_without_a_name_is_nobodys() {
    let mut loose = seat("b", 2.0);
    loose["category"] = json!(null);
    let mut plan = plan(&[seat("a", 1.0), loose]);
    plan["categories"][1] = json!({"color": "#fff"});
    assert_eq!(
        refused(&plan, "zones[1].rows[0].seats[1].category"),
        NO_CATEGORY
    );
    let mut on = terms();
    on.prices.add("", Some(inr(100))).unwrap();
    assert_eq!(layout_on(&plan, &on).spec.price_tiers.len(), 2);
}

const NO_CATEGORY: &str = "the seat has no category; a price for \"\" is for such seats, and null says \
                           that they are not for sale";

#[test]
fn a_name_is_one_however_it_is_composed_and_told_as_it_was_sent() {
    let mut named = Named::default();
    named.add("Cafe\u{301}", Some(inr(-1))).unwrap();
    assert_eq!(named.add("Caf\u{e9}", None), Err(GivenTwice));
    let mut seat = seat("a", 1.0);
    seat["category"] = json!("Caf\u{e9}");
    let mut plan = plan(&[seat]);
    plan["categories"][0]["name"] = json!("Caf\u{e9}");
    let on = PlanTerms {
        prices: named,
        ..PlanTerms::default()
    };
    assert_eq!(
        faults_on(&plan, &on)[0].path,
        "prices[\"Cafe\u{301}\"].amount"
    );
}

#[test]
fn a_file_is_one_plan_to_its_end() {
    let one = plan(&[seat("a", 1.0)]).to_string();
    for text in [
        format!("{one} x"),
        format!("{one}{one}"),
        one[1..].to_owned(),
        String::new(),
    ] {
        let refusal = read_plan(text.as_bytes(), &terms()).unwrap_err();
        assert!(matches!(refusal, PlanError::Malformed(_)), "{text}");
    }
    assert!(read_plan(format!("{one}\n").as_bytes(), &terms()).is_ok());
}

#[test]
fn what_no_value_can_keep_is_told_by_its_place() {
    let half = "has half of a character: \\ud800 to \\udfff stand for one only in pairs";
    let large = "is a number larger than any that is counted with";
    for (text, path, reason) in [
        (r#"{"zones": 1e999}"#, "zones", large),
        (r#"{"zones": "\ud800"}"#, "zones", half),
        (
            r#"{"zones": [{"rows": [{}, "\ud800"]}]}"#,
            "zones[0].rows[1]",
            half,
        ),
        (r#"{"zones": [{"name": "\udfff"}]}"#, "zones[0].name", half),
        (
            r#"{"zones": [{"position": {"y": -1e999}}]}"#,
            "zones[0].position.y",
            large,
        ),
        ("1e999", "", large),
    ] {
        let PlanError::Faults(faults) = read_plan(text.as_bytes(), &terms()).unwrap_err() else {
            unreachable!("{text} is JSON");
        };
        assert_eq!(
            (faults[0].path.as_str(), faults[0].reason.as_str()),
            (path, reason)
        );
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let text = plan(&[seat("a", 1.0)]).to_string();
    let text = text.replacen(
        "\"seat_guid\":\"a\"",
        "\"seat_guid\":\"b\",\"seat_guid\":\"a\"",
        1,
    );
    let PlanError::Faults(faults) = read_plan(text.as_bytes(), &terms()).unwrap_err() else {
        unreachable!("it is JSON");
    };
    assert_eq!(
        faults[0].to_string(),
        "zones[1].rows[0].seats[0].seat_guid: is a duplicate"
    );
}

#[test]
fn categories_need_prices_and_prices_need_categories() {
    let plan = plan(&[seat("a", 1.0)]);
    let unpriced = faults_on(&plan, &PlanTerms::default());
    assert_eq!(unpriced[0].path, "prices.Stalls");
    assert!(unpriced[0].reason.contains("has no price"), "{unpriced:?}");
    let mut stranger = terms();
    stranger.prices.add("Box", Some(inr(1))).unwrap();
    stranger.prices.add("Ring.1", None).unwrap();
    stranger.prices.add("1.\tA", None).unwrap();
    let faults = faults_on(&plan, &stranger);
    let places: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(
        places,
        ["prices[\"1.\tA\"]", "prices.Box", "prices[\"Ring.1\"]"]
    );
    let wrong = PlanTerms {
        prices: named([("Stalls", Some(inr(-1)))]),
        ..PlanTerms::default()
    };
    assert_eq!(faults_on(&plan, &wrong)[0].path, "prices.Stalls.amount");
}

#[test]
fn a_stage_that_is_nowhere_is_refused() {
    let plan = plan(&[seat("a", 1.0)]);
    let far = Point {
        x: f64::NAN,
        y: 0.0,
    };
    let on = PlanTerms {
        stage: Some(far),
        stages: named([("Balcony", far), ("Ground floor", far)]),
        ..terms()
    };
    let faults = faults_on(&plan, &on);
    let places: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(
        places,
        ["stages[\"Ground floor\"]", "stages.Balcony", "stage"]
    );
}

/// Zones of these names, each with one seat.
fn zones(names: &[&str]) -> Value {
    let zone = |(at, name): (usize, &&str)| json!({"name": name, "rows": [{"seats": [seat(&format!("s{at}"), 0.0)]}]});
    let zones: Vec<Value> = names.iter().enumerate().map(zone).collect();
    json!({"categories": [{"name": "Stalls"}], "zones": zones})
}

fn codes(planned: &PlannedLayout) -> Vec<&str> {
    let sections = planned.spec.sections.iter();
    sections.map(|section| section.code.as_str()).collect()
}

#[test]
fn zones_of_one_name_become_sections_of_their_own() {
    let planned = planned(&zones(&["A", "A 2", "A", "A", "A 2", "", " A "]));
    let wanted = ["A", "A 2", "A 3", "A 4", "A 2 2", "Zone 6", "A 5"];
    assert_eq!(codes(&planned), wanted);
    assert_eq!(planned.spec.sections[3].name, "A");
}

#[test]
fn as_many_zones_of_one_name_as_there_may_be_are_numbered() {
    let planned = planned(&zones(&["Balcony"; SECTIONS_MAX]));
    assert_eq!(codes(&planned)[SECTIONS_MAX - 1], "Balcony 600");
}

#[test]
fn too_many_zones_are_refused() {
    let mut document = zones(&vec!["Balcony"; 2_000]);
    document["zones"][7]["rows"] = json!([]);
    let reason = refused(&document, "zones[601]");
    assert!(reason.contains("at most 600"), "{reason}");
}

#[test]
fn too_many_categories_are_refused() {
    let names: Vec<String> = (0..60_000).map(|at| format!("c{at}")).collect();
    let categories: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
    let seats = names.iter().take(1_000).map(|name| {
        let mut seat = seat(name, 0.0);
        seat["category"] = json!(name);
        seat
    });
    let mut document = plan(&seats.collect::<Vec<_>>());
    document["categories"] = json!(categories);
    let mut on = PlanTerms::default();
    for name in names {
        on.prices.add(name, Some(inr(1))).unwrap();
    }
    let found = faults_on(&document, &on);
    assert_eq!(found[0].path, "zones[1].rows[0].seats[100].category");
    assert!(found[0].reason.contains("at most 100"), "{found:?}");
}

#[test]
fn categories_without_seats_may_be_many() {
    let mut document = plan(&[seat("a", 1.0)]);
    let unused = (0..60_000).map(|at| json!({"name": format!("c{at}")}));
    let categories = document["categories"].as_array_mut().unwrap();
    categories.extend(unused);
    assert_eq!(planned(&document).spec.price_tiers.len(), 1);
    let twin = json!({"name": "c0"});
    document["categories"].as_array_mut().unwrap().push(twin);
    refused(&document, "categories[60002].name");
}
