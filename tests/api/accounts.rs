//! Registering, signing in, and looking after one's account.

mod api_keys;
mod codes;
mod guessing;
mod links;
mod mail;
mod openid;
mod profile;
mod refresh;
mod repeated;
mod roles;
mod sessions;
mod wrong_fields;

use serde_json::{Value, json};

use crate::support::{Reply, TestServer, layout};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A body that registers somebody.
pub(crate) fn somebody(email: &str) -> Value {
    json!({"name": "Ann Lee", "email": email, "password": PASSWORD})
}

impl TestServer {
    /// Registers somebody and gives what lets them in.
    pub(crate) async fn register(&self, email: &str) -> Value {
        let reply = self.post("/auth/register", &somebody(email)).send().await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body["data"].clone()
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password});
        self.post("/auth/login", &body).send().await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        let body = json!({"refresh_token": token});
        self.post("/auth/refresh", &body).send().await
    }
}

/// A text of an answer.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[tokio::test]
async fn somebody_registers_signs_in_from_two_devices_and_holds_seats() {
    let server = TestServer::start().await;
    let showtime = server.showtime(&layout(&[("1", 4)])).await;
    let first = server.post("/auth/register", &somebody("Ann@Example.com"));
    let first = first.header("user-agent", "phone").send().await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("location"), "/api/v1/users/me");
    let registered = &first.body["data"];
    assert_eq!(registered["token_type"], "Bearer");
    assert_eq!(registered["expires_in"], 900);
    assert_eq!(registered["user"]["role"], "USER");
    assert_eq!(registered["user"]["email"], "Ann@Example.com");
    assert_eq!(registered["user"]["email_verified"], false);

    let second = server.login("ann@example.COM", PASSWORD).await;
    assert_eq!(second.status, 200, "{}", second.text);
    let (phone, desk) = (
        text(registered, "access_token"),
        text(&second.body["data"], "access_token"),
    );
    assert_eq!(server.hold(&showtime, phone, &["A-1-1"]).await.status, 201);
    let held = server.hold(&showtime, desk, &["A-1-2"]).await;
    assert_eq!(held.status, 201);
    // Both devices are one buyer.
    let path = format!("/showtimes/{showtime}/holds/{}", held.hold_id());
    assert_eq!(server.get(&path).by(phone).send().await.status, 200);
}

#[tokio::test]
async fn an_address_has_one_account_and_whoever_wants_another_is_told_so() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    let again = server.post("/auth/register", &somebody("ANN@example.com"));
    again.send().await.assert_problem(409, "EMAIL_TAKEN");
    let sql = server.sql();
    let accounts = sql.number("select count(*)::int from accounts").await;
    assert_eq!(accounts.unwrap(), 1);
}

#[tokio::test]
async fn many_who_register_one_address_at_once_become_one() {
    let server = TestServer::with_flags(&["--passwords-waiting-max", "1000"]).await;
    let all = (0..20).map(|_| {
        server
            .post("/auth/register", &somebody("ann@example.com"))
            .send()
    });
    let all = futures::future::join_all(all).await;
    let mut statuses: Vec<u16> = all.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(
        statuses[1..].iter().all(|status| *status == 409),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_registration_that_is_sent_again_gets_the_first_answer() {
    let server = TestServer::start().await;
    let register = async |email: &str, name: &str| {
        let mut body = somebody(email);
        body["name"] = name.into();
        server.post("/auth/register", &body).key("k-1").send().await
    };
    let first = register("ann@example.com", "Ann").await;
    let again = register("ann@example.com", "Ann").await;
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    for member in ["user", "refresh_token", "session_id"] {
        assert_eq!(first.body["data"][member], again.body["data"][member]);
    }
    let other = register("ann@example.com", "Cleo").await;
    other.assert_problem(422, "IDEMPOTENCY_KEY_REUSED");
    // Whoever has gone on from it has had it, it lets nobody in who is kept out, and then it is over.
    let token = text(&first.body["data"], "refresh_token");
    assert_eq!(server.refresh(token).await.status, 200);
    let changes = [
        "update accounts set blocked_at = null",
        "update sessions set generation = 0; update accounts set blocked_at = now()",
        "update accounts set blocked_at = null; delete from sessions",
    ];
    for change in changes {
        server.sql().execute(change).await.unwrap();
        let late = register("ann@example.com", "Ann").await;
        late.assert_problem(409, "EMAIL_TAKEN");
    }
    // Keys of strangers do not meet.
    assert_eq!(register("bob@example.com", "Ann").await.status, 201);
}

#[tokio::test]
async fn a_full_queue_of_passwords_is_answered_and_others_go_on() {
    let flags = ["--passwords-waiting-max", "1", "--password-threads", "1"];
    let server = TestServer::with_flags(&flags).await;
    server.register("ann@example.com").await;
    let all = (0..20).map(|_| server.login("ann@example.com", PASSWORD));
    let all = futures::future::join_all(all).await;
    assert!(all.iter().any(|reply| reply.status == 200));
    let refused: Vec<&Reply> = all.iter().filter(|reply| reply.status != 200).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        reply.assert_problem(503, "OVERLOADED");
        assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
    }
    // What was not looked at was no guess.
    assert_eq!(server.login("ann@example.com", PASSWORD).await.status, 200);
}
