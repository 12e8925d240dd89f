//! Whose account it is that somebody is signed in to.

use std::sync::Arc;

use fullhouse::accounts::Purpose;
use openid_provider::Person;
use serde_json::json;

use super::{Scene, user};
use crate::accounts::{PASSWORD, somebody, text};

impl Scene {
    async fn come_as(&self, person: Person) {
        self.provider.script().await.person = person;
    }

    /// Has jobs stay in the outbox when they are done.
    async fn keep_jobs(&self) {
        let keep = "create rule kept as on delete to outbox do instead nothing";
        self.server.sql().execute(keep).await.unwrap();
    }

    async fn told(&self) -> i32 {
        let told = "select count(*)::int from outbox where payload ->> 'news' = 'identity_linked'";
        self.server.sql().number(told).await.unwrap()
    }
}

#[tokio::test]
async fn a_confirmed_account_is_linked_and_its_owner_is_told() {
    let scene = Scene::open().await;
    scene.keep_jobs().await;
    let ann = scene.server.register("Ann@Example.com").await;
    let link = scene.server.link(Purpose::VerifyEmail).await;
    assert_eq!(scene.server.verify(&link).await.status, 200);
    let linked = scene.sign_in().await;
    assert_eq!(linked.status, 200, "{}", linked.text);
    assert_eq!(user(&linked)["user_id"], ann["user"]["user_id"]);
    assert_eq!(scene.told().await, 1);
    assert_eq!(scene.sign_in().await.status, 200);
    // Only the first time.
    assert_eq!(scene.told().await, 1);
    assert_eq!(scene.rows().await, [1, 3, 1]);
    // The password goes on being good.
    assert_eq!(
        scene.server.login("ann@example.com", PASSWORD).await.status,
        200
    );
}

#[tokio::test]
async fn an_account_that_has_not_confirmed_its_address_is_not_linked() {
    let scene = Scene::open().await;
    scene.keep_jobs().await;
    // Somebody registered with an address that is not theirs.
    let stranger = scene.server.register("ann@example.com").await;
    let refused = scene.sign_in().await;
    refused.assert_problem(409, "EMAIL_TAKEN");
    assert!(
        refused.text.contains("ask for a new password"),
        "{}",
        refused.text
    );
    assert_eq!(scene.rows().await, [1, 1, 0]);
    // Whoever reads the mail takes it over: the stranger is out, and then it is linked.
    scene.server.forget("ann@example.com").await;
    let link = scene.server.link(Purpose::ResetPassword).await;
    assert_eq!(
        scene
            .server
            .reset(&link, "another horse battery")
            .await
            .status,
        200
    );
    let gone = scene.server.refresh(text(&stranger, "refresh_token")).await;
    gone.assert_problem(401, "SESSION_ENDED");
    let linked = scene.sign_in().await;
    assert_eq!(linked.status, 200, "{}", linked.text);
    assert_eq!(scene.told().await, 1);
}

#[tokio::test]
async fn an_address_for_which_the_provider_does_not_vouch_finds_nobody() {
    let scene = Scene::open().await;
    let ann = scene.server.register("ann@example.com").await;
    let link = scene.server.link(Purpose::VerifyEmail).await;
    scene.server.verify(&link).await;
    for (email, verified) in [
        (json!("ann@example.com"), json!(false)),
        (json!("ann@example.com"), json!(null)),
        (json!("ann@example.com"), json!("yes")),
        (json!("new@example.com"), json!(false)),
        (json!(null), json!(true)),
        (json!("no address"), json!(true)),
        (json!("ann@example.com\u{0}"), json!(true)),
    ] {
        let mut person = Person::ann();
        (person.email, person.email_verified) = (email.clone(), verified);
        scene.come_as(person).await;
        let refused = scene.sign_in().await;
        refused.assert_problem(403, "EMAIL_NOT_VERIFIED");
        assert_eq!(scene.rows().await, [1, 1, 0], "{email}");
    }
    // Known once, they are known by what the provider calls them.
    scene.come_as(Person::ann()).await;
    assert_eq!(scene.sign_in().await.status, 200);
    let mut person = Person::of("ann", "other@example.com");
    person.email_verified = json!(false);
    scene.come_as(person).await;
    let known = scene.sign_in().await;
    assert_eq!(known.status, 200, "{}", known.text);
    assert_eq!(user(&known)["user_id"], ann["user"]["user_id"]);
    assert_eq!(user(&known)["email"], "ann@example.com");
}

#[tokio::test]
async fn somebody_else_with_the_same_address_is_the_same_person_here() {
    let scene = Scene::open().await;
    let ann = scene.sign_in().await;
    for number in 0..11 {
        scene
            .come_as(Person::of(&format!("ann-{number}"), "ann@example.com"))
            .await;
        let again = scene.sign_in().await;
        assert_eq!(again.status, 200, "{}", again.text);
        assert_eq!(user(&again)["user_id"], user(&ann)["user_id"]);
    }
    // As many as an account may have.
    let [accounts, _, identities] = scene.rows().await;
    assert_eq!((accounts, identities), (1, 10));
}

