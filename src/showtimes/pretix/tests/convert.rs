use seating::command::{Command, Want};
use seating::places::Places;
use seating::rejection::Rejection;
use seating::seat_layout::SeatIndex;
use seating::seat_layout::spec::Position;
use seating::settings::GapRule;
use testkit::commands::block_places;

use super::sale::Sale;
use super::*;

#[test]
fn positions_add_up_and_unused_parts_are_left_out() {
    let house = house(&plan(&[seat("a", 3.5), seat("b", 4.5)]));
    assert_eq!(house.spec.sections.len(), 1);
    assert_eq!(house.spec.sections[0].code, "Ground floor");
    assert_eq!(house.spec.price_tiers.len(), 1);
    assert_eq!(rows(&house)[0].0, "1");
    let first = house.layout.position(SeatIndex(0));
    assert_eq!(first, Position { x: 1_450, y: 2_200 });
}

#[test]
fn an_aisle_splits_a_row_into_runs() {
    let seats = [0.0, 1.0, 2.0, 5.0, 6.0].map(|x| seat(&format!("s{x}"), x));
    let rows = rows(&house(&plan(&seats)));
    let lengths: Vec<usize> = rows.iter().map(|(_, seats)| seats.len()).collect();
    assert_eq!(lengths, [3, 2]);
    assert!(rows.iter().all(|(label, _)| label == "1"));
}

#[test]
fn the_best_seats_are_before_the_stage_wherever_it_is() {
    let plan = zone(&[
        ("C", (0, 0), &SIX),
        ("B", (0, 30), &SIX),
        ("A", (0, 60), &SIX),
    ]);
    let top = house(&plan);
    assert_eq!(top.stage, StageFrom::Top);
    assert_eq!(&*top.layout.best_rows().next().unwrap().label, "C");
    assert_eq!(Sale::of(top).best(2).unwrap(), ["0/C-3", "0/C-4"]);
    let below = PlanTerms {
        stage: Some(Point { x: 62.5, y: 100.0 }),
        ..terms()
    };
    let house = house_on(&plan, &below);
    assert_eq!(house.stage, StageFrom::Request);
    assert_eq!(&*house.layout.best_rows().next().unwrap().label, "A");
    let mut sale = Sale::of(house);
    assert_eq!(sale.best(2).unwrap(), ["2/A-3", "2/A-4"]);
    assert_eq!(
        sale.best(6).unwrap(),
        (1..7).map(|at| format!("1/B-{at}")).collect::<Vec<_>>()
    );
}

#[test]
fn a_zone_may_look_at_a_stage_of_its_own() {
    let mut plan = zone(&[("C", (0, 0), &SIX), ("A", (0, 60), &SIX)]);
    let mut other = plan["zones"][0].clone();
    other["name"] = json!("Arena");
    let text = other
        .to_string()
        .replace("\"0/", "\"x/")
        .replace("\"1/", "\"y/");
    plan["zones"]
        .as_array_mut()
        .unwrap()
        .push(serde_json::from_str(&text).unwrap());
    let on = PlanTerms {
        stages: named([("Hall", Point { x: 60.0, y: 200.0 })]),
        ..terms()
    };
    let house = house_on(&plan, &on);
    assert_eq!(house.stage, StageFrom::Top);
    let best: Vec<&str> = house.layout.best_rows().map(|row| &*row.label).collect();
    assert_eq!(best, ["A", "C"]);
    let mut both = on;
    both.stages
        .add("Arena", Point { x: 60.0, y: -200.0 })
        .unwrap();
    assert_eq!(house_on(&plan, &both).stage, StageFrom::Stages);
}

