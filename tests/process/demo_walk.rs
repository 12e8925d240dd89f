//! The README's walk: the demonstration on its own private cluster, killed and started again.

use serde_json::{Value, json};

use crate::program::{Home, Program, assert_verified, run, token};
use crate::scratch::Scratch;

const THEATRE: &str = "019b76da-a800-7000-8000-000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn two_seats_sold_in_the_demo_are_still_booked_after_kill_9() {
    let scratch = Scratch::new();
    let home = Home::DataDir(&scratch.0);
    let server = Program::start(home).await;
    let (buyer, editor) = (token("USER").await, token("EDITOR").await);
    let seats = json!({"seats": ["ORCH-A-1", "ORCH-A-2"]});
    let (status, granted) = server
        .post(&format!("/{THEATRE}/holds"), &buyer, &seats)
        .await
        .unwrap();
    assert_eq!(status, 201, "{granted}");
    let hold = granted["data"]["hold_id"].as_str().unwrap();
    let confirm = format!("/{THEATRE}/holds/{hold}/confirm");
    let (status, sold) = server.post(&confirm, &editor, &json!({})).await.unwrap();
    assert_eq!(status, 200, "{sold}");
    server.kill9().await;
    let server = Program::start(home).await;
    let (_, map) = server
        .get(&format!("/{THEATRE}/seats?status=BOOKED"), &buyer)
        .await;
    let booked = map["data"]["seats"].as_array().unwrap().iter();
    let booked: Vec<&str> = booked
        .map(|seat| seat["seat_id"].as_str().unwrap())
        .collect();
    assert_eq!(booked, ["ORCH-A-1", "ORCH-A-2"]);
    assert_verified(home).await;
    let (code, lines) = run(home, &["journal", "show", THEATRE]).await;
    assert_eq!(code, 0);
    assert!(
        lines
            .lines()
            .last()
            .unwrap()
            .contains("\"kind\":\"confirmed\""),
        "{lines}"
    );
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_imported_from_the_command_line() {
    let scratch = Scratch::new();
    let home = Home::DataDir(&scratch.0);
    let plan = scratch.0.join("plan.json");
    let document = json!({
        "name": "Hall", "size": {"width": 10, "height": 10},
        "categories": [{"name": "Stalls = best", "color": "#fff"}],
        "zones": [{"name": "Hall", "position": {"x": 0, "y": 0}, "rows": [{"row_number": "1",
            "position": {"x": 0, "y": 0}, "seats": [{"seat_guid": "H-1", "seat_number": "1",
            "position": {"x": 0, "y": 0}, "category": "Stalls = best"}]}], "areas": []}],
    });
    std::fs::write(&plan, document.to_string()).unwrap();
    let file = plan.to_str().unwrap();
    let price = "Stalls = best=150000";
    let arguments = [
        "import-plan",
        file,
        "--showtime-title",
        "Recital",
        "--price",
        price,
    ];
    let (code, id) = run(home, &arguments).await;
    assert_eq!(code, 0, "{id}");
    let id = id.trim().to_owned();
    let server = Program::start(home).await;
    let buyer = token("USER").await;
    let body = json!({"seats": ["H-1"]});
    let (status, granted) = server
        .post(&format!("/{id}/holds"), &buyer, &body)
        .await
        .unwrap();
    assert_eq!(
        (status, &granted["data"]["total"]["amount"]),
        (201, &json!(150_000)),
        "{granted}"
    );
    assert_eq!(server.terminate().await, 0);
    let unpriced = [
        "import-plan",
        file,
        "--showtime-title",
        "Recital",
        "--price",
        "Balcony=1",
    ];
    assert_eq!(run(home, &unpriced).await.0, 1);
    let twice = [&arguments[..], &["--price", "Stalls = best=1"]].concat();
    assert_eq!(
        run(home, &twice).await.0,
        1,
        "which price is meant is not guessed"
    );
    let nowhere = [&arguments[..], &["--stage", "5"]].concat();
    assert_eq!(run(home, &nowhere).await.0, 2);
    let unsold = ["--price", "Stalls = best=none"];
    let unsold = [&arguments[..4], &unsold].concat();
    assert_eq!(run(home, &unsold).await.0, 1, "nothing would be for sale");
    std::fs::write(&plan, format!("{document} {document}")).unwrap();
    assert_eq!(run(home, &arguments).await.0, 1, "a file is one plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_imported_with_its_stage_and_what_is_not_for_sale() {
    let scratch = Scratch::new();
    let home = Home::DataDir(&scratch.0);
    let plan = scratch.0.join("plan.json");
    let seat = |id: &str, category: &str| json!({"seat_guid": id, "category": category});
    let row = |label: &str, y: u32, seats: Value| json!({"row_number": label, "position": {"x": 0, "y": y}, "seats": seats});
    let document = json!({
        "categories": [{"name": "Pillar"}],
        "zones": [{"name": "Hall", "rows": [
            row("back", 0, json!([seat("B-1", "")])),
            row("front", 40, json!([seat("F-1", ""), seat("F-2", "Pillar")])),
        ]}],
    });
    std::fs::write(&plan, document.to_string()).unwrap();
    let file = plan.to_str().unwrap();
    let titled = ["import-plan", file, "--showtime-title", "Recital"];
    let priced = ["--price", "Pillar=none", "--price", "=2500"];
    let seen = ["--stage", "-5,90.5", "--currency", "EUR"];
    let begins = ["--starts-at", "2099-01-31T19:30:00+01:00"];
    let line = [&titled[..], &priced, &seen, &begins].concat();
    let (code, id) = run(home, &line).await;
    assert_eq!(code, 0, "{id}");
    let id = id.trim().to_owned();
    let server = Program::start(home).await;
    let buyer = token("USER").await;
    let (_, layout) = server.get(&format!("/{id}/layout"), &buyer).await;
    assert_eq!(layout["data"]["stage"], json!({"x": -5.0, "y": 90.5}));
    let (_, showtime) = server.get(&format!("/{id}"), &buyer).await;
    assert_eq!(showtime["data"]["starts_at"], "2099-01-31T18:30:00Z");
    let (_, blocked) = server
        .get(&format!("/{id}/seats?status=BLOCKED"), &buyer)
        .await;
    assert_eq!(blocked["data"]["seats"][0]["seat_id"], "F-2", "{blocked}");
    let best = json!({"best_available": {"quantity": 1}});
    let (status, granted) = server
        .post(&format!("/{id}/holds"), &buyer, &best)
        .await
        .unwrap();
    assert_eq!(status, 201, "{granted}");
    let held = &granted["data"];
    assert_eq!(held["seats"][0]["seat_id"], "F-1", "{granted}");
    let price = json!({"amount": 2_500, "currency": "EUR"});
    assert_eq!(held["total"], price, "{granted}");
    assert_eq!(server.terminate().await, 0);
    let no_offset = [&line[..12], &["--starts-at", "2099-01-31T19:30:00"]].concat();
    assert_eq!(run(home, &no_offset).await.0, 2);
}
