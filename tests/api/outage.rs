//! While the database is away reads go on and promises wait; when it is back all is as it was.

use serde_json::json;
use test_database::TestCluster;
use testkit::waiting::{eventually, eventually_ok};

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
    // As a patient client does.
    let again = eventually_ok("the journal is back", async || match ask().await {
        refused if refused.status == 503 => Err(refused.text),
        answered => Ok(answered),
    })
    .await;
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
    let ready = async || server.ask_ops("/readyz").send().await.status == status;
    eventually("readiness follows the database", ready).await;
}
