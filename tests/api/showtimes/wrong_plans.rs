//! `/showtimes/import-plan`: what is wrong with a plan and beside it, reported by its place.

use reqwest::Method;
use serde_json::{Value, json};

use super::import::{plan, request};
use crate::support::{Reply, TestServer, editor};

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
    for (written, field) in UNKEPT {
        let written = written.replace("DEEP", &deep);
        let sent = body.to_string().replace("\"SEAT\"", &written);
        let import = server.ask(Method::POST, "/showtimes/import-plan");
        let reply = import.by(&editor()).bytes(sent).send().await;
        match field {
            Some(field) => drop(reply.assert_invalid(field)),
            None => assert_eq!(reply.status, 201, "{written}: {}", reply.text),
        }
    }
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
