//! Links in mails: each is good once, for its purpose, until its time.

use fullhouse::accounts::Purpose;
use serde_json::json;

use super::{PASSWORD, somebody, text};
use crate::support::{Reply, TestServer, layout, seals};

macro_rules! newest {
    ($purpose:literal) => {
        concat!(
            "select id::text from account_links where purpose = '",
            $purpose,
            "' order by created_at desc, id desc limit 1"
        )
    };
}

impl TestServer {
    /// The token of the newest link of a purpose, as its mail has it.
    pub(crate) async fn link(&self, purpose: Purpose) -> String {
        let newest = match purpose {
            Purpose::VerifyEmail => newest!("verify_email"),
            Purpose::ChangeEmail => newest!("change_email"),
            Purpose::ResetPassword => newest!("reset_password"),
            Purpose::RefreshToken
            | Purpose::KeyedWrite
            | Purpose::Flow
            | Purpose::FlowState
            | Purpose::FlowNonce
            | Purpose::FlowVerifier
            | Purpose::PhoneCode
            | Purpose::PhoneCodeDigest => unreachable!("they are not mailed"),
        };
        let id = self.sql().text(newest).await.unwrap();
        seals().link(purpose, id.parse().unwrap())
    }

    pub(crate) async fn verify(&self, token: &str) -> Reply {
        let body = json!({"token": token});
        self.post("/auth/email/verify", &body).send().await
    }

    pub(super) async fn reset(&self, token: &str, password: &str) -> Reply {
        let body = json!({"token": token, "password": password});
        self.post("/auth/password/reset", &body).send().await
    }

    pub(super) async fn forget(&self, email: &str) {
        let body = json!({"email": email});
        let reply = self.post("/auth/password/forgot", &body).send().await;
        assert_eq!(reply.status, 202, "{}", reply.text);
    }
}

#[tokio::test]
async fn an_address_is_confirmed_once() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let link = server.link(Purpose::VerifyEmail).await;
    // Not for another purpose.
    server
        .reset(&link, "another horse battery")
        .await
        .assert_invalid("token");
    let verified = server.verify(&link).await;
    assert_eq!(verified.status, 200, "{}", verified.text);
    // Whoever has the link learns nothing of the account.
    let done = json!({"message": "the address is confirmed"});
    assert_eq!(verified.body["data"], done);
    let me = server.get("/users/me").by(text(&ann, "access_token"));
    assert_eq!(me.send().await.body["data"]["email_verified"], true);
    server.verify(&link).await.assert_invalid("token");
}

