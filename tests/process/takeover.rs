//! Two servers on one database: the newer owner alone may promise anything.

use rustix::process::Signal;
use serde_json::{Value, json};
use test_database::TestDatabase;

use crate::program::{Home, Program, assert_verified, token};

const THEATRE: &str = "019b76da-a800-7000-8000-000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_server_never_acknowledges_again_after_another_took_over() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    let (editor, buyer) = (token("EDITOR").await, token("USER").await);
    let old = Program::start(home).await;
    let (status, first) = hold(&old, &buyer, "ORCH-A-1").await;
    assert_eq!(status, 201, "{first}");
    old.signal(Signal::STOP);
    let new = Program::start(home).await;
    // What the old one had acknowledged, the new one knows.
    let (status, body) = hold(&new, &buyer, "ORCH-A-1").await;
    assert_eq!((status, &body["code"]), (409, &json!("SEATS_UNAVAILABLE")));
    let (status, body) = hold(&new, &editor, "ORCH-A-2").await;
    assert_eq!(status, 201, "{body}");
    old.signal(Signal::CONT);
    // The old one believes these seats to be free. It must not give away a single one.
    for seat in ["ORCH-A-2", "ORCH-A-3", "ORCH-A-4", "ORCH-A-5", "ORCH-A-6"] {
        let (status, body) = hold(&old, &editor, seat).await;
        assert!(
            status >= 500,
            "the deposed server answered {status}: {body}"
        );
        assert_eq!(body["success"], false);
    }
    let granted = first["data"]["hold_id"].as_str().unwrap();
    let confirm = format!("/{THEATRE}/holds/{granted}/confirm");
    let (status, body) = old.post(&confirm, &editor, &json!({})).await.unwrap();
    assert!(
        status >= 500,
        "the deposed server answered {status}: {body}"
    );
    assert_eq!(
        old.ready().await,
        503,
        "a deposed server asks to be restarted"
    );
    // The new one still sells, and everything adds up.
    let (status, body) = new.post(&confirm, &editor, &json!({})).await.unwrap();
    assert_eq!(status, 200, "{body}");
    for seat in ["ORCH-A-3", "ORCH-A-4"] {
        assert_eq!(hold(&new, &editor, seat).await.0, 201);
    }
    let (_, audit) = new.get(&format!("/{THEATRE}/audit"), &editor).await;
    assert_eq!(audit["data"]["differences"], json!([]));
    assert_verified(home).await;
    old.kill9().await;
    assert_eq!(new.terminate().await, 0);
}

async fn hold(server: &Program, token: &str, seat: &str) -> (u16, Value) {
    server
        .post(
            &format!("/{THEATRE}/holds"),
            token,
            &json!({"seats": [seat]}),
        )
        .await
        .unwrap()
}
