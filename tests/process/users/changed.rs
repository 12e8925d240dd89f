//! Roles, blocks and revocations, as a running server sees them.

use serde_json::{Value, json};
use testkit::waiting::eventually;

use super::{ANN, Office, PASSWORD, auth, login};
use crate::program::{Program, token};

/// The tokens of somebody who has signed in.
struct Tokens {
    access: String,
    refresh: String,
}

async fn ann_signs_in(server: &Program) -> Tokens {
    let (status, body) = login(server, ANN, PASSWORD).await;
    assert_eq!(status, 200, "{body}");
    tokens(&body)
}

fn tokens(body: &Value) -> Tokens {
    let text = |name: &str| body["data"][name].as_str().unwrap().to_owned();
    Tokens {
        access: text("access_token"),
        refresh: text("refresh_token"),
    }
}

async fn refresh(server: &Program, tokens: &Tokens) -> (u16, Value) {
    auth(server, "refresh", &json!({"refresh_token": tokens.refresh})).await
}

async fn me(server: &Program, tokens: &Tokens) -> u16 {
    let url = format!("http://{}/api/v1/users/me", server.address());
    let request = reqwest::Client::new().get(url).bearer_auth(&tokens.access);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_role_counts_from_the_next_refresh_on() {
    let office = Office::open().await;
    office.ann().await;
    let server = office.server().await;
    let before = ann_signs_in(&server).await;
    let said = office.done(&["role", ANN, "EDITOR"]).await;
    assert!(said.contains("from the next refresh on"), "{said}");
    let (status, body) = refresh(&server, &before).await;
    assert_eq!(
        (status, &body["data"]["user"]["role"]),
        (200, &json!("EDITOR"))
    );
    let id = office.accounts().await[0]["user_id"]
        .as_str()
        .unwrap()
        .to_owned();
    office.done(&["role", &id, "USER"]).await;
    assert_eq!(office.accounts().await[0]["role"], "USER");
    for nobody in ["nobody@example.com", "019b0000-0000-7000-8000-000000000001"] {
        let said = office.refused(&["role", nobody, "EDITOR"]).await;
        assert!(said.contains("there is no account"), "{said}");
    }
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test]
async fn whoever_is_blocked_now_is_out_within_seconds_and_comes_back_when_unblocked() {
    let office = Office::open().await;
    office.ann().await;
    let server = office.server().await;
    let before = ann_signs_in(&server).await;
    // Without --now the token lives out its minutes.
    office.done(&["block", ANN]).await;
    assert_eq!(me(&server, &before).await, 200);
    office.done(&["unblock", ANN]).await;
    office.done(&["block", ANN, "--now"]).await;
    eventually("the token is refused", async || {
        me(&server, &before).await == 401
    })
    .await;
    let (status, body) = refresh(&server, &before).await;
    assert_eq!((status, &body["code"]), (403, &json!("ACCOUNT_BLOCKED")));
    let (status, body) = login(&server, ANN, PASSWORD).await;
    assert_eq!((status, &body["code"]), (403, &json!("ACCOUNT_BLOCKED")));
    assert_eq!(login(&server, ANN, "a wrong horse battery").await.0, 401);
    office.done(&["unblock", ANN]).await;
    let (status, body) = refresh(&server, &before).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(me(&server, &tokens(&body)).await, 200);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test]
async fn whose_tokens_are_revoked_has_to_sign_in_again() {
    let office = Office::open().await;
    office.ann().await;
    let server = office.server().await;
    let before = ann_signs_in(&server).await;
    office.done(&["revoke", ANN]).await;
    let (status, body) = refresh(&server, &before).await;
    assert_eq!((status, &body["code"]), (401, &json!("SESSION_ENDED")));
    eventually("the token is refused", async || {
        me(&server, &before).await == 401
    })
    .await;
    let after = ann_signs_in(&server).await;
    assert_eq!(me(&server, &after).await, 200);
    // A subject need not have an account, an address must.
    office
        .done(&["revoke", "019b0000-0000-7000-8000-000000000001"])
        .await;
    office.refused(&["revoke", "nobody@example.com"]).await;
    // What the operator mints goes on working.
    let staff = token("EDITOR").await;
    assert_eq!(server.get("", &staff).await.0, 200);
    assert_eq!(server.terminate().await, 0);
}
