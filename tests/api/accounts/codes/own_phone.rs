//! Proving the phone of one's account.

use fullhouse::accounts::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{OTHER, PHONE, told, wrong};
use crate::accounts::{PASSWORD, text};
use crate::support::{Reply, TestServer, token};

impl TestServer {
    async fn prove(&self, who: &Value, body: &Value) -> Reply {
        let prove = self.post("/auth/phone/verify", body);
        prove.by(text(who, "access_token")).send().await
    }
}

#[tokio::test]
async fn a_proved_phone_opens_the_account_it_is_proved_of() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let code = server.code(PHONE).await;
    let body = |code: &str| json!({"phone": PHONE, "code": code});
    let guessed = server.prove(&ann, &body(&wrong(&code))).await;
    guessed.assert_invalid("code");
    let proved = server.prove(&ann, &body(&code)).await;
    assert_eq!(proved.status, 200, "{}", proved.text);
    let user = &proved.body["data"];
    assert_eq!(
        (&user["phone"], &user["phone_verified"]),
        (&json!(PHONE), &json!(true))
    );
    assert_eq!(user["email"], "ann@example.com");
    server
        .prove(&ann, &body(&code))
        .await
        .assert_invalid("code");

    clock.advance_seconds(60);
    let entered = server.by_phone(PHONE).await;
    assert_eq!(entered["user"]["user_id"], ann["user"]["user_id"]);
    let export = server
        .get("/users/me/export")
        .by(text(&entered, "access_token"));
    let export = export.send().await;
    assert_eq!(
        export.body["data"]["phone_verified_at"],
        "2027-01-15T08:00:00Z"
    );
    let rows = "select count(*)::int from audit_log where action = 'account.phone_verified' \
        and actor_id = target_id and after->'phone_verified' = 'true'";
    assert_eq!(server.count(rows).await, 1);
    // The same number once more, at the same moment as another: the proof is of the newest.
    for phone in [OTHER, PHONE] {
        clock.advance_seconds(60);
        let code = server.code(phone).await;
        let proved = server
            .prove(&entered, &json!({"phone": phone, "code": code}))
            .await;
        assert_eq!(
            proved.body["data"]["phone_verified"], true,
            "{}",
            proved.text
        );
        assert_eq!(proved.body["data"]["phone"], phone);
    }
}

#[tokio::test]
async fn another_number_in_the_profile_is_not_proved() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    let code = server.code(PHONE).await;
    server
        .prove(&ann, &json!({"phone": PHONE, "code": code}))
        .await;
    let change = async |body: Value| {
        let change = server.ask(Method::PATCH, "/users/me").json(&body);
        change.by(text(&ann, "access_token")).send().await.body["data"].clone()
    };
    for same in [json!({"name": "Cleo"}), json!({"phone": PHONE})] {
        assert_eq!(change(same).await["phone_verified"], true);
    }
    let changed = change(json!({"phone": OTHER})).await;
    assert_eq!(
        (&changed["phone"], &changed["phone_verified"]),
        (&json!(OTHER), &json!(false))
    );
    let changed = change(json!({"phone": PHONE})).await;
    assert_eq!(changed["phone_verified"], false);
    // It opens the account no more, and is free.
    clock.advance_seconds(60);
    let entered = server.by_phone(PHONE).await;
    assert_ne!(entered["user"]["user_id"], ann["user"]["user_id"]);
}

#[tokio::test]
async fn a_number_of_another_account_is_told_to_whoever_has_its_code_alone() {
    let (server, clock) = TestServer::with_clock().await;
    let bob = server.by_phone(PHONE).await;
    let ann = server.register("ann@example.com").await;
    clock.advance_seconds(60);
    let code = server.code(PHONE).await;
    let free = server.code(OTHER).await;
    let wrong_ones = [(PHONE, wrong(&code)), (OTHER, wrong(&free))];
    let mut answers = Vec::new();
    for (phone, code) in wrong_ones {
        let guessed = server
            .prove(&ann, &json!({"phone": phone, "code": code}))
            .await;
        guessed.assert_invalid("code");
        answers.push(told(&guessed));
    }
    assert_eq!(answers[0], answers[1]);
    let taken = server
        .prove(&ann, &json!({"phone": PHONE, "code": code}))
        .await;
    taken.assert_problem(409, "PHONE_TAKEN");
    let me = server
        .get("/users/me")
        .by(text(&ann, "access_token"))
        .send()
        .await;
    assert_eq!(me.body["data"]["phone"], Value::Null);
    let entered = server.enter(PHONE, &code).await;
    assert_eq!(
        entered.body["data"]["user"]["user_id"],
        bob["user"]["user_id"]
    );
}

/// A token that somebody else has got hold of makes no way in for them.
#[tokio::test]
async fn whoever_adds_a_way_in_has_just_signed_in_or_gives_the_password() {
    let (server, clock) = TestServer::with_clock().await;
    let ann = server.register("ann@example.com").await;
    clock.advance_seconds(599);
    let code = server.code(PHONE).await;
    clock.advance_seconds(1);
    let body = |password: Option<&str>| {
        let mut body = json!({"phone": PHONE, "code": code});
        if let Some(password) = password {
            body["password"] = password.into();
        }
        body
    };
    let old = server.prove(&ann, &body(None)).await;
    old.assert_problem(403, "SIGN_IN_AGAIN");
    let guessed = server.prove(&ann, &body(Some("wrong horse battery"))).await;
    guessed.assert_invalid("password");
    let id = text(&ann["user"], "user_id").parse().unwrap();
    let operators = json!({"access_token": token(Role::User, id)});
    let operators = server.prove(&operators, &body(None)).await;
    operators.assert_problem(403, "SIGN_IN_AGAIN");
    // None of them was a guess.
    assert_eq!(server.count("select attempts from phone_codes").await, 0);
    let proved = server.prove(&ann, &body(Some(PASSWORD))).await;
    assert_eq!(proved.status, 200, "{}", proved.text);
    let nobody = server.post("/auth/phone/verify", &body(None)).send().await;
    nobody.assert_problem(401, "UNAUTHENTICATED");
}
