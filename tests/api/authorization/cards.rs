//! How callers show who they are, and what that is worth.

use actors::clock::{Clock, SystemClock};
use fullhouse::accounts::{Caller, Role};
use jsonwebtoken::{EncodingKey, Header};
use seating::timestamp::Timestamp;
use serde_json::json;
use testkit::waiting::eventually;
use uuid::Uuid;

use crate::accounts::text;
use crate::support::{SECRET, TestServer, token, tokens};

/// How a caller shows who they are, and what that is worth; nothing lets nobody in.
pub(super) struct Card {
    pub(super) name: &'static str,
    pub(super) shown: Shown,
    pub(super) role: Option<Role>,
}

pub(super) enum Shown {
    Nothing,
    /// A token of somebody else each time, so that whoever signs out everywhere ends nobody else's.
    FreshToken(Role),
    Text(String),
}

pub(super) async fn cards(server: &TestServer) -> Vec<Card> {
    let mut cards = vec![
        card("nobody", Shown::Nothing, None),
        card("a USER", Shown::FreshToken(Role::User), Some(Role::User)),
        card(
            "an EDITOR",
            Shown::FreshToken(Role::Editor),
            Some(Role::Editor),
        ),
        card(
            "a SUPER_ADMIN",
            Shown::FreshToken(Role::SuperAdmin),
            Some(Role::SuperAdmin),
        ),
        card("a blocked USER", Shown::Text(blocked(server).await), None),
        card("an expired token", Shown::Text(minted_at(1_000)), None),
        card(
            "a foreign issuer",
            Shown::Text(signed("elsewhere", "fullhouse-api")),
            None,
        ),
        card(
            "a foreign audience",
            Shown::Text(signed("fullhouse", "elsewhere")),
            None,
        ),
        card("no algorithm", Shown::Text(unsigned()), None),
        card("a key cut short", Shown::Text("fh_5a5a".to_owned()), None),
    ];
    for (name, text, role) in [
        ("a USER's key", "USER", Role::User),
        ("an EDITOR's key", "EDITOR", Role::Editor),
        ("a SUPER_ADMIN's key", "SUPER_ADMIN", Role::SuperAdmin),
    ] {
        let (key, _) = server.key_of(text).await;
        until_known(server, &key, true).await;
        cards.push(card(name, Shown::Text(key), Some(role)));
    }
    let (expired, id) = server.key_of("SUPER_ADMIN").await;
    until_known(server, &expired, true).await;
    let over = format!("update api_keys set expires_at = now() where id = '{id}'");
    server.sql().execute(&over).await.unwrap();
    until_known(server, &expired, false).await;
    cards.push(card("an expired key", Shown::Text(expired), None));
    let (revoked, id) = server.key_of("SUPER_ADMIN").await;
    until_known(server, &revoked, true).await;
    let admin = token(Role::SuperAdmin, Uuid::new_v4());
    let path = format!("/api-keys/{id}");
    assert_eq!(server.delete(&path).by(&admin).send().await.status, 200);
    until_known(server, &revoked, false).await;
    cards.push(card("a revoked key", Shown::Text(revoked), None));
    cards
}

const fn card(name: &'static str, shown: Shown, role: Option<Role>) -> Card {
    Card { name, shown, role }
}

async fn until_known(server: &TestServer, text: &str, is_known: bool) {
    eventually("a key is known, or no longer", async || {
        let status = server.get("/users/me").by(text).send().await.status;
        (status != 401) == is_known
    })
    .await;
}

/// The token of somebody who is blocked at once, as `fullhouse user block --now` does.
async fn blocked(server: &TestServer) -> String {
    let mallory = server.register("mallory@example.com").await;
    let (id, access) = (
        text(&mallory["user"], "user_id").to_owned(),
        text(&mallory, "access_token").to_owned(),
    );
    let sql = server.sql();
    sql.execute(&format!(
        "update accounts set blocked_at = now() where id = '{id}'; \
         insert into token_revocations (subject, not_before, forget_at) \
         values ('{id}', now() + interval '1 second', now() + interval '1 hour')"
    ))
    .await
    .unwrap();
    until_known(server, &access, false).await;
    access
}

fn minted_at(seconds: i64) -> String {
    let caller = Caller {
        subject: Uuid::from_u128(9),
        role: Role::SuperAdmin,
    };
    let minted = tokens().mint(caller, Timestamp::from_unix_seconds(seconds), 60);
    minted.unwrap()
}

/// A token that this server's secret has signed, for somebody else's server.
fn signed(issuer: &str, audience: &str) -> String {
    let claims = json!({
        "sub": Uuid::from_u128(9), "role": "SUPER_ADMIN", "iss": issuer, "aud": audience,
        "iat": now(), "exp": now() + 600,
    });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
}

/// A good token without its signature, which says that it has none.
fn unsigned() -> String {
    let good = token(Role::SuperAdmin, Uuid::from_u128(9));
    let claims = good.split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT"}
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")
}

fn now() -> i64 {
    SystemClock::start().now().unix_micros() / 1_000_000
}
