//! What accounts may do, and who says so.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{PASSWORD, text};
use crate::support::{TestServer, editor, layout, token};
use fullhouse::accounts::Role;

#[tokio::test]
async fn a_role_counts_from_the_next_refresh_on() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let admin = token(Role::SuperAdmin, Uuid::new_v4());
    let path = format!("/users/{}/role", text(&ann["user"], "user_id"));
    let set = async |who: &str, role: &str| {
        let body = json!({"role": role});
        server
            .ask(Method::PATCH, &path)
            .json(&body)
            .by(who)
            .send()
            .await
    };
    for who in [text(&ann, "access_token"), &editor()] {
        set(who, "SUPER_ADMIN")
            .await
            .assert_problem(403, "FORBIDDEN");
    }
    set(&admin, "OWNER").await.assert_invalid("role");
    let changed = set(&admin, "EDITOR").await;
    assert_eq!(changed.body["data"]["role"], "EDITOR", "{}", changed.text);
    let create = async |token: &str| {
        let create = server.post("/showtimes", &layout(&[("1", 1)]));
        create.by(token).send().await.status
    };
    assert_eq!(create(text(&ann, "access_token")).await, 403);
    let fresh = server.refresh(text(&ann, "refresh_token")).await;
    assert_eq!(create(text(&fresh.body["data"], "access_token")).await, 201);
    let nobody = format!("/users/{}/role", Uuid::new_v4());
    let nobody = server
        .ask(Method::PATCH, &nobody)
        .json(&json!({"role": "USER"}));
    nobody
        .by(&admin)
        .send()
        .await
        .assert_problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_blocked_user_neither_signs_in_nor_refreshes() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    server
        .sql()
        .execute("update accounts set blocked_at = now()")
        .await
        .unwrap();
    // Nor do they get rid of the block with the token that they still have.
    let erase = server.ask(Method::DELETE, "/users/me");
    let erase = erase.json(&json!({"password": PASSWORD}));
    let body = json!({"old_password": PASSWORD, "new_password": "another horse battery"});
    let change = server.post("/auth/password/change", &body);
    for asking in [erase, change] {
        let refused = asking.by(text(&ann, "access_token")).send().await;
        refused.assert_problem(403, "ACCOUNT_BLOCKED");
    }
    let refresh = server.refresh(text(&ann, "refresh_token")).await;
    refresh.assert_problem(403, "ACCOUNT_BLOCKED");
    let login = server.login("ann@example.com", PASSWORD).await;
    login.assert_problem(403, "ACCOUNT_BLOCKED");
    // Nobody learns of it who does not know the password.
    let wrong = server.login("ann@example.com", "wrong horse battery").await;
    wrong.assert_problem(401, "INVALID_CREDENTIALS");
    server
        .sql()
        .execute("update accounts set blocked_at = null")
        .await
        .unwrap();
    assert_eq!(
        server.refresh(text(&ann, "refresh_token")).await.status,
        200
    );
}

#[tokio::test]
async fn users_are_listed_to_those_who_manage_them() {
    let server = TestServer::start().await;
    for number in 0..3 {
        server.register(&format!("ann{number}@example.com")).await;
    }
    let admin = token(Role::SuperAdmin, Uuid::new_v4());
    let list = async |query: &str| {
        server
            .get(&format!("/users{query}"))
            .by(&admin)
            .send()
            .await
    };
    server
        .get("/users")
        .by(&editor())
        .send()
        .await
        .assert_problem(403, "FORBIDDEN");
    let first = list("?limit=2").await;
    assert_eq!(
        first.body["data"][0]["email"], "ann2@example.com",
        "{}",
        first.text
    );
    let cursor = text(&first.body["meta"], "next_cursor");
    let second = list(&format!("?limit=2&cursor={cursor}")).await;
    assert_eq!(second.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        list("?email=ANN1@example.com").await.body["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(list("?role=EDITOR").await.body["data"], json!([]));
    list("?role=OWNER").await.assert_invalid("role");
    let long = format!("?email={}", "a".repeat(255));
    list(&long).await.assert_invalid("email");
}

#[tokio::test]
async fn whoever_lost_the_role_or_is_blocked_manages_nobody_with_an_older_token() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    let set = async |sql: &'static str| server.sql().execute(sql).await.unwrap();
    set("update accounts set role = 'SUPER_ADMIN'").await;
    let admin = server.login("ann@example.com", PASSWORD).await;
    let admin = &admin.body["data"];
    let token = text(admin, "access_token");
    let path = format!("/users/{}/role", text(&admin["user"], "user_id"));
    let promote = async || {
        let body = json!({"role": "SUPER_ADMIN"});
        let promote = server.ask(Method::PATCH, &path).json(&body).by(token);
        (
            promote.send().await.status,
            server.get("/users").by(token).send().await.status,
        )
    };
    assert_eq!(promote().await, (200, 200));
    set("update accounts set role = 'USER'").await;
    assert_eq!(promote().await, (403, 403));
    set("update accounts set role = 'SUPER_ADMIN', blocked_at = now()").await;
    assert_eq!(promote().await, (403, 403));
}
