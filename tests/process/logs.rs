//! What an operator can read afterwards: who of the staff did what, and why the journal failed.

use std::fs::File;
use std::time::Duration;

use serde_json::{Value, json};
use test_database::TestCluster;
use testkit::waiting::eventually_ok;

use crate::program::{Home, Program, token};

const THEATRE: &str = "019b76da-a800-7000-8000-000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_who_of_the_staff_asked_and_why_the_journal_failed() {
    let mut cluster = Box::pin(TestCluster::create()).await;
    let url = cluster.url();
    let path = std::env::temp_dir().join(format!("fullhouse-log-{}", uuid::Uuid::new_v4()));
    let log = File::create(&path).unwrap();
    let server = Program::start_logging(Home::Database(&url), log).await;
    let editor = token("EDITOR").await;
    let block = json!({"seats": ["ORCH-A-1"], "reason": "camera"});
    let block_path = format!("/{THEATRE}/block");
    let (status, body) = server.post(&block_path, &editor, &block).await.unwrap();
    assert_eq!(status, 200, "{body}");
    // It is blocked already, and a refusal is logged as well.
    let (status, _) = server.post(&block_path, &editor, &block).await.unwrap();
    assert_eq!(status, 409);
    // A line for each request, which tells the caller by a digest.
    let answered = lines(&path, "a request was answered");
    let blocked = answered.iter().find(|it| it["http.status"] == 200).unwrap();
    assert_eq!(blocked["http.method"], "POST", "{blocked}");
    assert_eq!(blocked["http.route"], "/api/v1/showtimes/{id}/block");
    assert!(blocked["http.duration_ms"].is_number() && blocked["span"]["request.id"].is_string());
    let digest = blocked["caller.digest"].as_str().unwrap();
    assert_eq!(digest.len(), 16, "{blocked}");
    let asked = lines(&path, "staff asked for a command");
    assert_eq!(asked.len(), 2, "{asked:?}");
    let [done, refused] = &asked[..] else { return };
    for line in [done, refused] {
        assert_eq!(line["caller.role"], "EDITOR", "{line}");
        assert_eq!(line["caller.subject"], done["caller.subject"], "{line}");
        assert_eq!(line["command"], "block", "{line}");
        assert_eq!(line["showtime.id"], THEATRE, "{line}");
        assert!(line["span"]["request.id"].is_string(), "{line}");
    }
    assert!(done["journal.seq"].is_u64() && refused["refusal"].is_string());
    cluster.stop().await;
    let best = json!({"best_available": {"quantity": 1}});
    let holds = format!("/{THEATRE}/holds");
    let hold = server.post(&holds, &editor, &best);
    // Nothing can be promised; what counts is what is written down meanwhile.
    let _unanswered = tokio::time::timeout(Duration::from_secs(3), hold).await;
    eventually_ok("the cause is written down", async || {
        let mut causes = lines(&path, "");
        causes.retain(|it| it["level"] == "ERROR" || it["level"] == "WARN");
        let named = causes.iter().any(names_its_cause);
        if named { Ok(()) } else { Err(causes) }
    })
    .await;
    server.kill9().await;
    drop(cluster);
    std::fs::remove_file(&path).unwrap();
}

/// Not only that the database failed: how.
fn names_its_cause(line: &Value) -> bool {
    let error = line["error"].as_str().unwrap_or_default();
    [
        "refused",
        "shutting down",
        "administrator command",
        "No such file",
    ]
    .iter()
    .any(|cause| error.contains(cause))
}

/// The lines of a log with this message, or all.
fn lines(path: &std::path::Path, message: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(path).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut lines: Vec<Value> = lines.collect();
    lines.retain(|line| message.is_empty() || line["message"] == message);
    lines
}
