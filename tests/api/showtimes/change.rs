//! Changing a sale: drafts, publishing, pausing, cancelling, its window and its bounds.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Reply, TestServer, buyer, editor, layout, layout_with, token};
use fullhouse::accounts::Role;

async fn patch(server: &TestServer, id: &str, who: &str, body: &Value) -> Reply {
    let path = format!("/showtimes/{id}");
    let asking = server.ask(Method::PATCH, &path).json(body).by(who);
    asking.send().await
}

#[tokio::test]
async fn every_term_is_changed_and_read_back_and_who_did_it_is_recorded() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let subject = Uuid::new_v4();
    let clerk = token(Role::Editor, subject);
    let terms = json!({"on_sale_from": "2020-01-01T00:00:00Z", "on_sale_until": null,
                       "hold_ttl_seconds": 300, "hold_ttl_max_seconds": 900, "max_per_buyer": 3,
                       "gap_rule": "strict", "status": "paused"});
    let changed = patch(&server, &id, &clerk, &terms).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let read = server.get(&format!("/showtimes/{id}")).send().await;
    for (member, value) in terms.as_object().unwrap() {
        assert_eq!(&changed.body["data"][member], value, "{member}");
        assert_eq!(&read.body["data"][member], value, "{member}");
    }
    assert_eq!(read.body["data"]["seq"], changed.body["data"]["seq"]);
    let journal = server.get(&format!("/showtimes/{id}/journal"));
    let journal = journal.by(&editor()).send().await;
    let entry = &journal.body["data"]["events"][1];
    assert_eq!(entry["kind"], "reconfigured", "{}", journal.text);
    assert_eq!(entry["by"], subject.to_string());
    assert_eq!(entry["hold_ttl_max_seconds"], 900);
    server.assert_consistent(&id).await;
}

#[tokio::test]
async fn a_change_of_nothing_answers_the_showtime_and_records_nothing() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    for body in [json!({}), json!({"status": "open", "max_per_buyer": 10})] {
        let reply = patch(&server, &id, &editor(), &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.body["data"]["status"], "open");
        assert_eq!(reply.body["data"]["available"], 24);
    }
    assert_eq!(server.seq(&id).await, 1);
}

/// Two clerks want the same: whoever comes second has nothing to do, and must not be shown the sale as
/// it was before the first.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_something_is_shown_it_also_when_another_was_quicker() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let (one, other) = (editor(), editor());
    for round in 0..60 {
        let wish = json!({"max_per_buyer": 1 + round % 10, "hold_ttl_seconds": 300 + round});
        let (first, second) = tokio::join!(
            patch(&server, &id, &one, &wish),
            patch(&server, &id, &other, &wish)
        );
        for reply in [first, second] {
            assert_eq!(reply.status, 200, "{}", reply.text);
            for (member, value) in wish.as_object().unwrap() {
                assert_eq!(
                    &reply.body["data"][member], value,
                    "{member}, round {round}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_change_under_a_key_happens_once() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let (clerk, path) = (editor(), format!("/showtimes/{id}"));
    for (body, replayed) in [
        (json!({"status": "paused"}), ""),
        (json!({"status": "paused"}), "true"),
    ] {
        let asking = server.ask(Method::PATCH, &path).json(&body).by(&clerk);
        let reply = asking.key("stop").send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("idempotent-replayed"), replayed);
        assert_eq!(reply.body["data"]["status"], "paused");
    }
    let other = json!({"status": "open"});
    let asking = server.ask(Method::PATCH, &path).json(&other).by(&clerk);
    let reply = asking.key("stop").send().await;
    reply.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(server.seq(&id).await, 2);
}

#[tokio::test]
async fn a_paused_sale_keeps_its_promises_and_gives_no_new_ones() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let granted = server.hold(&id, &me, &["A-1-1"]).await;
    patch(&server, &id, &editor(), &json!({"status": "paused"})).await;
    let refused = server.hold(&id, &me, &["A-1-2"]).await;
    refused.assert_problem(409, "SHOWTIME_NOT_ON_SALE");
    let sold = server.confirm(&id, granted.hold_id()).await;
    assert_eq!(sold.status, 200, "{}", sold.text);
    patch(&server, &id, &editor(), &json!({"status": "open"})).await;
    assert_eq!(server.hold(&id, &me, &["A-1-2"]).await.status, 201);
}

#[tokio::test]
async fn what_is_cancelled_stays_so() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let granted = server.hold(&id, &buyer(), &["A-1-1"]).await;
    patch(&server, &id, &editor(), &json!({"status": "cancelled"})).await;
    for body in [json!({"status": "open"}), json!({"max_per_buyer": 3})] {
        let reply = patch(&server, &id, &editor(), &body).await;
        reply.assert_problem(409, "SHOWTIME_STATE");
    }
    let again = patch(&server, &id, &editor(), &json!({"status": "cancelled"})).await;
    assert_eq!(again.status, 200, "{}", again.text);
    let refused = server.confirm(&id, granted.hold_id()).await;
    refused.assert_problem(409, "SHOWTIME_NOT_ON_SALE");
    assert_eq!(server.seq(&id).await, 3);
}