#[test]
fn a_drawn_stage_is_what_everybody_looks_at() {
    let drawn = |area: Value| {
        let mut plan = zone(&[("1", (0, 0), &SIX), ("2", (0, 30), &SIX)]);
        plan["zones"][0]["position"] = json!({"x": 1_000, "y": 500});
        plan["zones"][0]["areas"] = json!([{"text": "Bar"}, area]);
        let house = house(&plan);
        (
            house.stage,
            house.spec.stage.map(|at| (at.x / 100, at.y / 100)),
        )
    };
    let place = json!({"x": 40, "y": 200});
    for text in [
        "Stage",
        "- BÜHNE -",
        "Scène",
        "escenario",
        "Pal co!",
        "Screen",
    ] {
        let rectangle = json!({"shape": "rectangle", "text": {"text": text}, "position": place,
                               "rectangle": {"width": 100, "height": 40}});
        assert_eq!(
            drawn(rectangle),
            (StageFrom::Plan, Some((1_090, 720))),
            "{text}"
        );
    }
    let circle =
        json!({"shape": "circle", "text": "Stage", "position": place, "circle": {"radius": 9}});
    assert_eq!(drawn(circle), (StageFrom::Plan, Some((1_040, 700))));
    let older = json!({"text": "stage", "position": place, "width": 100, "height": 40});
    assert_eq!(drawn(older), (StageFrom::Plan, Some((1_090, 720))));
    let corners = json!([{"x": 0, "y": 0}, {"x": 60, "y": 0}, {"x": 30, "y": 30}]);
    let polygon =
        json!({"text": {"text": "PITCH"}, "position": place, "polygon": {"points": corners}});
    assert_eq!(drawn(polygon), (StageFrom::Plan, Some((1_070, 710))));
    for other in [
        json!({"text": "Stage door"}),
        json!({"text": 7}),
        json!("stage"),
        json!(null),
    ] {
        assert_eq!(drawn(other), (StageFrom::Top, None));
    }
}

#[test]
fn decoration_never_makes_a_plan_wrong() {
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let odd = format!(
        r#"{{"text": "\ud800", "position": 7, "\ud800": 1, "deep": {deep}, "polygon": {{"points": [1e999]}}}}"#
    );
    let stage = format!(
        r#"{{"text": {{"text": "Stage", "size": 1e999}}, "position": {{"x": 40, "y": 200}},
            "rotation": 1e999, "rectangle": {{"width": 100, "height": 1e999}}, "height": 40, "deep": {deep}}}"#
    );
    let mut plan = zone(&[("1", (0, 0), &SIX)]);
    plan["zones"][0]["areas"] = json!("AREAS");
    for (areas, from) in [
        (odd.clone(), StageFrom::Top),
        (format!("[{odd}]"), StageFrom::Top),
        ("1e999".to_owned(), StageFrom::Top),
        (deep, StageFrom::Top),
        (format!("[1e999, {odd}, {stage}]"), StageFrom::Plan),
    ] {
        let text = plan.to_string().replace("\"AREAS\"", &areas);
        let house = read_plan(text.as_bytes(), &terms()).unwrap();
        assert_eq!(house.stage, from, "{areas}");
        if from == StageFrom::Plan {
            assert_eq!(
                house.spec.stage,
                Some(Position {
                    x: 9_000,
                    y: 22_000
                })
            );
        }
    }
}

#[test]
fn couples_sit_side_by_side_in_rows_numbered_from_the_middle() {
    let gap = [
        (475, 0),
        (525, 0),
        (450, 0),
        (550, 0),
        (425, 0),
        (575, 0),
        (400, 0),
        (600, 0),
    ];
    let close = [
        (487, 0),
        (512, 0),
        (462, 0),
        (537, 0),
        (437, 0),
        (562, 0),
        (412, 0),
        (587, 0),
    ];
    for (seats, aisle) in [(gap, true), (close, false)] {
        let mut sale = Sale::of(house(&zone(&[("1", (0, 0), &seats)])));
        let mut sold = 0;
        while let Ok(pair) = sale.best(2) {
            let x = [0, 1].map(|at| sale.0.map.layout().position(sale.seat(&pair[at])).x);
            assert_eq!((x[0] - x[1]).abs(), 2_500, "{pair:?}");
            sold += 1;
        }
        assert_eq!(sold, 4);
        let mut sale = Sale::of(house(&zone(&[("1", (0, 0), &seats)])));
        let whole = sale.best(8).unwrap();
        assert_eq!(whole.len(), 8, "both sides of the aisle are one row");
        assert_eq!(sale.0.map.layout().rows().len(), if aisle { 2 } else { 1 });
    }
}

