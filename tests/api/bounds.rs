//! How much may be sent: counted before it is looked up, measured before it is read.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestServer, buyer, editor, layout};

/// Names are never resolved beyond the bound: the one error is about their number.
#[tokio::test]
async fn lists_are_counted_before_their_names_are_looked_up() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    let (holds, block) = (
        format!("/showtimes/{id}/holds"),
        format!("/showtimes/{id}/block"),
    );
    let names = |count: usize| vec!["x"; count];
    let areas = |count: usize| vec![json!({"section": "x", "quantity": 1}); count];
    let best = |filters: Value| {
        let mut best = json!({"quantity": 1});
        best.as_object_mut()
            .unwrap()
            .extend(filters.as_object().unwrap().clone());
        json!({"best_available": best})
    };
    let cases = [
        (&holds, "seats", 10, json!({"seats": names(11)})),
        (&holds, "areas", 10, json!({"areas": areas(11)})),
        (
            &holds,
            "best_available.sections",
            600,
            best(json!({"sections": names(601)})),
        ),
        (
            &holds,
            "best_available.price_tiers",
            100,
            best(json!({"price_tiers": names(101)})),
        ),
        (
            &block,
            "seats",
            10_000,
            json!({"seats": names(10_001), "reason": "x"}),
        ),
        (
            &block,
            "areas",
            600,
            json!({"areas": areas(601), "reason": "x"}),
        ),
    ];
    for (path, field, most, body) in cases {
        let reply = server.post(path, &body).by(&editor()).send().await;
        reply.assert_invalid(field);
        let errors = reply.body["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{}", reply.text);
        let message = errors[0]["message"].as_str().unwrap();
        let wanted = format!("at most {most} are allowed, and {} were sent", most + 1);
        assert_eq!(message, wanted, "{field}");
    }
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn only_what_describes_a_layout_may_be_long() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let padded = |body: &str, bytes: usize| format!("{}{body}", " ".repeat(bytes - body.len()));
    let seats = r#"{"seats": ["A-1-1"]}"#;
    let holds = format!("/showtimes/{id}/holds");
    for (bytes, status) in [(16 << 10, 201), ((16 << 10) + 1, 413)] {
        let asking = server.ask(Method::POST, &holds).by(&buyer());
        let reply = asking.bytes(padded(seats, bytes)).send().await;
        assert_eq!(reply.status, status, "{}", reply.text);
        if status == 413 {
            let said = reply.body["detail"].as_str().unwrap();
            assert!(
                said.contains("16384") && said.contains("16385"),
                "the bound and what was sent: {said}"
            );
        }
    }
    let block = format!("/showtimes/{id}/block");
    let seats = r#"{"seats": ["A-1-2"], "reason": "x"}"#;
    for (bytes, status) in [(1 << 20, 200), ((1 << 20) + 1, 413)] {
        let asking = server.ask(Method::POST, &block).by(&editor());
        let reply = asking.bytes(padded(seats, bytes)).send().await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
}

/// Who asks before sending is told before sending, and nothing of the body is waited for.
#[tokio::test]
async fn a_body_that_is_announced_too_long_is_never_sent() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /api/v1/showtimes/{id}/holds HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 16385\r\nexpect: 100-continue\r\n\r\n",
        buyer()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(20), read)
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(
        answer.contains("16384") && answer.contains("16385"),
        "{answer}"
    );
}
