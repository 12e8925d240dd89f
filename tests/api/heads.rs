//! The head of a request: whatever could be read in two ways is not read at all.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestServer, buyer, editor, layout};

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer to bytes that no client library would send.
struct Raw {
    status: u16,
    head: String,
    body: Value,
}

impl Raw {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines();
        let mut headers = lines.filter_map(|line| line.split_once(": "));
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    /// A whole problem document, also where no route has seen the request.
    fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        assert_eq!(self.body["code"], code, "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        assert_eq!(self.header("x-frame-options"), "DENY");
        let policy = self.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(self.header("cache-control"), "no-store");
    }
}

/// Sends these bytes, and reads the answer to the end of the connection.
async fn send(server: &TestServer, request: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(read.unwrap().is_ok());
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Raw {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: serde_json::from_str(body).unwrap_or_default(),
    }
}

fn get(headers: &str) -> String {
    format!("GET /api/v1/showtimes HTTP/1.1\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn what_the_http_library_refuses_is_a_problem_document_too() {
    let server = TestServer::start().await;
    let many: Vec<String> = (0..70).map(|at| format!("x-{at}: 1\r\n")).collect();
    let many = many.concat();
    let many = get(&format!("host: x\r\n{many}"));
    let cases: [(&[u8], u16, &str); 6] = [
        (b"\x00\x01\x02\r\n\r\n", 400, "MALFORMED_REQUEST"),
        (
            b"GET / HTTP/7.0\r\nhost: x\r\n\r\n",
            400,
            "MALFORMED_REQUEST",
        ),
        (
            b"GET /a b HTTP/1.1\r\nhost: x\r\n\r\n",
            400,
            "MALFORMED_REQUEST",
        ),
        (
            b"GET / HTTP/1.1\r\nhost : x\r\n\r\n",
            400,
            "MALFORMED_REQUEST",
        ),
        (
            b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n",
            400,
            "MALFORMED_REQUEST",
        ),
        (many.as_bytes(), 431, "HEADERS_TOO_LARGE"),
    ];
    for (request, status, code) in cases {
        let answer = send(&server, request).await;
        answer.assert_problem(status, code);
        assert_eq!(answer.header("connection"), "close");
    }
    // Also after requests that were fine.
    let after = "GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/7\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(after.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert!(answers.starts_with("HTTP/1.1 200"), "{answers}");
    assert!(answers.contains("MALFORMED_REQUEST"), "{answers}");
}

#[tokio::test]
async fn a_request_says_once_for_which_host_it_is() {
    let server = TestServer::start().await;
    for headers in [
        "",
        "host: \r\n",
        "host: a b\r\n",
        "host: a/b\r\n",
        "host: me@x\r\n",
        "host: x:port\r\n",
        "host: x\r\nhost: x\r\n",
        "host: x\r\nhost: y\r\n",
    ] {
        let answer = send(&server, get(headers).as_bytes()).await;
        answer.assert_problem(400, "MALFORMED_REQUEST");
        assert_eq!(answer.body["errors"][0]["field"], "Host", "{headers:?}");
    }
    for headers in [
        "host: x\r\n",
        "host: tickets.example:8080\r\n",
        "host: [::1]:80\r\n",
    ] {
        assert_eq!(
            send(&server, get(headers).as_bytes()).await.status,
            200,
            "{headers}"
        );
    }
    let old = b"GET /health HTTP/1.0\r\n\r\n";
    assert_eq!(send(&server, old).await.status, 200);
}

#[tokio::test]
async fn a_header_with_one_value_is_not_given_twice() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let clerk = editor();
    let good = [
        ("Authorization", format!("Bearer {clerk}")),
        ("Content-Type", "application/json".to_owned()),
        ("Idempotency-Key", "k".to_owned()),
        ("X-Request-Id", "r".to_owned()),
    ];
    let body = r#"{"seats": ["A-1-1"]}"#;
    for (name, value) in &good {
        let all: Vec<String> = good
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let all = all.concat();
        let request = format!(
            "POST /api/v1/showtimes/{id}/holds HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-length: {}\r\n{all}{name}: {value}\r\n\r\n{body}",
            body.len()
        );
        let answer = send(&server, request.as_bytes()).await;
        answer.assert_problem(400, "MALFORMED_REQUEST");
        assert_eq!(answer.body["errors"][0]["field"], *name);
        let is_own = answer.header("x-request-id") == "r";
        assert_eq!(is_own, *name != "X-Request-Id");
    }
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn quoted_keys_are_the_keys_that_they_quote() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let me = buyer();
    let ask = async |key: &str| {
        let path = format!("/showtimes/{id}/holds");
        let wish = serde_json::json!({"best_available": {"quantity": 1}});
        server.post(&path, &wish).by(&me).key(key).send().await
    };
    let first = ask(r#"a"b\c"#).await;
    assert_eq!(first.status, 201);
    let again = ask(r#""a\"b\\c""#).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.hold_id(), first.hold_id());
    for wrong in [r#""a"#, r#""a\""#, r#""a\b""#, r#""a"b"#, r#""""#] {
        let reply = ask(wrong).await;
        reply.assert_invalid("Idempotency-Key");
        assert!(reply.body["errors"][0].get("pointer").is_none());
    }
}

/// Nothing that turns or hides the text around it comes back or stands in a log.
#[tokio::test]
async fn an_id_that_is_not_fit_for_a_log_is_replaced() {
    let server = TestServer::start().await;
    for id in ["a b", "\u{202e}x", "\u{200b}", "x\u{7f}"] {
        let answer = send(
            &server,
            get(&format!("host: x\r\nx-request-id: {id}\r\n")).as_bytes(),
        )
        .await;
        if answer.status == 200 {
            assert_eq!(answer.header("x-request-id").len(), 32, "{id:?}");
        } else {
            answer.assert_problem(400, "MALFORMED_REQUEST");
        }
    }
}

#[tokio::test]
async fn only_where_the_client_speaks_tls_is_it_told_to_go_on_so() {
    let proxied = TestServer::with_flags(&["--trusted-proxies", "127.0.0.1/32"]).await;
    let direct = TestServer::start().await;
    for (server, proto, strict) in [
        (&proxied, "https", true),
        (&proxied, "HTTPS , http", true),
        (&proxied, "http, https", false),
        (&proxied, "http", false),
        (&direct, "https", false),
    ] {
        for path in ["/api/v1/showtimes", "/nowhere"] {
            let asking = server.ask_at(reqwest::Method::GET, path);
            let reply = asking.header("x-forwarded-proto", proto).send().await;
            let said = reply.header("strict-transport-security");
            assert_eq!(said.contains("max-age=63072000"), strict, "{path} {proto}");
        }
    }
}
