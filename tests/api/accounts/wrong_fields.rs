//! What is sent that is not what it must be.

use serde_json::{Value, json};

use super::somebody;
use crate::support::TestServer;

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let server = TestServer::start().await;
    let body = json!({
        "name": 5, "email": "ann", "password": "short", "phone": "123", "role": "SUPER_ADMIN",
    });
    let reply = server.post("/auth/register", &body).send().await;
    reply.assert_problem(422, "VALIDATION_FAILED");
    let fields: Vec<&str> = reply.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["name", "email", "password", "phone", "role"],
        "{}",
        reply.text
    );
    let empty = server.post("/auth/register", &json!({})).send().await;
    assert_eq!(empty.body["errors"].as_array().unwrap().len(), 3);
    for no_object in [json!(null), json!([]), json!("x"), json!(7)] {
        let reply = server.post("/auth/register", &no_object).send().await;
        reply.assert_place("body", "");
    }
    let twice = server.ask(reqwest::Method::POST, "/auth/login");
    let twice = twice.bytes(&br#"{"email": "a@b.co", "email": "c@d.co", "password": "x"}"#[..]);
    twice.send().await.assert_invalid("email");
}

#[tokio::test]
async fn commonest_passwords_are_refused_in_any_case() {
    let server = TestServer::start().await;
    for password in ["1234567890", "Q1W2E3R4T5", "qwertyuiop", "aaaaaaaaaaaaaaa"] {
        let mut body = somebody("ann@example.com");
        body["password"] = password.into();
        let reply = server.post("/auth/register", &body).send().await;
        reply.assert_invalid("password");
        assert!(
            !reply.text.contains(password),
            "a password is repeated to nobody"
        );
    }
}

/// Whatever is sent is kept as it is, and does nothing.
#[tokio::test]
async fn injections_are_data() {
    let server = TestServer::start().await;
    let names = [
        "Robert'); drop table accounts;--",
        "<script>alert(1)</script>",
        "{{7*7}} ${7*7} %s%n",
        "../../etc/passwd",
        "=cmd|'/c calc'!A1",
        "Ann \\ \" ' ` ; --",
    ];
    for (number, name) in names.iter().enumerate() {
        let mut body = somebody(&format!("ann{number}@example.com"));
        body["name"] = (*name).into();
        body["password"] = format!("{name} and ten more").into();
        let reply = server.post("/auth/register", &body).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        assert_eq!(reply.body["data"]["user"]["name"], *name);
    }
    for name in [
        "Ann\r\nBcc: all@example.com",
        "Ann\u{0}",
        "\u{202e}Ann",
        "  ",
        "",
    ] {
        let mut body = somebody("bob@example.com");
        body["name"] = name.into();
        server
            .post("/auth/register", &body)
            .send()
            .await
            .assert_invalid("name");
    }
    for email in [
        "' or 1=1 --@example.com",
        "a@b.co\r\nx: y",
        "a@b.co,c@d.co",
        "a@b.co\u{0}",
    ] {
        let body = json!({"email": email, "password": "correct horse battery"});
        server
            .post("/auth/login", &body)
            .send()
            .await
            .assert_invalid("email");
    }
    let sql = server.sql();
    let count = sql.number("select count(*)::int from accounts").await;
    assert_eq!(count.unwrap(), i32::try_from(names.len()).unwrap());
}

#[tokio::test]
async fn fields_are_as_long_as_they_may_be_and_no_longer() {
    let server = TestServer::start().await;
    let local = "a".repeat(64);
    let label = "d".repeat(63);
    let email = format!("{local}@{label}.{label}.{}", "e".repeat(61));
    assert_eq!(email.len(), 254);
    let body = |email: &str, name: &str, password: &str| -> Value {
        json!({"name": name, "email": email, "password": password})
    };
    let (name, password) = ("n".repeat(200), "pa".repeat(64));
    let reply = server.post("/auth/register", &body(&email, &name, &password));
    assert_eq!(reply.send().await.status, 201);
    for (wrong, field) in [
        (body(&format!("{email}e"), "n", &password), "email"),
        (body("a@b.co", &format!("{name}n"), &password), "name"),
        (body("a@b.co", "n", &format!("{password}a")), "password"),
    ] {
        server
            .post("/auth/register", &wrong)
            .send()
            .await
            .assert_invalid(field);
    }
}
