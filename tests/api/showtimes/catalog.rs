//! The catalog under a crowd: what it costs, and that it stands in nobody's way.

use futures::future::join_all;
use reqwest::header::IF_NONE_MATCH;
use test_database::TestDatabase;

use crate::support::{TestServer, buyer, house};

#[tokio::test]
async fn an_unchanged_list_and_showtime_are_not_sent_again() {
    let server = TestServer::start().await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    for path in ["/showtimes".to_owned(), format!("/showtimes/{id}")] {
        let first = server.get(&path).send().await;
        assert_eq!(first.status, 200, "{path}: {}", first.text);
        let tag = first.header("etag").to_owned();
        assert_eq!(first.header("cache-control"), "no-cache");
        let asked = server.get(&path).header(IF_NONE_MATCH.as_str(), &tag);
        let again = asked.send().await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), tag);
    }
    let read = format!("/showtimes/{id}");
    let before = server.get(&read).send().await;
    server.hold(&id, &buyer(), &["A-1-1"]).await;
    let tag = before.header("etag").to_owned();
    let after = server.get(&read).header(IF_NONE_MATCH.as_str(), &tag);
    assert_eq!(
        after.send().await.status,
        200,
        "a place less is something new"
    );
}

#[tokio::test]
async fn a_created_showtime_is_listed_at_once() {
    let server = TestServer::start().await;
    for rows in 1..4 {
        let before = server.get("/showtimes").send().await;
        server.showtime(&house(&[("1", rows)])).await;
        let after = server.get("/showtimes").send().await;
        let total = |reply: &crate::support::Reply| reply.body["meta"]["total"].as_u64().unwrap();
        assert_eq!(total(&after), total(&before) + 1);
    }
}

#[tokio::test]
async fn pages_beyond_the_last_are_empty() {
    let server = TestServer::start().await;
    // The last page of ten thousand is shorter than the others.
    let last = server.get("/showtimes?page=334&limit=30").send().await;
    assert_eq!(last.status, 200, "{}", last.text);
    let reply = server.get("/showtimes?page=100&limit=100").send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["data"], serde_json::json!([]));
    assert!(reply.body["meta"]["total"].as_u64().unwrap() > 0);
}

/// Its readers wait for the table until their statements' lock timeout, three seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_waits_for_the_catalog_leaves_the_server_ready_and_selling() {
    let database = std::sync::Arc::new(TestDatabase::create().await);
    let sql = database.sql();
    let clock = std::sync::Arc::new(actors::clock::SystemClock::start());
    let server = TestServer::on(database, clock, &[]).await;
    let id = server.showtime(&house(&[("1", 9)])).await;
    assert_eq!(server.hold(&id, &buyer(), &["A-1-1"]).await.status, 201);
    let mut asked = vec![
        "/showtimes?page=1".to_owned(),
        "/showtimes?page=2".to_owned(),
    ];
    for _ in 0..16 {
        let other = server.showtime(&house(&[("1", 1)])).await;
        asked.push(format!("/showtimes/{other}"));
    }
    let closed = sql.close_table("showtimes").await.unwrap();
    let crowd = asked.iter().map(|path| {
        let asking = server.get(path);
        async move { asking.send().await }
    });
    let readiness = async {
        let mut answers = Vec::new();
        for seat in 2..=9 {
            answers.push(server.ask_ops("/readyz").send().await.status);
            let held = server.hold(&id, &buyer(), &[&format!("A-1-{seat}")]).await;
            assert_eq!(held.status, 201, "{}", held.text);
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        answers
    };
    let (replies, ready) = tokio::join!(join_all(crowd), readiness);
    assert_eq!(ready, [200; 8], "a crowd of readers is no reason to stop");
    let busy = replies.iter().filter(|it| it.body["code"] == "OVERLOADED");
    let busy: Vec<_> = busy.collect();
    assert!(busy.len() >= 8, "few read at once, the others are told so");
    for reply in busy {
        reply.assert_problem(503, "OVERLOADED");
        assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    drop(closed);
}
