//! The same key gets the first answer.

use serde_json::json;
use uuid::Uuid;

use crate::support::{Reply, TestServer, buyer, editor, layout};

#[tokio::test]
async fn a_repeated_hold_reads_the_first_answer() {
    let (server, clock) = TestServer::with_clock().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let holds = format!("/showtimes/{id}/holds");
    let body = json!({"seats": ["A-1-1"]});
    let first = server.post(&holds, &body).by(&me).key("k-1").send().await;
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (201, "")
    );
    clock.advance_seconds(60);
    // Quotes, spaces and the order of members make no difference.
    let again = server
        .ask(reqwest::Method::POST, &holds)
        .by(&me)
        .key("\"k-1\"");
    let again = again
        .bytes(" { \"ttl_seconds\": null, \"seats\" : [ \"A-1-1\" ] } ")
        .send()
        .await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (201, "true")
    );
    assert_same(&again, &first);
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(server.seq(&id).await, 2);
    // What is left of its time is what is left now, also when nothing is.
    let left = |reply: &Reply| reply.body["data"]["expires_in_seconds"].clone();
    assert_eq!((left(&first), left(&again)), (json!(600), json!(540)));
    clock.advance_seconds(3_600);
    let late = server.post(&holds, &body).by(&me).key("k-1").send().await;
    assert_eq!(left(&late), 0);
    assert_eq!(late.body["data"]["as_of"], "2027-01-15T09:01:00Z");
    assert_same(&late, &first);
}

#[tokio::test]
async fn a_key_means_one_request_of_one_caller() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let holds = format!("/showtimes/{id}/holds");
    let first = server
        .post(&holds, &json!({"seats": ["A-1-1"]}))
        .by(&me)
        .key("k")
        .send()
        .await;
    assert_eq!(first.status, 201);
    let other = server
        .post(&holds, &json!({"seats": ["A-1-2"]}))
        .by(&me)
        .key("k")
        .send()
        .await;
    other.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    let hold = format!("{holds}/{}", first.hold_id());
    let release = server.delete(&hold).by(&me).key("k").send().await;
    release.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    let stranger = server
        .post(&holds, &json!({"seats": ["A-1-2"]}))
        .by(&buyer())
        .key("k");
    assert_eq!(stranger.send().await.status, 201);
}

#[tokio::test]
async fn a_rejection_is_decided_again() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let (me, other) = (buyer(), buyer());
    let theirs = server.hold(&id, &other, &["A-1-1"]).await;
    let holds = format!("/showtimes/{id}/holds");
    let body = json!({"seats": ["A-1-1"]});
    let lost = server.post(&holds, &body).by(&me).key("k").send().await;
    lost.assert_problem(409, "SEATS_UNAVAILABLE");
    let hold = format!("{holds}/{}", theirs.hold_id());
    assert_eq!(server.delete(&hold).by(&other).send().await.status, 200);
    let won = server.post(&holds, &body).by(&me).key("k").send().await;
    assert_eq!((won.status, won.header("idempotent-replayed")), (201, ""));
}

#[tokio::test]
async fn every_other_write_is_repeated_safely_too() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 6)])).await;
    let (me, staff) = (buyer(), editor());
    let granted = server.hold(&id, &me, &["A-1-1"]).await;
    let sold = server.hold(&id, &me, &["A-1-2"]).await;
    let hold = format!("/showtimes/{id}/holds/{}", granted.hold_id());
    let confirm = format!("/showtimes/{id}/holds/{}/confirm", sold.hold_id());
    let block = json!({"seats": ["A-1-5"], "reason": "pillar"});
    let writes = [
        (format!("{hold}/extend"), json!({"seconds": 900}), &me),
        (confirm, json!({"payment_reference": "x"}), &staff),
        (format!("/showtimes/{id}/block"), block.clone(), &staff),
        (format!("/showtimes/{id}/unblock"), block, &staff),
    ];
    for (path, body, who) in writes {
        let key = Uuid::new_v4().to_string();
        let write = || server.post(&path, &body).by(who).key(&key).send();
        let (first, again) = (write().await, write().await);
        assert_eq!(
            (first.status, first.header("idempotent-replayed")),
            (200, ""),
            "{path}"
        );
        assert_eq!(
            (again.status, again.header("idempotent-replayed")),
            (200, "true"),
            "{path}"
        );
        assert_same(&again, &first);
    }
    let release = || server.delete(&hold).by(&me).key("release").send();
    let (first, again) = (release().await, release().await);
    assert_eq!((first.status, again.status), (200, 200));
    assert_same(&again, &first);
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn a_showtime_is_created_once_per_key() {
    let server = TestServer::start().await;
    let staff_role = editor();
    let create = |body: serde_json::Value| {
        server
            .post("/showtimes", &body)
            .by(&staff_role)
            .key("show-1")
            .send()
    };
    let first = create(layout(&[("1", 4)])).await;
    let again = create(layout(&[("1", 4)])).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_same(&again, &first);
    create(layout(&[("1", 5)]))
        .await
        .assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    let list = server.get("/showtimes?limit=100").send().await;
    // Three demo showtimes and this one.
    assert_eq!(list.body["meta"]["total"], 4);
}

#[tokio::test]
async fn bad_keys_are_refused_by_name() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let holds = format!("/showtimes/{id}/holds");
    let me = buyer();
    for key in ["", "\"\"", &"x".repeat(256)] {
        let reply = server
            .post(&holds, &json!({"seats": ["A-1-1"]}))
            .by(&me)
            .key(key)
            .send()
            .await;
        reply.assert_invalid("Idempotency-Key");
    }
    let longest = "x".repeat(255);
    let reply = server
        .post(&holds, &json!({"seats": ["A-1-1"]}))
        .by(&me)
        .key(&longest)
        .send()
        .await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn concurrent_repeats_get_one_hold() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 10)])).await;
    let me = buyer();
    let holds = format!("/showtimes/{id}/holds");
    let body = json!({"best_available": {"quantity": 2}});
    let repeats = (0..50).map(|_| server.post(&holds, &body).by(&me).key("once").send());
    let replies = futures::future::join_all(repeats).await;
    let first = replies[0].body["data"]["hold_id"].clone();
    assert!(
        replies
            .iter()
            .all(|it| it.status == 201 && it.body["data"]["hold_id"] == first)
    );
    let fresh = replies
        .iter()
        .filter(|it| it.header("idempotent-replayed").is_empty())
        .count();
    assert_eq!(fresh, 1);
    assert_eq!(server.seq(&id).await, 2);
}

/// The same answer, but for the moment at which it says how much time is left.
fn assert_same(again: &Reply, first: &Reply) {
    let [again, first] = [again, first].map(|reply| {
        let mut body = reply.body.clone();
        if let Some(answer) = body["data"].as_object_mut() {
            answer.remove("as_of");
            answer.remove("expires_in_seconds");
        }
        body
    });
    assert_eq!(again, first);
}
