//! What answers may occupy: memory within a bound, shared by all who take the same, and nobody's for
//! long or more than their share.

use std::time::Duration;

use axum::http::Request;
use bytes::Bytes;
use fullhouse::server::Ended;
use h2::RecvStream;
use h2::client::SendRequest;
use reqwest::Method;
use serde_json::json;
use testkit::waiting::eventually;
use tokio::net::TcpStream;

use crate::support::{TestServer, buyer, editor, layout};

/// Long enough for any machine; the server's own times are far below.
const PATIENCE: Duration = Duration::from_mins(1);

/// A client who takes nothing of any answer.
struct Client {
    connection: SendRequest<Bytes>,
    /// Its address, if the server believes what it says of that.
    address: String,
}

impl Client {
    async fn at(server: &TestServer, last: u8) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let mut builder = h2::client::Builder::new();
        let (client, connection) = builder
            .initial_window_size(0)
            .handshake(stream)
            .await
            .unwrap();
        tokio::spawn(connection);
        Self {
            connection: client.ready().await.unwrap(),
            address: format!("192.0.2.{last}"),
        }
    }

    /// Asks, and gets the answer's status and its body, of which nothing is taken.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> (u16, RecvStream) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://x{path}"))
            .header("x-forwarded-for", &self.address)
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(()).unwrap();
        let sent = self.connection.send_request(request, body.is_empty());
        let (answer, mut sends) = sent.unwrap();
        if !body.is_empty() {
            sends.send_data(Bytes::from(body.to_owned()), true).unwrap();
        }
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let answer = answer.unwrap().unwrap();
        (answer.status().as_u16(), answer.into_body())
    }

    async fn get(&mut self, path: &str, token: Option<&str>) -> (u16, RecvStream) {
        self.ask(Method::GET, path, token, "").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_keeps_its_place_and_loses_it_in_time() {
    let flags = [
        "--requests-max=5",
        "--request-timeout-ms=1500",
        "--call-timeout-ms=1000",
    ];
    let server = TestServer::with_flags(&flags).await;
    let id = server.showtime(&layout(&[("1", 100)])).await;
    let mut client = Client::at(&server, 2).await;
    let mut unread = Vec::new();
    for _ in 0..5 {
        let path = format!("/api/v1/showtimes/{id}/seats");
        unread.push(client.get(&path, None).await.1);
    }
    // All five have been answered, and their answers are still there.
    server
        .get("/showtimes")
        .send()
        .await
        .assert_problem(503, "OVERLOADED");
    for body in &mut unread {
        let reset = tokio::time::timeout(PATIENCE, body.data()).await.unwrap();
        assert!(reset.is_none_or(|piece| piece.is_err()), "taken after all");
    }
    // The connection itself goes on: a gateway's other streams are none of this one's business.
    assert_eq!(client.get("/health", None).await.0, 200);
    eventually("the places come back", async || {
        server.get("/showtimes").send().await.status == 200
    })
    .await;
}

/// Memory for answers in these tests: a mebibyte, of which a sixth is for small ones.
const MEMORY: usize = 1 << 20;
const LARGE: usize = MEMORY - MEMORY / 6;
const SMALL: usize = MEMORY / 6;

async fn server_with_little_memory() -> TestServer {
    let memory = format!("--answer-bytes-max={MEMORY}");
    let flags = [
        &memory,
        "--request-timeout-ms=20000",
        "--rate-per-address=100000/s",
        "--rate-per-staff=100000/s",
        "--rate-of-reads=100000/s",
        "--rate-of-writes=100000/s",
        "--rate-of-holds=100000/s",
        // Each client says where it is.
        "--trusted-proxies=127.0.0.0/8",
    ];
    TestServer::with_flags(&flags).await
}

/// A list that nobody shares, of two hundred entries.
async fn journal_page(server: &TestServer) -> (String, usize) {
    let id = server.showtime(&layout(&[("1", 500), ("2", 500)])).await;
    let who = buyer();
    for _ in 0..100 {
        let wish = json!({"best_available": {"quantity": 1}});
        let path = format!("/showtimes/{id}/holds");
        let held = server.post(&path, &wish).by(&who).send().await;
        let path = format!("{path}/{}", held.hold_id());
        server.delete(&path).by(&who).send().await;
    }
    let path = format!("/showtimes/{id}/journal?limit=200");
    let one = server.get(&path).by(&editor()).send().await;
    assert_eq!(one.status, 200);
    (format!("/api/v1{path}"), one.bytes.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_shares_are_bounded_together_and_for_each_address() {
    let server = server_with_little_memory().await;
    let (page, bytes) = journal_page(&server).await;
    let (fit, share) = (LARGE / bytes, LARGE / 8 / bytes);
    assert!(
        share >= 1 && fit > share,
        "{bytes} bytes are no size for this"
    );
    let clerk = editor();
    let mut unread = Vec::new();
    let mut statuses = Vec::new();
    // All that one address may have on its way, and one more.
    let mut first = Client::at(&server, 2).await;
    for _ in 0..=share {
        let (status, body) = first.get(&page, Some(&clerk)).await;
        statuses.push(status);
        unread.push(body);
    }
    assert_eq!(statuses.pop(), Some(429));
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    // What is small has a share of its own.
    assert_eq!(first.get("/health", None).await.0, 200);
    // Others have theirs, until the memory is full.
    let mut from = 3;
    loop {
        let mut other = Client::at(&server, from).await;
        let (status, body) = other.get(&page, Some(&clerk)).await;
        unread.push(body);
        from += 1;
        if status != 200 {
            assert_eq!(status, 503);
            break;
        }
        statuses.push(status);
    }
    assert_eq!(statuses.len(), fit);
    assert_eq!(unread.len(), fit + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_free_again_when_its_answers_are_taken() {
    let server = server_with_little_memory().await;
    let (page, bytes) = journal_page(&server).await;
    let clerk = editor();
    // Far more than a share, one after the other.
    for _ in 0..LARGE / bytes * 2 {
        let path = page.strip_prefix("/api/v1").unwrap();
        let reply = server.get(path).by(&clerk).send().await;
        assert_eq!((reply.status, reply.bytes.len()), (200, bytes));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_shares_takes_nobodys_memory() {
    let server = server_with_little_memory().await;
    // The page's script alone is larger than all memory for answers.
    let script = server
        .ask_at(Method::GET, "/docs/swagger-ui-bundle.js")
        .send()
        .await;
    assert!(script.bytes.len() > MEMORY, "{}", script.bytes.len());
    let mut clients = Vec::new();
    let mut unread = Vec::new();
    for from in 2..6 {
        let mut client = Client::at(&server, from).await;
        for _ in 0..8 {
            let (status, body) = client.get("/docs/swagger-ui-bundle.js", None).await;
            assert_eq!(status, 200);
            unread.push(body);
        }
        clients.push(client);
    }
    assert_eq!((clients.len(), unread.len()), (4, 32));
}

/// A page of the list is made once a second for all who read it.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_list_takes_memory_once_however_many_leave_it_untaken() {
    let server = server_with_little_memory().await;
    for _ in 0..50 {
        server.showtime(&layout(&[("1", 1)])).await;
    }
    let page = server.get("/showtimes?limit=50").send().await;
    let mut unread = Vec::new();
    let mut clients = Vec::new();
    // Together far more than there is memory, if each took some.
    while unread.len() * page.bytes.len() < 4 * MEMORY {
        let mut client = Client::at(&server, 1).await;
        for _ in 0..16 {
            let (status, body) = client.get("/api/v1/showtimes?limit=50", None).await;
            assert_eq!(status, 200, "after {}", unread.len());
            unread.push(body);
        }
        clients.push(client);
    }
    assert!(clients.len() > 1);
}

/// Nobody's share is the proxy's.
#[tokio::test(flavor = "multi_thread")]
async fn requests_of_which_only_a_proxy_is_known_have_no_share() {
    let server = server_with_little_memory().await;
    let (page, bytes) = journal_page(&server).await;
    let mut proxy = Client::at(&server, 1).await;
    "127.0.0.9".clone_into(&mut proxy.address);
    let mut unread = Vec::new();
    for _ in 0..LARGE / bytes {
        let (status, body) = proxy.get(&page, Some(&editor())).await;
        assert_eq!(status, 200);
        unread.push(body);
    }
    assert_eq!(proxy.get(&page, Some(&editor())).await.0, 503);
    assert_eq!(unread.len(), LARGE / bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_told_also_when_there_is_no_memory_to_look() {
    let server = server_with_little_memory().await;
    let id = server.showtime(&layout(&[("1", 100)])).await;
    let look = format!("/api/v1/showtimes/{id}");
    // Small answers in the way of everybody: each address has a quarter of their memory.
    let mut unread = Vec::new();
    let mut full = false;
    for from in 2..40 {
        let mut client = Client::at(&server, from).await;
        let mut status = 200;
        while status == 200 && unread.len() < SMALL {
            let (answered, body) = client.get(&look, None).await;
            status = answered;
            unread.push(body);
            // An HTTP/2 connection has at most 64 streams.
            if unread.len() % 60 == 0 {
                client = Client::at(&server, from).await;
            }
        }
        full = status == 503;
        if full {
            break;
        }
    }
    assert!(full, "{} small answers found room", unread.len());
    let mut buying = Client::at(&server, 100).await;
    let wish = json!({"best_available": {"quantity": 1}}).to_string();
    let holds = format!("{look}/holds");
    let (status, _) = buying
        .ask(Method::POST, &holds, Some(&buyer()), &wish)
        .await;
    assert_eq!(status, 201);
    assert_eq!(buying.get(&look, None).await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_missed_much_reads_what_all_share() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 500), ("2", 500)])).await;
    let seats = format!("/showtimes/{id}/seats");
    let then = server.seq(&id).await;
    let block = |row: &str, seats: u32| {
        let seats: Vec<String> = (1..=seats).map(|seat| format!("A-{row}-{seat}")).collect();
        json!({"seats": seats, "reason": "a rehearsal"})
    };
    let path = format!("/showtimes/{id}/block");
    let blocked = server.post(&path, &block("1", 500)).by(&editor());
    assert_eq!(blocked.send().await.status, 200);
    let some = server
        .get(&format!("{seats}?since_seq={then}"))
        .send()
        .await;
    assert_eq!(some.body["data"]["full"], false);
    assert_eq!(some.body["data"]["seats"].as_array().unwrap().len(), 500);
    let blocked = server.post(&path, &block("2", 1)).by(&editor());
    assert_eq!(blocked.send().await.status, 200);
    let all = server
        .get(&format!("{seats}?since_seq={then}"))
        .send()
        .await;
    assert_eq!(all.body["data"]["full"], true);
    assert_eq!(all.bytes, server.get(&seats).send().await.bytes);
}

/// Everything that a map's answer says but the map, and nothing of what it takes to make one.
#[tokio::test]
async fn who_asks_for_the_head_of_a_map_has_none_rendered() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 20)])).await;
    let path = format!("/showtimes/{id}/seats");
    let map = server.get(&path).send().await;
    let head = server.ask(Method::HEAD, &path).send().await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    for name in ["etag", "cache-control", "vary", "content-type"] {
        assert_eq!(head.header(name), map.header(name), "{name}");
    }
    // A length is what only a rendered map has.
    assert!(map.text.len() > 1_000);
    assert_eq!(head.header("content-length"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_breaks_no_promise_of_a_stop() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 100)])).await;
    let mut client = Client::at(&server, 2).await;
    let path = format!("/api/v1/showtimes/{id}/seats");
    let (status, _unread) = client.get(&path, None).await;
    assert_eq!(status, 200);
    assert_eq!(server.stop().await, Ended::Drained);
}
