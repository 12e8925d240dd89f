//! While the database is away reads go on and promises wait; when it is back all is as it was.

use std::time::Duration;

use persistence::test_database::TestCluster;
use serde_json::json;
use tokio::time::Instant;

use crate::support::{TestServer, buyer, house};

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_stops_promises_and_not_reads() {
    let mut cluster = TestCluster::create().await;
    let server = TestServer::on_cluster(&cluster, &["--call-timeout-ms", "1000"]).await;
    let id = server.showtime(&house(&[("1", 4)])).await;
    let me = buyer();
    assert_eq!(server.hold(&id, &me, &["A-1-1"]).await.status, 201);
    cluster.kill9().await;
    let holds = format!("/showtimes/{id}/holds");
    let ask = || {
        let body = json!({"seats": ["A-1-2"]});
        server
            .post(&holds, &body)
            .by(&me)
            .key("during-the-outage")
            .send()
    };
    let refused = ask().await;
    refused.assert_problem(503, "JOURNAL_UNAVAILABLE");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    for part in ["seats", "layout", "availability"] {
        let reply = server.get(&format!("/showtimes/{id}/{part}")).send().await;
        assert_eq!(reply.status, 200, "{part}");
    }
    let map = server
        .get(&format!("/showtimes/{id}/seats?status=RESERVED"))
        .send()
        .await;
    let reserved = map.body["data"]["seats"].as_array().unwrap();
    assert_eq!(
        reserved.len(),
        1,
        "what is not durable is not shown: {}",
        map.text
    );
    let list = server.get("/showtimes").send().await;
    list.assert_problem(503, "JOURNAL_UNAVAILABLE");
    until_ready_is(&server, 503).await;
    assert_eq!(server.ask_ops("/livez").send().await.status, 200);
    cluster.start().await;
    let again = until_answered(ask).await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(
        again.header("idempotent-replayed"),
        "true",
        "the first was not lost"
    );
    assert_eq!(server.seq(&id).await, 3);
    server.assert_consistent(&id).await;
    until_ready_is(&server, 200).await;
    server.stop().await;
}

/// A database that does not answer is noticed after some failures in a row, and so is its return.
async fn until_ready_is(server: &TestServer, status: u16) {
    let asking = async {
        while server.ask_ops("/readyz").send().await.status != status {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), asking)
        .await
        .unwrap();
}

/// Asks as a patient client does, until the answer is not 503.
async fn until_answered<F: Future<Output = crate::support::Reply>>(
    ask: impl Fn() -> F,
) -> crate::support::Reply {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let reply = ask().await;
        if reply.status != 503 || Instant::now() > deadline {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
