//! Codes that are sent to phones, and what they open.

mod limits;
mod own_phone;
mod passwordless;
mod repeated;
mod twilio;
mod twilio_server;

use std::sync::Arc;

use actors::clock::{Clock, ManualClock};
use seating::timestamp::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use test_database::TestDatabase;

use super::text;
use crate::support::{Asking, Reply, TestServer, layout, seals};

const PHONE: &str = "+919876543210";
const OTHER: &str = "+447700900123";

/// Which code each number was sent last.
const CODE_IDS: &str = "select coalesce(jsonb_object_agg(phone, code_id), '{}')::text \
    from phone_codes where code_id is not null";

impl TestServer {
    /// With flags, under a clock that the test moves.
    async fn with_clock_and(flags: &[&str]) -> (Self, Arc<ManualClock>) {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000));
        let clock = Arc::new(clock);
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let database = Arc::new(TestDatabase::create().await);
        (Self::on(database, shared, flags).await, clock)
    }

    pub(crate) fn asking_for_code(&self, phone: &str) -> Asking {
        self.post("/auth/otp/request", &json!({"phone": phone}))
    }

    /// Has a number sent a code, which is given.
    pub(crate) async fn code(&self, phone: &str) -> String {
        let asked = self.asking_for_code(phone).send().await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        self.newest_code(phone).await
    }

    /// The code that a number was sent last, as its message has it.
    pub(crate) async fn newest_code(&self, phone: &str) -> String {
        let ids: Value = serde_json::from_str(&self.sql().text(CODE_IDS).await.unwrap()).unwrap();
        let id = text(&ids, phone).parse().unwrap();
        seals().phone_code(id, phone).expose_secret().to_owned()
    }

    fn entering(&self, phone: &str, code: &str) -> Asking {
        let body = json!({"phone": phone, "code": code});
        self.post("/auth/otp/verify", &body)
    }

    pub(crate) async fn enter(&self, phone: &str, code: &str) -> Reply {
        self.entering(phone, code).send().await
    }

    /// Has a number sent a code, and signs in with it.
    pub(crate) async fn by_phone(&self, phone: &str) -> Value {
        let code = self.code(phone).await;
        let entered = self.enter(phone, &code).await;
        assert!(entered.status < 300, "{}", entered.text);
        entered.body["data"].clone()
    }

    async fn count(&self, query: &'static str) -> i32 {
        self.sql().number(query).await.unwrap()
    }
}

/// Six digits that are not the code.
fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

/// What of an answer everybody gets, whoever they are.
fn told(reply: &Reply) -> (u16, Value) {
    let mut body = reply.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    (reply.status, body)
}