#[tokio::test]
async fn a_blocked_account_is_not_let_in_whoever_vouches() {
    let scene = Scene::open().await;
    assert_eq!(scene.sign_in().await.status, 201);
    let block = "update accounts set blocked_at = now()";
    scene.server.sql().execute(block).await.unwrap();
    for subject in ["ann", "another subject"] {
        scene.come_as(Person::of(subject, "ann@example.com")).await;
        let refused = scene.sign_in().await;
        refused.assert_problem(403, "ACCOUNT_BLOCKED");
    }
    assert_eq!(scene.rows().await, [1, 1, 1]);
}

#[tokio::test]
async fn of_several_sign_ins_of_a_new_person_at_once_one_makes_the_account() {
    let scene = Scene::open().await;
    let another = scene.another().await;
    for round in 0..5 {
        scene
            .come_as(Person::of(
                &format!("new-{round}"),
                &format!("new{round}@example.com"),
            ))
            .await;
        let mut flows = Vec::new();
        for _ in 0..6 {
            let begun = scene.begin().await;
            flows.push((scene.agree(&begun).await, begun.cookie));
        }
        let servers = [&scene.server, &another];
        let all = flows.iter().zip(servers.iter().cycle());
        let all = all.map(|((back, cookie), server)| scene.ask_at(server, back, Some(cookie)));
        let all = futures::future::join_all(all).await;
        let of = |status: u16| all.iter().filter(|it| it.status == status).count();
        assert_eq!((of(201), of(200)), (1, 5), "{all:?}");
        let first = &user(&all[0])["user_id"];
        assert!(all.iter().all(|it| user(it)["user_id"] == *first));
    }
    assert_eq!(scene.rows().await, [5, 30, 5]);
}

#[tokio::test]
async fn whoever_has_no_password_chooses_one_by_mail_and_is_erased_with_it() {
    let scene = Scene::open().await;
    let ann = scene.sign_in().await;
    let token = text(&ann.body["data"], "access_token");
    let without = scene.server.login("ann@example.com", "").await;
    without.assert_invalid("password");
    let wrong = scene.server.login("ann@example.com", PASSWORD).await;
    wrong.assert_problem(401, "INVALID_CREDENTIALS");

    let export = scene.server.get("/users/me/export").by(token).send().await;
    let identity = &export.body["data"]["identities"][0];
    assert_eq!(identity["issuer"], scene.provider.issuer());
    assert_eq!(identity["subject"], "ann");
    assert!(identity["linked_at"].is_string(), "{}", export.text);

    scene.server.forget("ann@example.com").await;
    let link = scene.server.link(Purpose::ResetPassword).await;
    assert_eq!(scene.server.reset(&link, PASSWORD).await.status, 200);
    let login = scene.server.login("ann@example.com", PASSWORD).await;
    let token = text(&login.body["data"], "access_token");
    let erase = scene.server.delete("/users/me");
    let erased = erase
        .json(&json!({"password": PASSWORD}))
        .by(token)
        .send()
        .await;
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert_eq!(scene.rows().await, [1, 0, 0]);
    // Whoever comes again is somebody new.
    let again = scene.sign_in().await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_ne!(user(&again)["user_id"], user(&ann)["user_id"]);
}

#[tokio::test]
async fn wrong_passwords_of_before_are_told_to_whoever_is_vouched_for() {
    let scene = Scene::open().await;
    scene.server.register("ann@example.com").await;
    let link = scene.server.link(Purpose::VerifyEmail).await;
    scene.server.verify(&link).await;
    for known in [false, true] {
        for _ in 0..2 {
            let wrong = scene
                .server
                .login("ann@example.com", "wrong horse battery")
                .await;
            wrong.assert_problem(401, "INVALID_CREDENTIALS");
        }
        let told = scene.sign_in().await;
        assert_eq!(told.body["data"]["failed_attempts"]["count"], 2, "{known}");
        let again = scene.sign_in().await;
        assert_eq!(again.body["data"].get("failed_attempts"), None, "{known}");
    }
}

#[tokio::test]
async fn a_name_is_made_fit_and_the_password_of_others_is_not_needed() {
    let scene = Scene::open().await;
    for (number, (said, name)) in [
        (json!("Ann\u{202e}\r\n Lee"), "Ann Lee"),
        (json!(null), "ann1"),
        (json!("\u{200b}"), "ann2"),
        (json!(7), "ann3"),
        (json!("Zoe\u{308}"), "Zoë"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut person = Person::of(&number.to_string(), &format!("ann{number}@example.com"));
        person.name = said;
        scene.come_as(person).await;
        let registered = scene.sign_in().await;
        assert_eq!(registered.status, 201, "{}", registered.text);
        assert_eq!(user(&registered)["name"], name);
    }
    // Their address is taken like any other.
    let taken = scene
        .server
        .post("/auth/register", &somebody("ANN1@example.com"));
    taken.send().await.assert_problem(409, "EMAIL_TAKEN");
}

#[tokio::test]
async fn what_the_database_cannot_keep_is_said_and_the_flow_may_begin_again() {
    let scene = Scene::open().await;
    let begun = scene.begin().await;
    let back = scene.agree(&begun).await;
    let (database, table) = (Arc::clone(&scene.database), "account_identities");
    let closed = database.sql().close_table(table).await.unwrap();
    let refused = scene.ask(&back, Some(&begun.cookie)).await;
    refused.assert_problem(503, "JOURNAL_UNAVAILABLE");
    drop(closed);
    assert_eq!(scene.sign_in().await.status, 201);
}
