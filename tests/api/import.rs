//! `/showtimes/import-plan`: seating plans in pretix's JSON format.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, TestServer, buyer, editor};

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
/prices/Loge/amount                      -1          prices.Loge.amount
/plan                                    [1]         plan
/stage                                   {"x":1}     stage.y
/stages                                  {"Saal":{"x":1e9,"y":0}}  stages.Saal
/stages                                  {"Rang":{"x":1,"y":0}}    stages.Rang
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
    reply.assert_invalid("prices.Loge");
}

/// Texts put in for a seat of a good plan, and the field that the problem must name; none where the
/// plan is as good as before. All of it is JSON that no value of ours can keep.
const UNKEPT: [(&str, Option<&str>); 7] = [
    (
        r#"{"seat_guid": "g", "category": "Loge", "position": {"x": 1e999}}"#,
        Some("plan.zones[0].rows[0].seats[0].position.x"),
    ),
    (
        r#"{"seat_guid": "\ud800", "category": "Loge"}"#,
        Some("plan.zones[0].rows[0].seats[0].seat_guid"),
    ),
    ("1e999", Some("plan.zones[0].rows[0].seats[0]")),
    (
        r#"{"seat_guid": "g", "category": "Loge", "\ud800": 1e999}"#,
        None,
    ),
    (
        r#"{"seat_guid": "g", "category": "Loge", "note": ["\udfff", {"\ud800": -1e999}]}"#,
        None,
    ),
    (
        r#"{"seat_guid": "g", "category": "Loge", "note": DEEP}"#,
        None,
    ),
    (
        r#"{"seat_guid": "g", "category": "Loge", "position": {"z": DEEP}}"#,
        None,
    ),
];

#[tokio::test]
async fn what_no_value_can_keep_is_never_the_servers_fault() {
    let server = TestServer::start().await;
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let mut body = request(&plan());
    body["plan"]["zones"][0]["rows"][0]["seats"] = json!(["SEAT"]);
    body["prices"].as_object_mut().unwrap().remove("Parkett");
    for (seat, field) in UNKEPT {
        let seat = seat.replace("DEEP", &deep);
        let sent = body.to_string().replace("\"SEAT\"", &seat);
        let import = server.ask(Method::POST, "/showtimes/import-plan");
        let reply = import.by(&editor()).bytes(sent).send().await;
        match field {
            Some(field) => drop(reply.assert_invalid(field)),
            None => assert_eq!(reply.status, 201, "{seat}: {}", reply.text),
        }
    }
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
async fn what_is_wrong_beside_a_plan_is_told_with_what_is_wrong_in_it() {
    let server = TestServer::start().await;
    let mut body = request(&plan());
    body["title"] = json!(" ");
    body["max_per_buyer"] = json!(0);
    body["prices"]["Loge"]["amount"] = json!(-1);
    body["stages"] = json!({"Saal 1": {"x": 1, "y": 1}});
    body["plan"]["zones"][0]["rows"][1]["seats"][0]["seat_guid"] = json!("");
    let import = server.post("/showtimes/import-plan", &body);
    let reply = import.by(&editor()).send().await;
    let wanted = [
        ("title", "/title"),
        ("max_per_buyer", "/max_per_buyer"),
        (
            "plan.zones[0].rows[1].seats[0].seat_guid",
            "/plan/zones/0/rows/1/seats/0/seat_guid",
        ),
        ("stages[\"Saal 1\"]", "/stages/Saal 1"),
        ("prices.Loge.amount", "/prices/Loge/amount"),
    ];
    assert_eq!(places(&reply), wanted);
    reply.assert_problem(422, "VALIDATION_FAILED");
    body["plan"] = json!(["n"]);
    let import = server.post("/showtimes/import-plan", &body);
    let reply = import.by(&editor()).send().await;
    let wanted = [wanted[0], wanted[1], ("plan", "/plan")];
    assert_eq!(places(&reply), wanted);
}

/// Each wrong field with its pointer.
fn places(reply: &Reply) -> Vec<(&str, &str)> {
    let errors = reply.body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|it| {
            (
                it["field"].as_str().unwrap(),
                it["pointer"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_name_in_two_forms_of_unicode_is_given_twice() {
    let server = TestServer::start().await;
    let mut plan = plan();
    plan["categories"][1]["name"] = json!("Caf\u{e9}");
    plan["zones"][0]["rows"][1]["seats"][0]["category"] = json!("Cafe\u{301}");
    let import = async |prices: &str, stages: &str| {
        let mut body = request(&plan);
        body["prices"] = json!("PRICES");
        body["stages"] = json!("STAGES");
        let sent = body.to_string().replace("\"PRICES\"", prices);
        let sent = sent.replace("\"STAGES\"", stages);
        let import = server.ask(Method::POST, "/showtimes/import-plan");
        import.by(&editor()).bytes(sent).send().await
    };
    let inr = |amount: i64| format!("{{\"amount\": {amount}, \"currency\": \"INR\"}}");
    let first = format!("\"Parkett\": {}, \"Caf\u{e9}\": {}", inr(5), inr(900));
    let twice = format!("{{{first}, \"Cafe\u{301}\": {}}}", inr(100));
    let reply = import(&twice, "{}").await;
    let second = ("prices[\"Cafe\u{301}\"]", "/prices/Cafe\u{301}");
    assert_eq!(places(&reply), [second]);
    reply.assert_problem(422, "VALIDATION_FAILED");
    let message = reply.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("is given twice"), "{message}");
    let (here, there) = ("{\"x\": 1, \"y\": 1}", "{\"x\": 1, \"y\": 9}");
    let stages = format!("{{\"Cafe\u{301}\": {here}, \"Caf\u{e9}\": {there}}}");
    let reply = import(&format!("{{{first}}}"), &stages).await;
    assert_eq!(places(&reply)[0], ("stages.Caf\u{e9}", "/stages/Caf\u{e9}"));
    let wrong = format!("{{\"Parkett\": null, \"Cafe\u{301}\": {}}}", inr(-1));
    let reply = import(&wrong, "{}").await;
    let amount = (
        "prices[\"Cafe\u{301}\"].amount",
        "/prices/Cafe\u{301}/amount",
    );
    assert_eq!(places(&reply), [amount]);
    let reply = import(&format!("{{{first}}}"), "{}").await;
    assert_eq!(reply.status, 201, "{}", reply.text);
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
