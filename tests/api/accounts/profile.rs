//! One's own account: read, changed, taken along, erased.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, text};
use crate::support::{TestServer, layout};
use fullhouse::accounts::Role;

#[tokio::test]
async fn a_profile_is_changed_by_patch_and_by_put() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let token = text(&ann, "access_token");
    let ask = async |method: Method, body: Value| {
        server
            .ask(method, "/users/me")
            .json(&body)
            .by(token)
            .send()
            .await
    };
    let changed = ask(Method::PATCH, json!({"phone": "+919876543210"})).await;
    assert_eq!(
        changed.body["data"]["phone"], "+919876543210",
        "{}",
        changed.text
    );
    assert_eq!(changed.body["data"]["name"], "Ann Lee");
    let changed = ask(Method::PUT, json!({"name": "Cleo", "phone": null})).await;
    assert_eq!(changed.body["data"]["name"], "Cleo");
    assert_eq!(changed.body["data"]["phone"], Value::Null);
    let read = server.get("/users/me").by(token).send().await;
    assert_eq!(read.body["data"], changed.body["data"]);
    ask(Method::PATCH, json!({"email": "x@example.com"}))
        .await
        .assert_invalid("email");
    ask(Method::PATCH, json!({"name": null}))
        .await
        .assert_invalid("name");
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one_and_signs_others_out() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let other = server.login("ann@example.com", PASSWORD).await;
    let body = json!({"old_password": PASSWORD, "new_password": "another horse battery"});
    let change = server.post("/auth/password/change", &body);
    let change = change.by(text(&ann, "access_token")).send().await;
    assert_eq!(change.status, 200, "{}", change.text);
    let ended = server
        .refresh(text(&other.body["data"], "refresh_token"))
        .await;
    ended.assert_problem(401, "SESSION_ENDED");
    assert_eq!(
        server.refresh(text(&ann, "refresh_token")).await.status,
        200
    );
    assert_eq!(
        server
            .login("ann@example.com", "another horse battery")
            .await
            .status,
        200
    );
}

/// Whoever an address belongs to is sent five mails of a kind, however many accounts others make with it.
#[tokio::test]
async fn nobody_is_buried_in_mails() {
    let server = TestServer::start().await;
    let jobs = "select last_value::int from outbox_id_seq";
    for _ in 0..7 {
        let ann = server.register("ann@example.com").await;
        let erase = server.ask(Method::DELETE, "/users/me");
        let erase = erase.json(&json!({"password": PASSWORD}));
        let erased = erase.by(text(&ann, "access_token")).send().await;
        assert_eq!(erased.status, 200, "{}", erased.text);
    }
    assert_eq!(server.sql().number(jobs).await.unwrap(), 5);
    let mut sent = 0;
    for number in 0..3 {
        let other = server.register(&format!("bob{number}@example.com")).await;
        for _ in 0..3 {
            let wish = json!({"email": "cleo@example.com", "password": PASSWORD});
            let asked = server.post("/auth/email/change", &wish);
            let asked = asked.by(text(&other, "access_token")).send().await;
            sent += u32::from(asked.status == 202);
        }
    }
    assert_eq!(sent, 5);
}

