//! Accounts that a phone opens, and no password.

use fullhouse::accounts::{Purpose, Role};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{OTHER, PHONE};
use crate::accounts::{PASSWORD, text};
use crate::support::{Reply, TestServer, layout, token};

const ACCOUNTS: &str = "select count(*)::int from accounts where erased_at is null";

impl TestServer {
    async fn as_them(&self, who: &Value, method: Method, path: &str, body: &Value) -> Reply {
        let asking = self.ask(method, path).json(body);
        asking.by(text(who, "access_token")).send().await
    }
}

#[tokio::test]
async fn an_account_without_a_password_is_erased_by_whoever_has_just_signed_in() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.by_phone(PHONE).await;
    clock.advance_seconds(600);
    let erase = async |who: &Value, body: &Value| {
        server.as_them(who, Method::DELETE, "/users/me", body).await
    };
    let old = erase(&ann, &json!({})).await;
    old.assert_problem(403, "SIGN_IN_AGAIN");
    let again = server.by_phone(PHONE).await;
    let guessed = erase(&again, &json!({"password": PASSWORD})).await;
    guessed.assert_invalid("password");
    assert_eq!(server.count(ACCOUNTS).await, 1);
    // Without a body as well.
    let erased = server.delete("/users/me").by(text(&again, "access_token"));
    let erased = erased.send().await;
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert_eq!(server.count(ACCOUNTS).await, 0);
    let people = "select count(*)::int from accounts where phone is not null or phone_verified_at is not null";
    assert_eq!(server.count(people).await, 0);
    let outbox = "select count(*)::int from outbox";
    assert_eq!(server.count(outbox).await, 0);
    // The number makes another account.
    clock.advance_seconds(60);
    let other = server.by_phone(PHONE).await;
    assert_ne!(other["user"]["user_id"], ann["user"]["user_id"]);
}

#[tokio::test]
async fn an_account_with_a_password_still_needs_it() {
    let (server, _clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let code = server.code(PHONE).await;
    let body = json!({"phone": PHONE, "code": code});
    let proved = server
        .as_them(&ann, Method::POST, "/auth/phone/verify", &body)
        .await;
    assert_eq!(proved.status, 200, "{}", proved.text);
    let asks = [
        (Method::DELETE, "/users/me", json!({}), "password"),
        (
            Method::POST,
            "/auth/email/change",
            json!({"email": "a@example.com"}),
            "password",
        ),
        (
            Method::POST,
            "/auth/password/change",
            json!({"new_password": "another horse battery"}),
            "old_password",
        ),
    ];
    for (method, path, body, field) in asks {
        let refused = server.as_them(&ann, method, path, &body).await;
        refused.assert_invalid(field);
        assert!(refused.text.contains("is missing"), "{}", refused.text);
    }
}

#[tokio::test]
async fn an_address_and_a_first_password_are_added_by_whoever_has_just_signed_in() {
    let (server, clock) = TestServer::with_clock().await;
    let old = server.by_phone(PHONE).await;
    let first = json!({"new_password": PASSWORD});
    let add = json!({"email": "ann@example.com"});
    let password = "/auth/password/change";
    let early = server.as_them(&old, Method::POST, password, &first).await;
    early.assert_invalid("new_password");
    let none = server
        .as_them(&old, Method::POST, "/auth/email/send", &json!({}))
        .await;
    none.assert_invalid("email");
    clock.advance_seconds(600);
    for (path, body) in [("/auth/email/change", &add), (password, &first)] {
        let refused = server.as_them(&old, Method::POST, path, body).await;
        refused.assert_problem(403, "SIGN_IN_AGAIN");
    }
    let ann = server.by_phone(PHONE).await;
    let asked = server
        .as_them(&ann, Method::POST, "/auth/email/change", &add)
        .await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let link = server.link(Purpose::ChangeEmail).await;
    assert_eq!(server.verify(&link).await.status, 200);
    let set = server.as_them(&ann, Method::POST, password, &first).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let login = server.login("ann@example.com", PASSWORD).await;
    assert_eq!(login.status, 200, "{}", login.text);
    assert_eq!(
        login.body["data"]["user"]["user_id"],
        ann["user"]["user_id"]
    );
    assert_eq!(login.body["data"]["user"]["email_verified"], true);
    // The other sessions have ended, and from now on the password is asked for.
    server
        .refresh(text(&old, "refresh_token"))
        .await
        .assert_problem(401, "SESSION_ENDED");
    let erase = server
        .as_them(&ann, Method::DELETE, "/users/me", &json!({}))
        .await;
    erase.assert_invalid("password");
    let none = json!({"phone": null});
    let change = server.as_them(&ann, Method::PATCH, "/users/me", &none);
    assert_eq!(change.await.body["data"]["phone_verified"], false);
}

#[tokio::test]
async fn the_one_way_into_an_account_stays() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.by_phone(PHONE).await;
    let change = async |body: Value| {
        let changed = server.as_them(&ann, Method::PATCH, "/users/me", &body);
        changed.await
    };
    for body in [json!({"phone": null}), json!({"phone": OTHER})] {
        change(body).await.assert_invalid("phone");
    }
    let changed = change(json!({"name": "Ann Lee", "phone": PHONE})).await;
    assert_eq!(
        changed.body["data"]["phone_verified"], true,
        "{}",
        changed.text
    );
    // Another number is proved instead, and the one before opens the account no more.
    let code = server.code(OTHER).await;
    let body = json!({"phone": OTHER, "code": code});
    let proved = server
        .as_them(&ann, Method::POST, "/auth/phone/verify", &body)
        .await;
    assert_eq!(proved.status, 200, "{}", proved.text);
    clock.advance_seconds(60);
    let entered = server.by_phone(OTHER).await;
    assert_eq!(entered["user"]["user_id"], ann["user"]["user_id"]);
    let stranger = server.by_phone(PHONE).await;
    assert_ne!(stranger["user"]["user_id"], ann["user"]["user_id"]);
}

