//! Pages for people: where the links in mails lead.

use reqwest::Method;

use crate::accounts::text;
use crate::support::{Reply, TestServer, seals};
use fullhouse::accounts::Purpose;

impl TestServer {
    async fn press(&self, page: &str, form: String) -> Reply {
        let asking = self.ask_at(Method::POST, page);
        asking.form(form).send().await
    }
}

async fn link(server: &TestServer, purpose: Purpose, query: &'static str) -> String {
    let id = server.sql().text(query).await.unwrap();
    seals().link(purpose, id.parse().unwrap())
}

#[tokio::test]
async fn opening_a_link_does_nothing_and_its_button_confirms_the_address() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let token = link(
        &server,
        Purpose::VerifyEmail,
        "select id::text from account_links",
    )
    .await;
    let page = format!("/account/verify-email?token={token}");
    for _ in 0..3 {
        let opened = server.ask_at(Method::GET, &page).send().await;
        assert_eq!(opened.status, 200);
        assert_eq!(opened.header("content-type"), "text/html; charset=utf-8");
        assert!(
            opened
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
        assert!(opened.text.contains(&token));
    }
    let me = server.get("/users/me").by(text(&ann, "access_token"));
    assert_eq!(me.send().await.body["data"]["email_verified"], false);
    let pressed = server
        .press("/account/verify-email", format!("token={token}"))
        .await;
    assert_eq!(pressed.status, 200, "{}", pressed.text);
    assert!(pressed.text.contains("is confirmed"), "{}", pressed.text);
    // Whoever presses it again reads the same; another who has the link has nothing from it.
    let again = server
        .press("/account/verify-email", format!("token={token}"))
        .await;
    assert_eq!((again.status, again.text), (200, pressed.text));
    let other = server.verify(&token).await;
    other.assert_invalid("token");
}

#[tokio::test]
async fn a_new_password_is_chosen_by_a_form_that_says_what_is_wrong() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    let forgot = serde_json::json!({"email": "ann@example.com"});
    server.post("/auth/password/forgot", &forgot).send().await;
    let newest = "select id::text from account_links where purpose = 'reset_password'";
    let token = link(&server, Purpose::ResetPassword, newest).await;
    let press = async |password: &str| {
        let form = format!("token={token}&password={password}");
        server.press("/account/reset-password", form).await
    };
    let common = press("1234567890").await;
    assert_eq!(common.status, 422);
    assert!(common.text.contains("everybody tries first") && common.text.contains(&token));
    assert_eq!(press("another+horse+battery").await.status, 200);
    assert_eq!(press("another+horse+battery").await.status, 200);
    let used = press("a+third+horse+battery").await;
    assert_eq!(used.status, 422);
    assert!(used.text.contains("not good any more"), "{}", used.text);
    let login = server
        .login("ann@example.com", "another horse battery")
        .await;
    assert_eq!(login.status, 200, "{}", login.text);
}

/// A page that says in words what went wrong, and what to quote.
fn assert_failure(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("style-src"), "{policy}");
    assert!(reply.text.contains("class=\"wrong\""), "{}", reply.text);
    assert!(reply.text.contains(reply.header("x-request-id")));
}

#[tokio::test]
async fn people_read_pages_also_where_something_fails() {
    let server = TestServer::with_flags(&["--rate-of-auth", "1/s:1"]).await;
    let page = "/account/reset-password";
    let nowhere = server.ask_at(Method::GET, "/account/nowhere").send().await;
    assert_failure(&nowhere, 404);
    let odd = server.ask_at(Method::PUT, page).send().await;
    assert_failure(&odd, 405);
    let mut limited = server.press(page, String::new()).await;
    for _ in 0..5 {
        if limited.status != 429 {
            limited = server.press(page, String::new()).await;
        }
    }
    assert_failure(&limited, 429);
    assert!(limited.text.contains("Try again in"), "{}", limited.text);
    assert!(limited.header("retry-after").parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn what_stands_in_a_link_is_shown_and_does_nothing() {
    let server = TestServer::start().await;
    for page in ["verify-email", "reset-password"] {
        let path = format!("/account/{page}?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
        let reply = server.ask_at(Method::GET, &path).send().await;
        assert_eq!(reply.status, 200);
        assert!(!reply.text.contains("<script>"), "{}", reply.text);
        let long = format!("token={}", "x".repeat(5_000));
        let reply = server.press(&format!("/account/{page}"), long).await;
        assert_failure(&reply, 413);
        let reply = server
            .press(&format!("/account/{page}"), String::new())
            .await;
        assert_eq!(reply.status, 422, "{}", reply.text);
    }
}