#[tokio::test]
async fn a_code_makes_an_account_and_the_next_one_signs_in_to_it() {
    let (server, clock) = TestServer::with_clock().await;
    let code = server.code(PHONE).await;
    let body = json!({"phone": PHONE, "code": code, "name": "Ann Lee"});
    let first = server.post("/auth/otp/verify", &body).send().await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.header("location"), "/api/v1/users/me");
    assert!(
        first
            .header("set-cookie")
            .starts_with("__Secure-fullhouse_refresh=")
    );
    let ann = &first.body["data"];
    assert_eq!(
        (ann["token_type"].as_str(), ann["expires_in"].as_u64()),
        (Some("Bearer"), Some(900))
    );
    let user = &ann["user"];
    assert_eq!(user["name"], "Ann Lee");
    assert_eq!(
        (&user["email"], &user["email_verified"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(
        (&user["phone"], &user["phone_verified"]),
        (&json!(PHONE), &json!(true))
    );
    assert_eq!(user["role"], "USER");

    clock.advance_seconds(60);
    let again = server.by_phone(PHONE).await;
    assert_eq!(again["user"]["user_id"], user["user_id"]);
    assert_eq!(again["user"]["name"], "Ann Lee");
    let refreshed = server.refresh(text(&again, "refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    // They buy as everybody does, and whoever says no name has one.
    let showtime = server.showtime(&layout(&[("1", 4)])).await;
    let held = server
        .hold(&showtime, text(&again, "access_token"), &["A-1-1"])
        .await;
    assert_eq!(held.status, 201, "{}", held.text);
    let guest = server.by_phone(OTHER).await;
    assert_eq!(guest["user"]["name"], "Guest");
    let logged = "select count(*)::int from audit_log where action = 'account.created'";
    assert_eq!(server.count(logged).await, 2);
}

/// Only a digest of it is kept, and one that nobody without the secret can make.
#[tokio::test]
async fn no_code_is_kept() {
    let (server, _clock) = TestServer::with_clock().await;
    let code = server.code(PHONE).await;
    let kept = "select to_jsonb(c)::text from phone_codes c";
    let kept = server.sql().text(kept).await.unwrap();
    assert!(!kept.contains(&code), "{kept}");
    let plain = "select count(*)::int from phone_codes, generate_series(0, 999999) n \
        where digest = substring(sha256(convert_to(lpad(n::text, 6, '0'), 'UTF8')) for 16)";
    assert_eq!(server.count(plain).await, 0);
}

#[tokio::test]
async fn five_wrong_codes_are_looked_at_and_then_none_is_right() {
    let (server, clock) = TestServer::with_clock().await;
    let code = server.code(PHONE).await;
    let guesses: Vec<String> = (0..4).map(|_| wrong(&code)).collect();
    let guesses = guesses.iter().map(|guess| server.enter(PHONE, guess));
    for reply in futures::future::join_all(guesses).await {
        reply.assert_problem(401, "INVALID_CODE");
    }
    // The fifth may be right: here it is not either.
    let fifth = server.enter(PHONE, &wrong(&code)).await;
    fifth.assert_problem(401, "INVALID_CODE");
    let late = server.enter(PHONE, &code).await;
    assert_eq!(told(&late), told(&fifth));
    assert_eq!(server.count("select count(*)::int from accounts").await, 0);
    clock.advance_seconds(60);
    let fresh = server.code(PHONE).await;
    // The one before opens nothing, the new one does.
    server
        .enter(PHONE, &code)
        .await
        .assert_problem(401, "INVALID_CODE");
    assert_eq!(server.enter(PHONE, &fresh).await.status, 201);
    let counted = server.ask_ops("/metrics").send().await;
    assert!(
        counted
            .text
            .contains("fullhouse_code_checks_total{outcome=\"wrong\"}")
    );
    assert!(
        counted
            .text
            .contains("fullhouse_codes_total{outcome=\"sent\"}")
    );
}

/// However a code is not good, nobody learns why.
#[tokio::test]
async fn a_code_is_good_once_for_five_minutes_for_its_own_number() {
    let (server, clock) = TestServer::with_clock().await;
    let never_asked = server.enter(PHONE, "123456").await;
    never_asked.assert_problem(401, "INVALID_CODE");
    let (mine, theirs) = (server.code(PHONE).await, server.code(OTHER).await);
    let of_another = server.enter(PHONE, &theirs).await;
    assert_eq!(server.enter(PHONE, &mine).await.status, 201);
    let used = server.enter(PHONE, &mine).await;
    clock.advance_seconds(299);
    assert_eq!(server.enter(OTHER, &theirs).await.status, 201);
    let in_time = server.code(PHONE).await;
    clock.advance_seconds(300);
    let expired = server.enter(PHONE, &in_time).await;
    for reply in [of_another, used, expired] {
        assert_eq!(told(&reply), told(&never_asked));
    }
    assert_eq!(server.count("select count(*)::int from accounts").await, 2);
    assert_eq!(server.count("select count(*)::int from sessions").await, 2);
}

#[tokio::test]
async fn of_fifty_guesses_at_once_five_are_looked_at() {
    let (server, _clock) = TestServer::with_clock().await;
    let code = server.code(PHONE).await;
    let guess = wrong(&code);
    let guesses = (0..50).map(|_| server.enter(PHONE, &guess));
    for reply in futures::future::join_all(guesses).await {
        reply.assert_problem(401, "INVALID_CODE");
    }
    assert_eq!(server.count("select attempts from phone_codes").await, 5);
    server
        .enter(PHONE, &code)
        .await
        .assert_problem(401, "INVALID_CODE");
}

#[tokio::test]
async fn of_fifty_right_codes_at_once_one_opens_the_account() {
    let (server, _clock) = TestServer::with_clock().await;
    let code = server.code(PHONE).await;
    let all = (0..50).map(|_| server.enter(PHONE, &code));
    let all = futures::future::join_all(all).await;
    let mut statuses: Vec<u16> = all.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(
        statuses[1..].iter().all(|status| *status == 401),
        "{statuses:?}"
    );
    assert_eq!(server.count("select count(*)::int from sessions").await, 1);
}

#[tokio::test]
async fn nobody_is_told_who_has_an_account() {
    let (server, clock) = TestServer::with_clock().await;
    server.by_phone(PHONE).await;
    // A number that stands in a profile and was never proved is nobody's.
    let mut bob = super::somebody("bob@example.com");
    bob["phone"] = "+919876543299".into();
    let bob = server.post("/auth/register", &bob).send().await;
    clock.advance_seconds(60);
    let mut answers = Vec::new();
    for phone in [PHONE, OTHER, "+919876543299"] {
        let asked = told(&server.asking_for_code(phone).send().await);
        let too_soon = told(&server.asking_for_code(phone).send().await);
        let guess = wrong(&server.newest_code(phone).await);
        let guessed = told(&server.enter(phone, &guess).await);
        assert_eq!((asked.0, too_soon.0, guessed.0), (202, 429, 401));
        answers.push((asked, too_soon, guessed));
    }
    assert_eq!([&answers[1], &answers[2]], [&answers[0]; 2]);
    let code = server.newest_code("+919876543299").await;
    let entered = server.enter("+919876543299", &code).await;
    assert_eq!(entered.status, 201, "{}", entered.text);
    let ids = [&entered.body, &bob.body].map(|body| body["data"]["user"]["user_id"].clone());
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_blocked_account_is_not_opened() {
    let (server, clock) = TestServer::with_clock().await;
    server.by_phone(PHONE).await;
    let block = "update accounts set blocked_at = now()";
    server.sql().execute(block).await.unwrap();
    clock.advance_seconds(60);
    let code = server.code(PHONE).await;
    server
        .enter(PHONE, &wrong(&code))
        .await
        .assert_problem(401, "INVALID_CODE");
    server
        .enter(PHONE, &code)
        .await
        .assert_problem(403, "ACCOUNT_BLOCKED");
    assert_eq!(server.count("select count(*)::int from sessions").await, 1);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let (server, _clock) = TestServer::with_clock().await;
    let body = json!({"phone": "9876543210", "code": "123 456", "name": "", "role": "EDITOR"});
    let wrong = server.post("/auth/otp/verify", &body).send().await;
    wrong.assert_problem(422, "VALIDATION_FAILED");
    let fields = wrong.body["errors"].as_array().unwrap().iter();
    let fields: Vec<&str> = fields.map(|error| text(error, "field")).collect();
    assert_eq!(fields, ["phone", "code", "name", "role"]);
    let said = text(&wrong.body["errors"][1], "message");
    assert!(said.contains("no spaces"), "{said}");
    let wrong = server.post("/auth/otp/request", &json!({})).send().await;
    wrong.assert_invalid("phone");
    assert_eq!(
        server.count("select count(*)::int from phone_codes").await,
        0
    );
}