#[tokio::test]
async fn accounts_without_an_address_are_shown_and_written_to_nowhere() {
    let (server, _clock) = TestServer::with_clock().await;
    let ann = server.by_phone(PHONE).await;
    let admin = token(Role::SuperAdmin, Uuid::new_v4());
    let listed = server.get("/users").by(&admin).send().await;
    assert_eq!(listed.body["data"][0], ann["user"], "{}", listed.text);
    let export = server
        .get("/users/me/export")
        .by(text(&ann, "access_token"));
    let export = export.send().await;
    assert_eq!(export.body["data"]["user"], ann["user"], "{}", export.text);
    // A token that comes a second time ends the session; there is nobody to tell.
    let token = text(&ann, "refresh_token").to_owned();
    let next = server.refresh(&token).await;
    server
        .refresh(text(&next.body["data"], "refresh_token"))
        .await;
    server
        .refresh(&token)
        .await
        .assert_problem(401, "SESSION_ENDED");
    let left = "select count(*)::int from outbox";
    testkit::waiting::eventually("the job is done", async || server.count(left).await == 0).await;
}

#[tokio::test]
async fn whoever_is_reached_by_phone_may_hold_where_an_address_must_be_confirmed() {
    let flags = ["--email-verification", "required"];
    let (server, _clock) = TestServer::with_clock_and(&flags).await;
    let showtime = server.showtime(&layout(&[("1", 4)])).await;
    let ann = server.by_phone(PHONE).await;
    let held = server
        .hold(&showtime, text(&ann, "access_token"), &["A-1-1"])
        .await;
    assert_eq!(held.status, 201, "{}", held.text);
    let bob = server.register("bob@example.com").await;
    let held = server
        .hold(&showtime, text(&bob, "access_token"), &["A-1-2"])
        .await;
    held.assert_problem(403, "EMAIL_NOT_VERIFIED");
}
