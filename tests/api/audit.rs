//! `/showtimes/{id}/audit`: everything adds up.

use serde_json::json;

use crate::support::{TestServer, buyer, editor, layout};

#[tokio::test]
async fn audits_agree_while_the_sale_goes_on() {
    let server = TestServer::start().await;
    let rows: Vec<(String, u32)> = (0..10).map(|row| (format!("R{row}"), 20)).collect();
    let rows: Vec<(&str, u32)> = rows
        .iter()
        .map(|(row, seats)| (row.as_str(), *seats))
        .collect();
    let id = server.showtime(&layout(&rows)).await;
    let staff_token = editor();
    let sell = async |n: u32| {
        let wish = json!({"best_available": {"quantity": 1 + n % 3}});
        let holds = format!("/showtimes/{id}/holds");
        let granted = server.post(&holds, &wish).by(&buyer()).send().await;
        if granted.status != 201 {
            return;
        }
        let hold = format!("{holds}/{}", granted.hold_id());
        if n.is_multiple_of(2) {
            server
                .post(&format!("{hold}/confirm"), &json!({}))
                .by(&staff_token)
                .send()
                .await;
        } else {
            server.delete(&hold).by(&staff_token).send().await;
        }
    };
    let selling = futures::future::join_all((0..120).map(sell));
    let auditing = async {
        for _ in 0..10 {
            server.assert_consistent(&id).await;
        }
    };
    tokio::join!(selling, auditing);
    let audit = server.assert_consistent(&id).await;
    assert!(audit["booked"].as_u64().unwrap() > 0);
}
