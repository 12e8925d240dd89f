//! Kinds of plans from the field on which other programs sell the worst seats first, or none.

use seating::rejection::Rejection;

use super::sale::Sale;
use super::*;

/// Some do not bother with categories: the price of all is said by the empty name.
#[test]
fn tables_without_categories_are_sold_by_one_price() {
    let table: Vec<(i32, i32)> = (0..8).map(|at| (60 * (at % 2), 25 * (at / 2))).collect();
    let mut plan = zone(&[("1", (0, 0), &table), ("2", (150, 0), &table)]);
    plan["categories"] = json!([]);
    for row in plan["zones"][0]["rows"].as_array_mut().unwrap() {
        for seat in row["seats"].as_array_mut().unwrap() {
            seat["category"] = json!("");
        }
    }
    let on = PlanTerms {
        prices: named([("", Some(inr(2_500)))]),
        ..PlanTerms::default()
    };
    let planned = layout_on(&plan, &on);
    let tier = &planned.spec.price_tiers[0];
    assert_eq!(
        (tier.code.as_str(), &tier.price),
        ("no category", &Some(inr(2_500)))
    );
    let mut sale = Sale::of(planned);
    for _ in 0..2 {
        let party = sale.best(8).unwrap();
        assert!(
            party.iter().all(|seat| seat[..1] == party[0][..1]),
            "{party:?}"
        );
    }
    assert_eq!(sale.best(1), Err(Rejection::SoldOut { conflicts: vec![] }));
}

/// The rows of a stand are listed from the back, and nobody draws the field: it has to be said.
#[test]
fn a_stand_above_the_field_is_sold_from_the_field_upwards() {
    let rows: Vec<(String, (i32, i32))> = (6..=14)
        .rev()
        .map(|row| (row.to_string(), (0, 40 * (14 - row))))
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(label, at)| (label.as_str(), *at, &SIX[..]))
        .collect();
    let mut plan = zone(&rows);
    plan["zones"][0]["name"] = json!("North");
    let field = Point { x: 62.5, y: 900.0 };
    let of_staff = PlanTerms {
        stage: Some(field),
        ..terms()
    };
    let of_zone = PlanTerms {
        stages: named([("North", field)]),
        ..terms()
    };
    for (on, from) in [(of_staff, StageFrom::Request), (of_zone, StageFrom::Stages)] {
        let planned = layout_on(&plan, &on);
        assert_eq!(planned.stage, from);
        let mut sale = Sale::of(planned);
        assert_eq!(sale.best(2).unwrap(), ["8/6-3", "8/6-4"]);
        let row: Vec<String> = (1..=6).map(|seat| format!("7/7-{seat}")).collect();
        assert_eq!(sale.best(6).unwrap(), row);
    }
    // Unsaid, the field is at the top, and the last row the best.
    let mut sale = Sale::of(planned(&plan));
    assert_eq!(sale.best(2).unwrap(), ["0/14-3", "0/14-4"]);
}

/// The stage is drawn below the seats, as an area that says so.
#[test]
fn a_stage_drawn_below_is_sold_from_below() {
    let mut plan = zone(&[
        ("C", (0, 0), &SIX),
        ("B", (0, 30), &SIX),
        ("A", (0, 60), &SIX),
    ]);
    plan["zones"][0]["areas"] = json!([{
        "shape": "rectangle", "position": {"x": -10, "y": 120},
        "rectangle": {"width": 145, "height": 40},
        "text": {"text": "STAGE", "position": {"x": 70, "y": 20}},
    }]);
    let planned = planned(&plan);
    assert_eq!(planned.stage, StageFrom::Plan);
    assert_eq!(&*planned.layout.best_rows().next().unwrap().label, "A");
    let mut sale = Sale::of(planned);
    assert_eq!(sale.best(2).unwrap(), ["2/A-3", "2/A-4"]);
    assert_eq!(sale.best(2).unwrap(), ["2/A-1", "2/A-2"]);
    assert_eq!(sale.best(2).unwrap(), ["2/A-5", "2/A-6"]);
    assert_eq!(sale.best(2).unwrap(), ["1/B-3", "1/B-4"]);
}
