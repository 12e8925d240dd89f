//! Mail as a real mail server receives it.

mod failures;
mod news;
mod smtp_server;

use std::sync::Arc;

use actors::clock::{Clock, ManualClock};
use seating::timestamp::Timestamp;
use serde_json::json;
use test_database::TestDatabase;

use super::{PASSWORD, somebody, text};
use crate::support::TestServer;
use smtp_server::{SmtpServer, header, token_in};

/// A server that mails, the mail server, and the time of the first.
struct Post {
    server: TestServer,
    smtp: SmtpServer,
    clock: Arc<ManualClock>,
    database: Arc<TestDatabase>,
}

impl Post {
    async fn open(flags: &[&str]) -> Self {
        let smtp = SmtpServer::start(flags).await;
        let url = smtp.url();
        Self::with(smtp, &url).await
    }

    async fn with(smtp: SmtpServer, url: &str) -> Self {
        let database = Arc::new(TestDatabase::create().await);
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000));
        let clock = Arc::new(clock);
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let server = TestServer::mailing(Arc::clone(&database), shared, url).await;
        Self {
            server,
            smtp,
            clock,
            database,
        }
    }

    /// Another process on the same database.
    async fn another(&self, url: &str) -> TestServer {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        TestServer::mailing(Arc::clone(&self.database), clock, url).await
    }
}

#[tokio::test]
async fn the_link_of_the_letter_proves_the_address() {
    let mut post = Post::open(&[]).await;
    let ann = post.server.register("ann@example.com").await;
    let letter = post.smtp.letter("ann@example.com").await;
    let verified = post.server.verify(token_in(&letter)).await;
    assert_eq!(verified.status, 200, "{}", verified.text);
    let me = post.server.get("/users/me");
    let me = me.by(text(&ann, "access_token")).send().await;
    assert_eq!(me.body["data"]["email_verified"], true);
    // One letter, and none of it is kept.
    post.nothing_waits().await;
    assert_eq!(post.smtp.end().await, Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn the_link_of_the_letter_replaces_a_forgotten_password() {
    let mut post = Post::open(&[]).await;
    post.server.register("ann@example.com").await;
    post.smtp.letter("ann@example.com").await;
    post.server.forget("ANN@example.com").await;
    let letter = post.smtp.letter("ann@example.com").await;
    let another = "another horse battery";
    let reset = post.server.reset(token_in(&letter), another).await;
    assert_eq!(reset.status, 200, "{}", reset.text);
    let login = post.server.login("ann@example.com", another).await;
    assert_eq!(login.status, 200, "{}", login.text);
}

#[tokio::test]
async fn a_letter_says_whose_it_is_and_that_no_machine_need_answer() {
    let mut post = Post::open(&[]).await;
    post.server.register("ann@example.com").await;
    let letter = post.smtp.letter("ann@example.com").await;
    assert_eq!(letter["sender"], "no-reply@localhost.localdomain");
    assert_eq!(header(&letter, "Subject"), "Confirm your email address");
    assert_eq!(
        header(&letter, "From"),
        "Fullhouse <no-reply@localhost.localdomain>"
    );
    assert_eq!(letter["people"], json!([["", "ann@example.com"]]));
    assert_eq!(header(&letter, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&letter, "MIME-Version"), "1.0");
    let id = header(&letter, "Message-ID");
    assert!(id.starts_with("<job-") && id.ends_with("@localhost.localdomain>"));
    assert_ne!(header(&letter, "Date"), "");
    // Their link is one unbroken text, however long the line.
    assert!(letter["body"].as_str().unwrap().contains(token_in(&letter)));
}

#[tokio::test]
async fn names_arrive_whole_and_add_nothing() {
    let mut post = Post::open(&[]).await;
    let long = "李".repeat(66);
    let names = [
        "Zoë Ångström-Łukasz 李小龍",
        "Lee, Ann \"Bo\"",
        "Ann <bob@example.com>, Cleo",
        "=?utf-8?q?Bcc=3A_bob@example.com?=",
        "back\\slash (and a comment)",
        &long,
    ];
    for (number, name) in names.into_iter().enumerate() {
        let email = format!("ann{number}@example.com");
        let mut body = somebody(&email);
        body["name"] = name.into();
        let reply = post.server.post("/auth/register", &body).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        // Whoever registers with somebody else's address has nothing to say to them.
        let letter = post.smtp.letter(&email).await;
        assert_eq!(letter["people"], json!([["", email]]));
        assert!(letter["body"].as_str().unwrap().starts_with("Hello,"));
        let verified = post.server.verify(token_in(&letter)).await;
        assert_eq!(verified.status, 200, "{}", verified.text);
        post.server.forget(&email).await;
        let letter = post.smtp.letter(&email).await;
        assert_eq!(letter["people"], json!([[name, email]]));
        let body = letter["body"].as_str().unwrap();
        assert!(body.starts_with(&format!("Hello {name},")), "{body}");
        let headers = letter["headers"].as_array().unwrap();
        let mut headers: Vec<&str> = headers.iter().map(|it| it[0].as_str().unwrap()).collect();
        headers.sort_unstable();
        assert_eq!(headers, HEADERS);
    }
    // What would end a header is no name.
    for name in ["Ann\r\nBcc: bob@example.com", "Ann\nLee", "Ann\u{85}Lee"] {
        let mut body = somebody("cleo@example.com");
        body["name"] = name.into();
        let reply = post.server.post("/auth/register", &body).send().await;
        reply.assert_invalid("name");
    }
}

/// All that a letter has, and each of them once.
const HEADERS: [&str; 9] = [
    "Auto-Submitted",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
];
