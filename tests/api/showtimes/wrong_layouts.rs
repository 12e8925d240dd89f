//! All that is wrong with a layout is reported at once, each by a place that is in the request.

use serde_json::{Value, json};

use crate::support::{Reply, TestServer, editor, layout};

/// The fields of a refusal, each of which is a place of the body; the last step may be what is missing.
fn fields<'a>(reply: &'a Reply, body: &Value) -> Vec<&'a str> {
    reply.assert_problem(422, "VALIDATION_FAILED");
    let errors = reply.body["errors"].as_array().unwrap();
    for error in errors {
        let pointer = error["pointer"].as_str().unwrap();
        let around = &pointer[..pointer.rfind('/').unwrap()];
        let around = body.pointer(around);
        let is_there = around.is_some_and(|it| it.is_object() || it.is_array());
        assert!(is_there, "{error} is nowhere");
    }
    let fields = errors.iter().map(|error| error["field"].as_str().unwrap());
    fields.collect()
}

async fn create(server: &TestServer, body: &Value) -> Reply {
    server.post("/showtimes", body).by(&editor()).send().await
}

#[tokio::test]
async fn title_terms_and_layout_are_judged_together() {
    let server = TestServer::start().await;
    let mut body = layout(&[("1", 0), ("2", 4)]);
    body["title"] = json!("");
    body["max_per_buyer"] = json!(0);
    body["hold_ttl_seconds"] = json!(999_999);
    body["on_sale_from"] = json!("2031-01-01T00:00:00Z");
    body["stage"] = json!({"x": 1e9, "y": 0});
    body["sections"][0]["rows"][0]["price_tier"] = json!("GOLD");
    body["sections"][0]["rows"][1]["price_tier"] = json!("GOLD");
    body["sections"][1]["capacity"] = json!(0);
    body["price_tiers"][1]["price"]["amount"] = json!(-1);
    let reply = create(&server, &body).await;
    assert_eq!(
        fields(&reply, &body),
        [
            "title",
            "max_per_buyer",
            "hold_ttl_seconds",
            "on_sale_from",
            "stage",
            "price_tiers[1].price.amount",
            "sections[0].rows[0].seats",
            "sections[0].rows[0].price_tier",
            "sections[0].rows[1].price_tier",
            "sections[1].capacity",
        ]
    );
}

#[tokio::test]
async fn all_that_is_missing_is_told_with_all_that_is_wrong() {
    let server = TestServer::start().await;
    let mut body = layout(&[("1", 4)]);
    body["starts_at"] = json!("1969-01-01T00:00:00Z");
    body["hold_ttl_seconds"] = json!(0);
    body["hold_ttl_max_seconds"] = json!(5);
    body["on_sale_from"] = json!("2030-01-02T00:00:00Z");
    body["on_sale_until"] = json!("2030-01-01T00:00:00Z");
    body["sections"] = json!([
        {"code": "A", "kind": "reserved", "capacity": 7, "price_tier": "STD"},
        {"code": "B", "kind": "reserved", "rows": [{"row": "1", "seats": 2}, {"row": "", "seats": 2}]},
        {"code": "C", "kind": "general_admission", "rows": [], "stage": {"x": 1, "y": 1}},
        {"code": "C", "kind": "general_admission", "capacity": 7, "price_tier": "GOLD"},
    ]);
    let reply = create(&server, &body).await;
    assert_eq!(
        fields(&reply, &body),
        [
            "starts_at",
            "hold_ttl_seconds",
            "hold_ttl_max_seconds",
            "on_sale_until",
            "sections[0].capacity",
            "sections[0].rows",
            "sections[1].rows[0].price_tier",
            "sections[1].rows[1].price_tier",
            "sections[2].stage",
            "sections[2].rows",
            "sections[2].capacity",
            "sections[2].price_tier",
            "sections[1].rows[1].row",
            "sections[3].code",
            "sections[3].price_tier",
        ]
    );
}

#[tokio::test]
async fn a_hundred_faults_of_a_layout_are_reported_and_no_more() {
    let server = TestServer::start().await;
    let mut body = layout(&[]);
    body["title"] = json!("");
    let row = json!({"row": "", "seats": 0});
    body["sections"][0]["rows"] = json!(vec![row; 200]);
    let reply = create(&server, &body).await;
    assert_eq!(fields(&reply, &body).len(), 100);
}

#[tokio::test]
async fn a_counted_row_that_comes_again_is_told_by_its_own_place() {
    let server = TestServer::start().await;
    let body = layout(&[("A", 3), ("A", 3), ("B", 1)]);
    let reply = create(&server, &body).await;
    assert_eq!(fields(&reply, &body), ["sections[0].rows[1]"]);
    let message = reply.body["errors"][0]["message"].as_str().unwrap();
    for part in [
        "row \"A\" comes again",
        "list the numbers",
        "sections[0].rows[0],",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let mut listed = layout(&[("A", 3), ("A", 3)]);
    listed["sections"][0]["rows"][1]["seats"] = json!(["4", "3"]);
    let reply = create(&server, &listed).await;
    assert_eq!(fields(&reply, &listed), ["sections[0].rows[1].seats[1]"]);
    listed["sections"][0]["rows"][1]["seats"] = json!(["4", "5"]);
    assert_eq!(create(&server, &listed).await.status, 201);
}
