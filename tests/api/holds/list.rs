//! Finding live holds again: one's own, and all for staff.

use fullhouse::accounts::Role;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Reply, TestServer, buyer, editor, layout, token};

fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let holds = reply.body["data"].as_array().unwrap();
    let id = |hold: &Value| hold["hold_id"].as_str().unwrap().to_owned();
    holds.iter().map(id).collect()
}

#[tokio::test]
async fn a_buyer_whose_answer_was_lost_finds_the_hold_and_nobody_elses() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 8)])).await;
    let (me, other) = (buyer(), buyer());
    let list = format!("/showtimes/{id}/holds");
    let none = server.get(&list).by(&me).send().await;
    assert!(ids(&none).is_empty());
    let first = server.hold(&id, &me, &["A-1-1"]).await;
    let second = server.hold(&id, &me, &["A-1-2", "A-1-3"]).await;
    server.hold(&id, &other, &["A-1-5"]).await;
    let mine = server.get(&list).by(&me).send().await;
    assert_eq!(ids(&mine), [second.hold_id(), first.hold_id()]);
    assert_eq!(mine.body["data"][1]["seats"], first.body["data"]["seats"]);
    assert_eq!(mine.body["data"][1]["status"], "held");
    let released = server.delete(&format!("{list}/{}", second.hold_id()));
    assert_eq!(released.by(&me).send().await.status, 200);
    let left = server.get(&list).by(&me).send().await;
    assert_eq!(ids(&left), [first.hold_id()]);
    for query in ["?buyer=019b0000-0000-7000-8000-000000000000", "?cursor=0-0"] {
        let curious = server.get(&format!("{list}{query}")).by(&me).send().await;
        curious.assert_problem(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn staff_list_all_page_by_page_or_one_buyers() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 8)])).await;
    let subject = Uuid::new_v4();
    let me = token(Role::User, subject);
    let mut all = Vec::new();
    for seat in 1..=5 {
        let held = server.hold(&id, &buyer(), &[&format!("A-1-{seat}")]).await;
        all.push(held.hold_id().to_owned());
    }
    let mine = server.hold(&id, &me, &["A-1-6"]).await;
    all.push(mine.hold_id().to_owned());
    let list = format!("/showtimes/{id}/holds");
    let mut found = Vec::new();
    let mut next = String::new();
    for page in [4, 2] {
        let path = format!("{list}?limit=4{next}");
        let reply = server.get(&path).by(&editor()).send().await;
        let holds = ids(&reply);
        assert_eq!(holds.len(), page);
        found.extend(holds);
        let cursor = reply.body["meta"]["next_cursor"].as_str();
        assert_eq!(cursor.is_none(), page == 2);
        next = format!("&cursor={}", cursor.unwrap_or_default());
    }
    assert_eq!(found, all, "the earliest deadline first");
    let one = server.get(&format!("{list}?buyer={subject}"));
    assert_eq!(ids(&one.by(&editor()).send().await), [mine.hold_id()]);
    for (query, field) in [
        ("?limit=101", "limit"),
        ("?cursor=x", "cursor"),
        ("?buyer=x", "buyer"),
    ] {
        let reply = server.get(&format!("{list}{query}")).by(&editor());
        reply.send().await.assert_invalid(field);
    }
}
