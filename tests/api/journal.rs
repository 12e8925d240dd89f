//! `/showtimes/{id}/journal`: what happened, for staff.

use serde_json::json;

use crate::support::{TestServer, buyer, editor, layout};

#[tokio::test]
async fn the_journal_tells_what_happened_without_ticket_codes() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let granted = server.hold(&id, &buyer(), &["A-1-1"]).await;
    let sold = server.confirm(&id, granted.hold_id()).await;
    let code = sold.body["data"]["tickets"][0]["code"].as_str().unwrap();
    let path = format!("/showtimes/{id}/journal");
    let reply = server.get(&path).by(&editor()).send().await;
    let entries = reply.body["data"]["events"].as_array().unwrap();
    let kinds: Vec<&str> = entries
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["opened", "held", "confirmed"]);
    assert_eq!(entries[1]["seats"], json!(["A-1-1"]));
    assert!(
        !reply.text.contains(code),
        "a journal's reader must not be able to walk in with it"
    );
    let page = server
        .get(&format!("{path}?limit=2"))
        .by(&editor())
        .send()
        .await;
    assert_eq!(page.body["data"]["next_after_seq"], 2);
    let rest = server
        .get(&format!("{path}?after_seq=2"))
        .by(&editor())
        .send()
        .await;
    assert_eq!(rest.body["data"]["events"][0]["seq"], 3);
    assert_eq!(rest.body["data"]["next_after_seq"], json!(null));
    for (query, field) in [
        ("after_seq=x", "after_seq"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after_seq=18446744073709551615", "after_seq"),
    ] {
        let reply = server
            .get(&format!("{path}?{query}"))
            .by(&editor())
            .send()
            .await;
        reply.assert_invalid(field);
    }
}