#[test]
fn halves_of_a_row_listed_apart_are_one_row_with_an_aisle() {
    let four = [(0, 0), (25, 0), (50, 0), (75, 0)];
    let rows: Vec<(String, (i32, i32))> = [0, 150]
        .into_iter()
        .flat_map(|x| (1..=5).map(move |row| (row.to_string(), (x, 30 * row))))
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(label, at)| (label.as_str(), *at, &four[..]))
        .collect();
    let plan = zone(&rows);
    let mut sale = Sale::of(house(&plan));
    let inner = ["2/3-3", "2/3-4", "7/3-1", "7/3-2"];
    sale.take_all_but(|id| inner.contains(&id));
    assert_eq!(
        sale.best(4).unwrap(),
        inner,
        "four are free together across the aisle"
    );
    let mut sale = Sale::of(house(&plan));
    let far = ["4/5-1", "4/5-2", "5/1-1", "5/1-2"];
    sale.take_all_but(|id| far.contains(&id));
    let none = Rejection::NoBlock { quantity: 4 };
    assert_eq!(
        sale.best(4),
        Err(none),
        "the last row of one half and the first of the other"
    );
}

#[test]
fn a_group_sits_at_tables_that_are_beside_each_other() {
    let eight: Vec<(i32, i32)> = (0..8).map(|at| (60 * (at % 2), 25 * (at / 2))).collect();
    let tables: Vec<(String, (i32, i32))> = (0..16)
        .map(|at| ((at + 1).to_string(), (150 * (at % 8), 105 * (at / 8))))
        .collect();
    let tables: Vec<_> = tables
        .iter()
        .map(|(label, at)| (label.as_str(), *at, &eight[..]))
        .collect();
    let mut sale = Sale::of(house(&zone(&tables)));
    // Of tables 8, 9 and 16 the first and the last are in one column, and 9 is across the tent.
    sale.take_all_but(|id| {
        ["7/8-", "8/9-", "15/16-"]
            .iter()
            .any(|table| id.starts_with(table))
    });
    let group = sale.best(10).unwrap();
    let tables = |group: &[String]| {
        let mut tables: Vec<String> = group
            .iter()
            .map(|id| id[..id.find('-').unwrap()].to_owned())
            .collect();
        tables.dedup();
        tables
    };
    assert_eq!(tables(&group), ["7/8", "15/16"]);
    let whole = sale.best(8).unwrap();
    assert_eq!(tables(&whole), ["8/9"], "a table of its own");
}

#[test]
fn across_a_hole_nobody_is_together() {
    let three: [(i32, i32); 3] = [(480, 0), (510, 0), (570, 0)];
    let mut sale = Sale::of(house(&zone(&[
        ("1", (0, 310), &three),
        ("2", (0, 335), &three),
    ])));
    sale.0
        .ask(&Command::Block(block_places(&[0, 3], &[])))
        .unwrap();
    assert_eq!(sale.best(2), Err(Rejection::NoBlock { quantity: 2 }));
}

#[test]
fn the_gap_rule_knows_aisles() {
    let short: [(i32, i32); 3] = [(0, 0), (25, 0), (100, 0)];
    let long: [(i32, i32); 4] = [(0, 0), (25, 0), (50, 0), (75, 0)];
    let plan = zone(&[("1", (0, 0), &short), ("2", (0, 30), &long)]);
    let mut sale = Sale::under(house(&plan), GapRule::Strict);
    let pair = Places::of_seats(["0/1-1", "0/1-2"].map(|id| sale.seat(id)));
    sale.ask(Want::Places(pair)).unwrap();
}