#[tokio::test]
async fn wrong_changes_are_refused_by_name() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    for (field, body) in [
        ("title", json!({"title": "Another"})),
        ("starts_at", json!({"starts_at": "2031-01-01T00:00:00Z"})),
        ("status", json!({"status": "closed"})),
        ("max_per_buyer", json!({"max_per_buyer": 0})),
        ("hold_ttl_seconds", json!({"hold_ttl_seconds": 59})),
        ("hold_ttl_seconds", json!({"hold_ttl_seconds": 1801})),
        (
            "hold_ttl_max_seconds",
            json!({"hold_ttl_max_seconds": 3601}),
        ),
        (
            "on_sale_from",
            json!({"on_sale_from": "2031-01-01T00:00:00Z"}),
        ),
        (
            "on_sale_from",
            json!({"on_sale_from": "0001-01-01T00:00:00Z"}),
        ),
        ("on_sale_from", json!({"on_sale_from": "tomorrow"})),
        ("body", json!([])),
    ] {
        let reply = patch(&server, &id, &editor(), &body).await;
        reply.assert_invalid(field);
    }
    patch(&server, &id, &buyer(), &json!({"status": "paused"}))
        .await
        .assert_problem(403, "FORBIDDEN");
    let nobody = "019b0000-0000-7000-8000-000000000000";
    patch(&server, nobody, &editor(), &json!({}))
        .await
        .assert_problem(404, "NOT_FOUND");
    let back = patch(&server, &id, &editor(), &json!({"status": "draft"})).await;
    back.assert_problem(409, "SHOWTIME_STATE");
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn a_draft_is_seen_by_staff_alone_until_it_is_published() {
    let server = TestServer::start().await;
    let draft = layout_with(&[("1", 4)], &json!({"status": "draft"}));
    let id = server.showtime(&draft).await;
    let routes = ["", "/seats", "/layout", "/availability"];
    for route in routes {
        let path = format!("/showtimes/{id}{route}");
        for asking in [server.get(&path), server.get(&path).by(&buyer())] {
            asking.send().await.assert_problem(404, "NOT_FOUND");
        }
        let seen = server.get(&path).by(&editor()).send().await;
        assert_eq!(seen.status, 200, "{route}: {}", seen.text);
        assert!(!seen.header("cache-control").contains("public"), "{route}");
    }
    let hold = server.hold(&id, &buyer(), &["A-1-1"]).await;
    hold.assert_problem(404, "NOT_FOUND");
    let guess = server.hold(&id, &buyer(), &["nothing"]).await;
    guess.assert_problem(404, "NOT_FOUND");
    let listed = server.get("/showtimes?limit=100").send().await;
    assert!(!listed.text.contains(&id), "{}", listed.text);
    assert_eq!(listed.body["meta"]["total"], 3);

    let published = patch(&server, &id, &editor(), &json!({"status": "open"})).await;
    assert_eq!(published.status, 200, "{}", published.text);
    for route in routes {
        let seen = server.get(&format!("/showtimes/{id}{route}")).send().await;
        assert_eq!(seen.status, 200, "{route}: {}", seen.text);
    }
    let listed = server.get("/showtimes?limit=100").send().await;
    assert!(listed.text.contains(&id), "{}", listed.text);
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
}

#[tokio::test]
async fn a_sale_ends_when_the_show_begins_and_staff_sell_at_the_door() {
    let server = TestServer::start().await;
    let past = json!({"starts_at": "2020-01-31T19:30:00Z"});
    let id = server.showtime(&layout_with(&[("1", 4)], &past)).await;
    let read = server.get(&format!("/showtimes/{id}")).send().await;
    assert_eq!(read.body["data"]["on_sale_until"], past["starts_at"]);
    let late = server.hold(&id, &buyer(), &["A-1-1"]).await;
    late.assert_problem(409, "SHOWTIME_NOT_ON_SALE");
    assert_eq!(server.hold(&id, &editor(), &["A-1-1"]).await.status, 201);

    let endless = json!({"starts_at": "2020-01-31T19:30:00Z", "on_sale_until": null});
    let id = server.showtime(&layout_with(&[("1", 4)], &endless)).await;
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);

    let never = json!({"on_sale_from": "2031-01-01T00:00:00Z"});
    let body = layout_with(&[("1", 4)], &never);
    let refused = server.post("/showtimes", &body).by(&editor()).send().await;
    refused.assert_invalid("on_sale_from");
}

#[tokio::test]
async fn the_terms_bound_how_long_a_buyer_keeps_a_place() {
    let server = TestServer::start().await;
    let terms = json!({"hold_ttl_seconds": 60, "hold_ttl_max_seconds": 120});
    let id = server.showtime(&layout_with(&[("1", 4)], &terms)).await;
    let (me, holds) = (buyer(), format!("/showtimes/{id}/holds"));
    let long = json!({"seats": ["A-1-1"], "ttl_seconds": 121});
    let refused = server.post(&holds, &long).by(&me).send().await;
    refused.assert_invalid("ttl_seconds");
    let said = refused.body["detail"].as_str().unwrap();
    assert!(said.contains("120") && said.contains("121"), "{said}");
    let first = server.hold(&id, &me, &["A-1-1"]).await;
    let extend = format!("{holds}/{}/extend", first.hold_id());
    let much = server.post(&extend, &json!({"seconds": 61}));
    let much = much.by(&me).send().await;
    much.assert_problem(409, "CANNOT_EXTEND");
    let swap = json!({"seats": ["A-1-1", "A-1-2"], "ttl_seconds": 120,
                      "replace_hold_id": first.hold_id()});
    let swapped = server.post(&holds, &swap).by(&me).send().await;
    assert_eq!(swapped.status, 201, "{}", swapped.text);
    let journal = server.get(&format!("/showtimes/{id}/journal"));
    let journal = journal.by(&editor()).send().await;
    let (held, again) = (
        &journal.body["data"]["events"][1],
        &journal.body["data"]["events"][2],
    );
    assert_eq!(again["began_at"], held["at"], "{}", journal.text);
    let clerk = json!({"seats": ["A-1-3"], "ttl_seconds": 3600});
    let clerk = server.post(&holds, &clerk).by(&editor()).send().await;
    assert_eq!(clerk.status, 201, "{}", clerk.text);
}
