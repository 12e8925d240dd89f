//! Each kind of news: to whom it goes, and what it says.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, Post, header, somebody, token_in};
use crate::accounts::text;

const ANN: &str = "ann@example.com";
const CLEO: &str = "cleo@example.com";

impl Post {
    /// A request of somebody's own, which has to succeed.
    async fn ask(&self, token: &str, (method, path): (Method, &str), body: &Value) {
        let asking = self.server.ask(method, path).json(body).by(token);
        let reply = asking.send().await;
        assert!(reply.status < 300, "{}", reply.text);
    }

    /// The next letter to somebody, which must be about this.
    async fn told(&mut self, to: &str, subject: &str, says: &str) -> Value {
        let letter = self.smtp.letter(to).await;
        assert_eq!(header(&letter, "Subject"), subject);
        let body = letter["body"].as_str().unwrap();
        // Lines may be broken anywhere.
        let words = body.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.starts_with("Hello"), "{body}");
        assert!(words.contains(says), "{body}");
        letter
    }
}

#[tokio::test]
async fn a_changed_address_is_told_at_both() {
    let mut post = Post::open(&[]).await;
    let ann = post.server.register(ANN).await;
    post.told(ANN, "Confirm your email address", "good once, for 24 hours")
        .await;
    let change = json!({"email": CLEO, "password": PASSWORD});
    let way = (Method::POST, "/auth/email/change");
    post.ask(text(&ann, "access_token"), way, &change).await;
    let subject = "Confirm your new email address";
    let letter = post.told(CLEO, subject, "the new address of your account");
    let letter = letter.await;
    let verified = post.server.verify(token_in(&letter)).await;
    assert_eq!(verified.status, 200, "{}", verified.text);
    let subject = "Your email address was changed";
    post.told(ANN, subject, "this one is no longer used").await;
    // From now on everything goes to the new one.
    post.server.forget(CLEO).await;
    let subject = "Choose a new password";
    let letter = post.told(CLEO, subject, "good once, for 30 minutes").await;
    let reset = post
        .server
        .reset(token_in(&letter), "another horse battery");
    assert_eq!(reset.await.status, 200);
    post.told(CLEO, "Your password was changed", "signed out")
        .await;
    post.nothing_waits().await;
    assert_eq!(post.smtp.end().await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_owner_is_told_what_others_try() {
    let mut post = Post::open(&[]).await;
    let ann = post.server.register(ANN).await;
    post.told(ANN, "Confirm your email address", "24 hours")
        .await;
    let again = post.server.post("/auth/register", &somebody(ANN));
    again.send().await.assert_problem(409, "EMAIL_TAKEN");
    post.told(ANN, "You have an account already", "It has an account")
        .await;
    for _ in 0..5 {
        let wrong = post.server.login(ANN, "wrong horse battery").await;
        wrong.assert_problem(401, "INVALID_CREDENTIALS");
    }
    post.clock.advance_seconds(60);
    let right = json!({"email": ANN, "password": PASSWORD});
    let right = post.server.post("/auth/login", &right);
    let right = right.header("user-agent", "Phone of Ann").send().await;
    assert_eq!(right.status, 200, "{}", right.text);
    let says = "(Phone of Ann), after 5 attempts with a wrong password";
    post.told(ANN, "You are signed in", says).await;

    let first = text(&ann, "refresh_token");
    let second = post.server.refresh(first).await;
    post.clock.advance_seconds(60);
    let second = text(&second.body["data"], "refresh_token");
    assert_eq!(post.server.refresh(second).await.status, 200);
    let stolen = post.server.refresh(first).await;
    stolen.assert_problem(401, "SESSION_ENDED");
    post.told(ANN, "A device was signed out", "used a second time")
        .await;
    post.nothing_waits().await;
    assert_eq!(post.smtp.end().await, Vec::<Value>::new());
}

#[tokio::test]
async fn whoever_is_erased_is_told_for_the_last_time() {
    let mut post = Post::open(&[]).await;
    let ann = post.server.register(ANN).await;
    post.told(ANN, "Confirm your email address", "24 hours")
        .await;
    // Only to an address that is proved: another's may have been mistyped.
    let proved = "update accounts set email_verified_at = now()";
    post.server.sql().execute(proved).await.unwrap();
    let token = text(&ann, "access_token");
    let both = json!({"old_password": PASSWORD, "new_password": "another horse battery"});
    let way = (Method::POST, "/auth/password/change");
    post.ask(token, way, &both).await;
    post.told(
        ANN,
        "Your password was changed",
        "other devices were signed out",
    )
    .await;
    let password = json!({"password": "another horse battery"});
    let way = (Method::DELETE, "/users/me");
    post.ask(token, way, &password).await;
    post.told(
        ANN,
        "Your account is erased",
        "stays valid, without your name",
    )
    .await;
    post.nothing_waits().await;
    assert_eq!(post.smtp.end().await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_owner_is_told_who_vouches_for_them() {
    let mut post = Post::open(&[]).await;
    post.server.register(ANN).await;
    post.told(ANN, "Confirm your email address", "24 hours")
        .await;
    let linked = "insert into outbox (topic, payload, created_at, available_at) \
        select 'mail', jsonb_build_object('news', 'identity_linked', 'account_id', id, \
            'device', 'Phone of Ann'), now(), to_timestamp(0) from accounts";
    post.server.sql().execute(linked).await.unwrap();
    // Whoever works jobs off looks when there is another.
    post.server.forget(ANN).await;
    let subject = "You can sign in without your password";
    let says = "signed in to your account (Phone of Ann) through a provider";
    post.told(ANN, subject, says).await;
}