#[tokio::test]
async fn a_link_is_too_old_after_its_time() {
    let (server, clock) = TestServer::with_clock().await;
    server.register("ann@example.com").await;
    let link = server.link(Purpose::VerifyEmail).await;
    server.forget("ann@example.com").await;
    let reset = server.link(Purpose::ResetPassword).await;
    clock.advance_seconds(30 * 60);
    server
        .reset(&reset, "another horse battery")
        .await
        .assert_invalid("token");
    clock.advance_seconds(24 * 3_600);
    server.verify(&link).await.assert_invalid("token");
    assert_eq!(server.login("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_everybody_is_signed_out() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    server.forget("ANN@example.com").await;
    let link = server.link(Purpose::ResetPassword).await;
    server
        .reset(&link, "short")
        .await
        .assert_invalid("password");
    let both = [
        server.reset(&link, "another horse battery"),
        server.reset(&link, "another horse battery"),
    ];
    let both = futures::future::join_all(both).await;
    let mut statuses = [both[0].status, both[1].status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    server
        .refresh(text(&ann, "refresh_token"))
        .await
        .assert_problem(401, "SESSION_ENDED");
    let old = server.login("ann@example.com", PASSWORD).await;
    old.assert_problem(401, "INVALID_CREDENTIALS");
    let new = server
        .login("ann@example.com", "another horse battery")
        .await;
    // Whoever opens mail to an address has shown that it is theirs.
    assert_eq!(
        new.body["data"]["user"]["email_verified"], true,
        "{}",
        new.text
    );
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_is_confirmed() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    let token = text(&ann, "access_token");
    let change = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        server
            .post("/auth/email/change", &body)
            .by(token)
            .send()
            .await
    };
    change("cleo@example.com", "wrong horse battery")
        .await
        .assert_invalid("password");
    assert_eq!(change("cleo@example.com", PASSWORD).await.status, 202);
    let link = server.link(Purpose::ChangeEmail).await;
    assert_eq!(server.login("ann@example.com", PASSWORD).await.status, 200);
    let changed = server.verify(&link).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let old = server.login("ann@example.com", PASSWORD).await;
    old.assert_problem(401, "INVALID_CREDENTIALS");
    assert_eq!(server.login("cleo@example.com", PASSWORD).await.status, 200);

    // Taken in the meantime: told to whoever opens the link, and nothing is changed.
    assert_eq!(change("dora@example.com", PASSWORD).await.status, 202);
    let link = server.link(Purpose::ChangeEmail).await;
    server.register("dora@example.com").await;
    server
        .verify(&link)
        .await
        .assert_problem(409, "EMAIL_TAKEN");
    assert_eq!(server.login("cleo@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn whoever_asks_for_mail_gets_a_few_and_the_answer_stays_the_same() {
    let server = TestServer::start().await;
    let ann = server.register("ann@example.com").await;
    for _ in 0..10 {
        server.forget("ann@example.com").await;
    }
    let links = "select count(*)::int from account_links where purpose = 'reset_password'";
    assert_eq!(server.sql().number(links).await.unwrap(), 5);
    // Each matter has a postage of its own: strangers who ask for one take nothing from another.
    // One of these was sent when she registered.
    for (times, status) in [(4, 202), (1, 429)] {
        for _ in 0..times {
            let send = server.post("/auth/email/send", &json!({}));
            let send = send.by(text(&ann, "access_token")).send().await;
            assert_eq!(send.status, status, "{}", send.text);
        }
    }
}

#[tokio::test]
async fn where_it_is_asked_for_only_confirmed_buyers_hold() {
    let server = TestServer::with_flags(&["--email-verification", "required"]).await;
    let showtime = server.showtime(&layout(&[("1", 4)])).await;
    let ann = server.register("ann@example.com").await;
    let refused = server
        .hold(&showtime, text(&ann, "access_token"), &["A-1-1"])
        .await;
    refused.assert_problem(403, "EMAIL_NOT_VERIFIED");
    let link = server.link(Purpose::VerifyEmail).await;
    assert_eq!(server.verify(&link).await.status, 200);
    let fresh = server.refresh(text(&ann, "refresh_token")).await;
    let token = text(&fresh.body["data"], "access_token");
    assert_eq!(server.hold(&showtime, token, &["A-1-1"]).await.status, 201);
    // Tokens of the operator's go on working.
    let minted = crate::support::buyer();
    assert_eq!(
        server.hold(&showtime, &minted, &["A-1-2"]).await.status,
        201
    );
}

#[tokio::test]
async fn whoever_registers_with_anothers_address_tells_its_owner_a_few_times_at_most() {
    let server = TestServer::start().await;
    server.register("ann@example.com").await;
    server.sql().execute("alter table outbox add column kept int; create rule kept as on delete to outbox do instead nothing").await.unwrap();
    for _ in 0..10 {
        let again = server.post("/auth/register", &somebody("ann@example.com"));
        again.send().await.assert_problem(409, "EMAIL_TAKEN");
    }
    let told = "select count(*)::int from outbox where payload ->> 'news' = 'email_taken'";
    assert_eq!(server.sql().number(told).await.unwrap(), 5);
}

#[tokio::test]
async fn links_that_were_asked_for_before_a_password_or_address_changed_are_worth_nothing() {
    let server = TestServer::start().await;
    // Whoever knew the password asked for their own address; the owner replaces the password.
    let ann = server.register("ann@example.com").await;
    let theirs = json!({"email": "thief@example.com", "password": PASSWORD});
    let asked = server.post("/auth/email/change", &theirs);
    let asked = asked.by(text(&ann, "access_token")).send().await;
    assert_eq!(asked.status, 202);
    let thief = server.link(Purpose::ChangeEmail).await;
    server.forget("ann@example.com").await;
    let owner = server.link(Purpose::ResetPassword).await;
    assert_eq!(
        server.reset(&owner, "another horse battery").await.status,
        200
    );
    server.verify(&thief).await.assert_invalid("token");
    // A link to the mailbox of before replaces no password any more.
    let bob = server.register("bob@example.com").await;
    server.forget("bob@example.com").await;
    let before = server.link(Purpose::ResetPassword).await;
    let body = json!({"email": "bob.new@example.com", "password": PASSWORD});
    let asked = server.post("/auth/email/change", &body);
    asked.by(text(&bob, "access_token")).send().await;
    let change = server.link(Purpose::ChangeEmail).await;
    assert_eq!(server.verify(&change).await.status, 200);
    server
        .reset(&before, "another horse battery")
        .await
        .assert_invalid("token");
}
