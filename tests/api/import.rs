//! `/showtimes/import-plan`: seating plans in pretix's JSON format.

use serde_json::{Value, json};

use crate::support::{TestServer, buyer, editor};

/// A plan as the editor of that format exports it, with members that nobody here knows.
fn plan() -> Value {
    let seat = |guid: &str, number: u32, x: f64, category: &str| {
        json!({"seat_number": number.to_string(), "seat_guid": guid, "uuid": "e0", "radius": 10,
               "position": {"x": x, "y": 0}, "category": category, "start_at": 1})
    };
    json!({
        "name": "Kleines Haus",
        "size": {"width": 1_000, "height": 800},
        "layout": {"background": "#fff"},
        "categories": [{"name": "Parkett", "color": "#7f4a91"}, {"name": "Loge", "color": "#b3"}],
        "zones": [{
            "name": "Saal", "zone_id": "z1", "uuid": "e1", "position": {"x": 100, "y": 200},
            "rows": [
                {"row_number": "1", "row_number_position": "both", "position": {"x": 0, "y": 0},
                 "seats": [seat("Saal-1-1", 1, 0.0, "Parkett"), seat("Saal-1-2", 2, 30.0, "Parkett"),
                           seat("Saal-1-3", 3, 60.0, "Parkett")]},
                {"row_number": "2", "position": {"x": 0, "y": 40},
                 "seats": [seat("Saal-2-1", 1, 0.0, "Loge")]},
            ],
            "areas": [{"shape": "rectangle", "text": {"text": "Bühne"}, "position": {"x": 0, "y": 0}}],
        }],
    })
}

fn request(plan: &Value) -> Value {
    let inr = |amount: i64| json!({"amount": amount, "currency": "INR"});
    json!({"title": "Imported", "starts_at": "2030-01-31T19:30:00Z",
           "prices": {"Parkett": inr(120_000), "Loge": inr(300_000)}, "plan": plan})
}

#[tokio::test]
async fn an_imported_plan_is_sold_by_its_own_seat_ids() {
    let server = TestServer::start().await;
    let body = request(&plan());
    let me = editor();
    let import = || {
        server
            .post("/showtimes/import-plan", &body)
            .by(&me)
            .key("i")
            .send()
    };
    let reply = import().await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let again = import().await;
    assert_eq!(
        (again.header("idempotent-replayed"), &again.body),
        ("true", &reply.body)
    );
    let id = reply.body["data"]["showtime_id"].as_str().unwrap();
    let layout = server.get(&format!("/showtimes/{id}/layout")).send().await;
    let rows = &layout.body["data"]["sections"][0]["rows"];
    assert_eq!(
        rows[1]["seats"][0],
        json!({"seat_id": "Saal-2-1", "number": "1",
        "price_tier": "Loge", "position": {"x": 100.0, "y": 240.0}})
    );
    let granted = server.hold(id, &buyer(), &["Saal-1-2", "Saal-2-1"]).await;
    assert_eq!(
        granted.body["data"]["total"]["amount"], 420_000,
        "{}",
        granted.text
    );
    server.assert_consistent(id).await;
}

/// A member of a good request, what it is changed to, and the field that the problem must name.
const WRONG_PLANS: &str = r#"
/plan/zones/0/rows/0/seats/2/seat_guid   "Saal-1-1"  plan.zones[0].rows[0].seats[2].seat_guid
/plan/zones/0/rows/0/seats/2/seat_guid   null        plan.zones[0].rows[0].seats[2].seat_guid
/plan/zones/0/rows/0/seats/2/category    "Rang"      plan.zones[0].rows[0].seats[2].category
/plan/zones/0/rows/0/seats/2/position/x  1e12        plan.zones[0].rows[0].seats[2].position
/plan/zones/0/rows/0/seats/2/position/x  "left"      plan.zones[0].rows[0].seats[2].position.x
/plan/zones                              []          plan.zones
/plan/zones                              {}          plan.zones
/plan/categories/1/name                  "Parkett"   plan.categories[1].name
/prices/Loge/amount                      -1          prices[1].price.amount
/prices/Loge                             null        prices.Loge
/titel                                   "x"         titel
"#;

#[tokio::test]
async fn wrong_plans_are_refused_with_the_place_named() {
    let server = TestServer::start().await;
    for line in WRONG_PLANS.trim().lines() {
        let mut words = line.split_whitespace();
        let (pointer, value) = (words.next().unwrap(), words.next().unwrap());
        let value: Value = serde_json::from_str(value).unwrap();
        let field = words.next().unwrap();
        let mut body = request(&plan());
        if let Some(member) = body.pointer_mut(pointer) {
            *member = value;
        } else {
            body.as_object_mut()
                .unwrap()
                .insert(pointer[1..].to_owned(), value);
        }
        let reply = server
            .post("/showtimes/import-plan", &body)
            .by(&editor())
            .send()
            .await;
        assert_eq!(
            reply.body["errors"][0]["field"], field,
            "{line}: {}",
            reply.text
        );
        reply.assert_invalid(field);
    }
    let mut unpriced = request(&plan());
    unpriced["prices"].as_object_mut().unwrap().remove("Loge");
    let reply = server
        .post("/showtimes/import-plan", &unpriced)
        .by(&editor())
        .send()
        .await;
    reply.assert_invalid("prices");
    assert!(reply.text.contains("Loge"));
}

#[tokio::test]
async fn a_plan_may_be_larger_than_other_bodies() {
    let server = TestServer::start().await;
    let seats: Vec<Value> = (0..8_000)
        .map(|at| {
            json!({"seat_guid": format!("guid-{at}-{}", "x".repeat(120)), "seat_number": at,
                   "category": "Parkett", "position": {"x": at % 100 * 30, "y": 0},
                   "comment": "y".repeat(80)})
        })
        .collect();
    let rows: Vec<Value> = seats
        .chunks(100)
        .enumerate()
        .map(|(at, seats)| json!({"row_number": at, "position": {"x": 0, "y": at * 40}, "seats": seats}))
        .collect();
    let mut plan = plan();
    plan["zones"][0]["rows"] = json!(rows);
    let mut body = request(&plan);
    body["prices"].as_object_mut().unwrap().remove("Loge");
    assert!(body.to_string().len() > 2 << 20);
    let reply = server
        .post("/showtimes/import-plan", &body)
        .by(&editor())
        .send()
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

#[tokio::test]
async fn a_plan_of_many_zones_of_one_name_is_refused_at_the_first_too_many() {
    let server = TestServer::start().await;
    let zone = |at: usize| {
        json!({"name": "Rang", "rows": [{"seats": [
            {"seat_guid": format!("g{at}"), "category": "Parkett"}]}]})
    };
    let mut plan = plan();
    plan["zones"] = (0..2_000).map(zone).collect();
    let import = server.post("/showtimes/import-plan", &request(&plan));
    let reply = import.by(&editor()).send().await;
    reply.assert_invalid("plan.zones[600]");
}

#[tokio::test]
async fn a_plan_may_have_many_categories_that_nobody_uses() {
    let server = TestServer::start().await;
    let mut plan = plan();
    let unused = (0..60_000).map(|at| json!({"name": format!("unused {at}")}));
    let categories = plan["categories"].as_array_mut().unwrap();
    categories.extend(unused);
    let import = server.post("/showtimes/import-plan", &request(&plan));
    let reply = import.by(&editor()).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}