#[tokio::test]
async fn somebody_reads_what_they_bought_the_newest_first() {
    let server = TestServer::start().await;
    let showtime = server.showtime(&layout(&[("1", 6)])).await;
    let ann = server.register("ann@example.com").await;
    let bob = server.register("bob@example.com").await;
    let mut bought = Vec::new();
    for (who, seat) in [
        (&ann, "A-1-1"),
        (&bob, "A-1-2"),
        (&ann, "A-1-3"),
        (&ann, "A-1-4"),
    ] {
        let hold = server
            .hold(&showtime, text(who, "access_token"), &[seat])
            .await;
        let sold = server.confirm(&showtime, hold.hold_id()).await;
        bought.push(sold.body["data"]["booking_id"].clone());
    }
    let page = async |who: &Value, query: &str| {
        let path = format!("/users/me/bookings{query}");
        server.get(&path).by(text(who, "access_token")).send().await
    };
    let ids =
        |page: &[Value]| -> Vec<Value> { page.iter().map(|it| it["booking_id"].clone()).collect() };
    let first = page(&ann, "?limit=2").await;
    let found = first.body["data"].as_array().unwrap();
    assert_eq!(
        ids(found),
        [bought[3].clone(), bought[2].clone()],
        "{}",
        first.text
    );
    assert_eq!(found[0]["tickets"][0]["seat_id"], "A-1-4");
    let cursor = text(&first.body["meta"], "next_cursor");
    let second = page(&ann, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!(
        ids(second.body["data"].as_array().unwrap()),
        [bought[0].clone()]
    );
    assert_eq!(second.body["meta"]["next_cursor"], Value::Null);
    // Nobody reads along from somebody else's.
    let odd = page(&bob, &format!("?cursor={cursor}")).await;
    assert_eq!(odd.body["data"], json!([]), "{}", odd.text);
    let all = page(&bob, "").await;
    assert_eq!(
        ids(all.body["data"].as_array().unwrap()),
        [bought[1].clone()]
    );
}

#[tokio::test]
async fn a_person_is_exported_and_erased_and_what_they_bought_stays() {
    let server = TestServer::start().await;
    let showtime = server.showtime(&layout(&[("1", 4)])).await;
    let ann = server.register("ann@example.com").await;
    let token = text(&ann, "access_token");
    let hold = server.hold(&showtime, token, &["A-1-1"]).await;
    assert_eq!(server.confirm(&showtime, hold.hold_id()).await.status, 200);
    let wish = json!({"email": "lee@example.com", "password": PASSWORD});
    let asked = server.post("/auth/email/change", &wish).by(token);
    assert_eq!(asked.send().await.status, 202);
    let wrong = server.login("ann@example.com", "wrong horse battery").await;
    wrong.assert_problem(401, "INVALID_CREDENTIALS");
    let export = server.get("/users/me/export").by(token).send().await;
    assert_eq!(export.status, 200, "{}", export.text);
    let data = &export.body["data"];
    assert_eq!(data["user"]["email"], "ann@example.com");
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(data["bookings"][0]["tickets"][0]["seat_id"], "A-1-1");
    assert_eq!(data["bookings_complete"], true);
    assert_eq!(data["email_verified_at"], Value::Null);
    assert_eq!(data["unconfirmed_emails"], json!(["lee@example.com"]));
    assert_eq!(data["failed_attempts"]["count"], 1);

    // Hers would be refused within seconds, as a token of a session that has ended.
    let id = text(&ann["user"], "user_id").parse().unwrap();
    let operators = crate::support::token(Role::User, id);
    let erase = async |password: &str| {
        let body = json!({"password": password});
        server
            .ask(Method::DELETE, "/users/me")
            .json(&body)
            .by(&operators)
            .send()
            .await
    };
    erase("wrong horse battery")
        .await
        .assert_invalid("password");
    assert_eq!(erase(PASSWORD).await.status, 200);
    erase(PASSWORD).await.assert_problem(404, "NOT_FOUND");
    server
        .refresh(text(&ann, "refresh_token"))
        .await
        .assert_problem(401, "SESSION_ENDED");
    let login = server.login("ann@example.com", PASSWORD).await;
    login.assert_problem(401, "INVALID_CREDENTIALS");
    let traces = "select ((select count(*) from accounts a where a::text ilike '%ann%') \
        + (select count(*) from sessions) + (select count(*) from account_links) \
        + (select count(*) from outbox where payload::text ilike '%verify%'))::int";
    assert_eq!(server.sql().number(traces).await.unwrap(), 0);
    server.assert_consistent(&showtime).await;
    let bookings = "select count(*)::int from bookings where state = 'confirmed'";
    assert_eq!(server.sql().number(bookings).await.unwrap(), 1);
    // The address is free again.
    server.register("ann@example.com").await;
}