#[test]
fn digits_are_kept_and_null_is_no_number() {
    let text = r#"{"categories": [{"name": "Stalls"}], "zones": [{"rows": [{"row_number": 1.50, "seats": [
        {"seat_guid": 123456789012345678901234, "seat_number": null, "category": "Stalls"},
        {"seat_guid": 123456789012345678901235, "seat_number": 1, "category": "Stalls"},
        {"seat_guid": -0.0, "category": "Stalls"}]}]}]}"#;
    let house = read_plan(text.as_bytes(), &terms()).unwrap();
    let layout = &house.layout;
    let seats: Vec<(&str, &str)> = layout
        .seats()
        .map(|seat| (layout.seat(seat).id, layout.seat(seat).number))
        .collect();
    let wanted = [
        ("123456789012345678901234", ""),
        ("123456789012345678901235", "1"),
        ("-0.0", ""),
    ];
    assert_eq!(seats, wanted);
    assert_eq!(&*layout.rows()[0].label, "1.50");
}

#[test]
fn a_row_without_a_label_gets_a_number_of_its_own() {
    let row = |label: Value, guid: &str| json!({"row_number": label, "seats": [seat(guid, 0.0)]});
    let rows = json!([
        row(json!("2"), "a"),
        row(json!(null), "b"),
        row(json!(""), "c")
    ]);
    let mut plan = plan(&[]);
    plan["zones"][1]["rows"] = rows;
    let house = house(&plan);
    let labels: Vec<String> = super::rows(&house)
        .into_iter()
        .map(|(label, _)| label)
        .collect();
    assert_eq!(labels, ["2", "2 (no. 2)", "3"]);
}

#[test]
fn seats_without_a_price_or_a_category_are_not_for_sale() {
    let mut loose = seat("c", 3.0);
    loose["category"] = json!(null);
    let mut pillar = seat("b", 2.0);
    pillar["category"] = json!("Unused");
    let plan = plan(&[seat("a", 1.0), pillar, loose]);
    let mut on = terms();
    on.prices.add("Unused", None).unwrap();
    on.prices.add("", None).unwrap();
    let house = house_on(&plan, &on);
    let codes: Vec<&str> = house
        .spec
        .price_tiers
        .iter()
        .map(|tier| tier.code.as_str())
        .collect();
    assert_eq!(codes, ["Stalls", "Unused", "no category"]);
    let mut sale = Sale::of(house);
    assert_eq!(sale.best(2), Err(Rejection::NoBlock { quantity: 2 }));
    assert_eq!(sale.best(1).unwrap(), ["a"]);
    assert_eq!(sale.best(1), Err(Rejection::SoldOut { conflicts: vec![] }));
    let unblocked = sale.0.ask(&Command::Unblock(block_places(&[1, 2], &[])));
    assert!(matches!(unblocked, Err(Rejection::NotForSale { conflicts }) if conflicts.len() == 2));
}

#[test]
fn a_plan_of_which_nothing_is_for_sale_is_refused() {
    let on = PlanTerms {
        prices: named([("Stalls", None)]),
        ..PlanTerms::default()
    };
    let told = faults_on(&plan(&[seat("a", 1.0)]), &on);
    assert_eq!(told[0].path, "prices");
    assert!(
        told[0].reason.contains("nothing of this house is for sale"),
        "{told:?}"
    );
}

#[test]
fn ids_are_one_however_they_are_composed() {
    let mut twins = plan(&[seat("Ku\u{308}che", 1.0), seat("K\u{fc}che", 2.0)]);
    assert_eq!(
        faults(&twins)[0].path,
        "zones[1].rows[0].seats[1].seat_guid"
    );
    twins["zones"][1]["rows"][0]["seats"][1]["seat_guid"] = json!("other");
    assert!(house(&twins).layout.find_seat("K\u{fc}che").is_some());
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let text = format!("\u{feff}{}", plan(&[seat("a", 1.0)]));
    assert!(read_plan(text.as_bytes(), &terms()).is_ok());
}
