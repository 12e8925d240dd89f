//! What is refused before any design is asked, and what the two ports say beside that.

use baselines::design::Design;
use reqwest::Method;
use serde_json::json;

use crate::support::{TestServer, buyer, editor};

const ANY: Design = Design::ConditionalUpdate;

#[tokio::test(flavor = "multi_thread")]
async fn wishes_that_are_not_compared_are_refused_by_name() {
    let server = TestServer::start(ANY).await;
    let id = server.showtime(2).await;
    let eleven: Vec<String> = (1..=10)
        .map(|at| format!("S-1-{at}"))
        .chain(["S-2-1".to_owned()])
        .collect();
    let wishes = [
        (json!({}), "seats"),
        (json!({"seats": eleven}), "seats"),
        (json!({"seats": ["S-1-1", "S-1-1"]}), "seats"),
        (json!({"seats": ["S-9-9"]}), "seats[0]"),
        (json!({"seats": ["S-1-1"], "ttl_seconds": 1}), "ttl_seconds"),
        (
            json!({"seats": ["S-1-1"], "replace_hold_id": uuid::Uuid::nil()}),
            "replace_hold_id",
        ),
        (json!({"areas": [{"section": "S", "quantity": 1}]}), "areas"),
        (
            json!({"best_available": {"quantity": 11}}),
            "best_available.quantity",
        ),
        (
            json!({"best_available": {"quantity": 2, "sections": ["S"]}}),
            "best_available",
        ),
    ];
    for (wish, field) in wishes {
        let reply = server.hold(id, &buyer(), &wish).await;
        assert_eq!(reply.status, 422, "{wish}: {}", reply.body);
        assert_eq!(reply.body["errors"][0]["field"], field, "{wish}");
    }
    server.assert_sound(id, 0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_strangers_and_unknown_showtimes_are_refused() {
    let server = TestServer::start(ANY).await;
    let id = server.showtime(1).await;
    let url = format!("http://{}/api/v1/showtimes/{id}/holds", server.address);
    let wish = json!({"seats": ["S-1-1"]});
    let asked = server.client.post(&url).json(&wish).bearer_auth(buyer());
    let keyed = asked.header("idempotency-key", "k").send().await.unwrap();
    assert_eq!(keyed.status(), 422);
    let unsigned = server.client.post(&url).json(&wish).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    let nowhere = format!("/{}/holds", uuid::Uuid::nil());
    let reply = server
        .ask(Method::POST, &nowhere, &buyer(), Some(&wish))
        .await;
    assert_eq!(reply.code(), "NOT_FOUND");
    let by_buyer = server
        .ask(Method::POST, "", &buyer(), Some(&json!({})))
        .await;
    assert_eq!(by_buyer.status, 403);
    let area = json!({
        "title": "A night", "starts_at": "2031-01-15T18:30:00Z",
        "sections": [{"code": "PIT", "kind": "general_admission", "capacity": 9,
                      "price_tier": "STD"}],
        "price_tiers": [{"code": "STD", "price": {"amount": 1, "currency": "INR"}}],
    });
    let with_area = server.ask(Method::POST, "", &editor(), Some(&area)).await;
    assert_eq!(with_area.status, 422, "{}", with_area.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn layout_and_operations_are_served() {
    let server = TestServer::start(ANY).await;
    let id = server.showtime(3).await;
    let layout = server
        .ask(Method::GET, &format!("/{id}/layout"), "", None)
        .await;
    assert_eq!(layout.status, 200);
    assert!(layout.body.to_string().contains("S-3-10"));
    let ops = |path| {
        let url = format!("http://{}/{path}", server.ops);
        async { reqwest::get(url).await.unwrap() }
    };
    assert_eq!(ops("readyz").await.status(), 200);
    let metrics = ops("metrics").await.text().await.unwrap();
    assert!(
        metrics.contains("\nbaseline_retries_total 0\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("\nbaseline_gave_up_total 0\n"),
        "{metrics}"
    );
}
