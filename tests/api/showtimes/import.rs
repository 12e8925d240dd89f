//! `/showtimes/import-plan`: seating plans in pretix's JSON format.

use serde_json::{Value, json};

use crate::support::{TestServer, buyer, editor};

/// A plan as the editor of that format exports it, with members that nobody here knows.
pub(crate) fn plan() -> Value {
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

/// A good request to import it.
pub(crate) fn request(plan: &Value) -> Value {
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

#[tokio::test]
async fn an_import_says_how_it_understood_the_plan() {
    let server = TestServer::start().await;
    let me = editor();
    let import = async |body: &Value| {
        let reply = server
            .post("/showtimes/import-plan", body)
            .by(&me)
            .send()
            .await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.body["data"].clone()
    };
    let mut body = request(&plan());
    let drawn = import(&body).await;
    assert_eq!(
        (&drawn["stage_from"], &drawn["stage"]),
        (&json!("plan"), &json!({"x": 100.0, "y": 200.0}))
    );
    assert_eq!(drawn["best_rows"], json!([{"section": "Saal", "row": "1"}]));
    body["stage"] = json!({"x": 130, "y": 900});
    let said = import(&body).await;
    assert_eq!(
        (&said["stage_from"], &said["best_rows"][0]["row"]),
        (&json!("request"), &json!("2"))
    );
    let id = said["showtime_id"].as_str().unwrap();
    let layout = server.get(&format!("/showtimes/{id}/layout")).send().await;
    assert_eq!(
        layout.body["data"]["stage"],
        json!({"x": 130.0, "y": 900.0})
    );
    body.as_object_mut().unwrap().remove("stage");
    body["plan"]["zones"][0]["areas"] = json!(null);
    body["stages"] = json!({"Saal": {"x": 130, "y": 900}});
    let of_zones = import(&body).await;
    assert_eq!(
        (&of_zones["stage_from"], &of_zones["stage"]),
        (&json!("stages"), &json!(null))
    );
    assert_eq!(
        of_zones["stages"],
        json!({"Saal": {"x": 130.0, "y": 900.0}})
    );
    body.as_object_mut().unwrap().remove("stages");
    let nobody = import(&body).await;
    assert_eq!(
        (
            &nobody["stage_from"],
            &nobody["stage"],
            nobody.get("stages")
        ),
        (&json!("top"), &json!(null), None)
    );
}

#[tokio::test]
async fn what_has_no_price_is_blocked_for_good() {
    let server = TestServer::start().await;
    let me = editor();
    let mut body = request(&plan());
    body["prices"]["Loge"] = json!(null);
    let reply = server
        .post("/showtimes/import-plan", &body)
        .by(&me)
        .send()
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let id = reply.body["data"]["showtime_id"].as_str().unwrap();
    let map = server
        .get(&format!("/showtimes/{id}/seats?status=BLOCKED"))
        .send()
        .await;
    let seats = &map.body["data"]["seats"];
    assert_eq!(
        (&seats[0]["seat_id"], &seats[0]["price"]),
        (&json!("Saal-2-1"), &json!(null))
    );
    assert_eq!(seats.as_array().unwrap().len(), 1);
    let held = server.hold(id, &buyer(), &["Saal-2-1"]).await;
    held.assert_problem(409, "SEATS_UNAVAILABLE");
    let unblock = json!({"seats": ["Saal-2-1"], "reason": "pillar gone"});
    let unblock = server
        .post(&format!("/showtimes/{id}/unblock"), &unblock)
        .by(&me)
        .send()
        .await;
    unblock.assert_problem(409, "NOT_FOR_SALE");
    assert_eq!(server.hold(id, &buyer(), &["Saal-1-1"]).await.status, 201);
    server.assert_consistent(id).await;
}

#[tokio::test]
async fn every_fault_of_a_plan_is_told_and_nothing_is_created() {
    let server = TestServer::start().await;
    let mut body = request(&plan());
    let seats = body["plan"]["zones"][0]["rows"][0]["seats"]
        .as_array_mut()
        .unwrap();
    seats[0]["category"] = json!("Rang");
    seats[1]["seat_guid"] = json!("");
    seats[2]["position"]["x"] = json!([]);
    let reply = server
        .post("/showtimes/import-plan", &body)
        .by(&editor())
        .send()
        .await;
    let errors = reply.body["errors"].as_array().unwrap();
    let fields: Vec<&str> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    let seat = |at: u32, member: &str| format!("plan.zones[0].rows[0].seats[{at}].{member}");
    assert_eq!(
        fields,
        [
            seat(2, "position.x"),
            seat(0, "category"),
            seat(1, "seat_guid")
        ]
    );
    reply.assert_problem(422, "VALIDATION_FAILED");
    let list = server.get("/showtimes?limit=100").send().await;
    assert!(!list.text.contains("Imported"), "{}", list.text);
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
