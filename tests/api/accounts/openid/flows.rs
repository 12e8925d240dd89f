//! The flow: its cookie, its state, its one use.

use std::collections::HashMap;

use openid_provider::Asked;

use super::{CARRIER, Scene, carried, cookies, takes_flow_away, user};
use crate::accounts::text;

#[tokio::test]
async fn somebody_registers_by_a_provider_and_signs_in_again() {
    let scene = Scene::open().await;
    let begun = scene.begin().await;
    let asked: HashMap<_, _> = begun.page.query_pairs().into_owned().collect();
    assert!(begun.page.as_str().starts_with(&scene.provider.issuer()));
    assert_eq!(asked["scope"], "openid email profile");
    let back = scene.agree(&begun).await;
    let first = scene.ask(&back, Some(&begun.cookie)).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.header("location"), "/api/v1/users/me");
    assert!(takes_flow_away(&first));
    let members = first.body["data"].as_object().unwrap();
    let members: Vec<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "access_token",
            "expires_in",
            "refresh_token",
            "session_id",
            "token_type",
            "user"
        ]
    );
    assert_eq!(first.body["data"]["token_type"], "Bearer");
    let ann = user(&first);
    assert_eq!(
        (&ann["name"], &ann["email"]),
        (&"Ann Lee".into(), &"ann@example.com".into())
    );
    assert_eq!(
        (&ann["email_verified"], &ann["role"]),
        (&true.into(), &"USER".into())
    );
    let me = scene.server.get("/users/me");
    let me = me
        .by(text(&first.body["data"], "access_token"))
        .send()
        .await;
    assert_eq!(me.body["data"]["user_id"], ann["user_id"], "{}", me.text);
    let refreshed = scene
        .server
        .refresh(text(&first.body["data"], "refresh_token"))
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);

    let again = scene.sign_in().await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(user(&again)["user_id"], ann["user_id"]);
    assert_eq!(scene.rows().await, [1, 2, 1]);
    // The documents of the provider were read once.
    let asked = scene.provider.script().await.asked;
    assert_eq!(
        asked,
        Asked {
            discovery: 1,
            keys: 1,
            token: 2
        }
    );
}

#[tokio::test]
async fn the_cookie_of_a_flow_is_sealed_and_goes_to_its_routes_alone() {
    let scene = Scene::open().await;
    let begun = scene.ask("/auth/google", None).await;
    let [cookie] = cookies(&begun)[..] else {
        panic!("{:?}", cookies(&begun));
    };
    let attributes = "; Path=/api/v1/auth/google; Max-Age=600; HttpOnly; Secure; SameSite=Lax";
    assert!(cookie.ends_with(attributes), "{cookie}");
    // Nothing that goes through the browser or the provider stands in it, nor in another's.
    let other = scene.begin().await;
    let page = other.page.query_pairs().into_owned();
    let page: HashMap<_, _> = page.collect();
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(page[name].len(), 43);
        assert!(!other.cookie.contains(&page[name]), "{name}");
        assert!(!begun.header("location").contains(&page[name]), "{name}");
    }
    assert_eq!(scene.rows().await, [0, 0, 0]);
}

#[tokio::test]
async fn a_flow_without_its_cookie_or_with_anothers_comes_to_nothing() {
    let scene = Scene::open().await;
    let (begun, other) = (scene.begin().await, scene.begin().await);
    let back = scene.agree(&begun).await;
    let forged = format!("{}A", begun.cookie);
    let empty = format!("{CARRIER}=");
    let refresh = scene.server.register("bob@example.com").await;
    let sealed = format!("{CARRIER}={}", text(&refresh, "refresh_token"));
    for cookie in [
        None,
        Some(&*forged),
        Some(&*empty),
        Some(&*sealed),
        Some(&*other.cookie),
    ] {
        let refused = scene.ask(&back, cookie).await;
        refused.assert_problem(400, "SIGN_IN_FAILED");
        assert!(takes_flow_away(&refused), "{cookie:?}");
        assert_eq!(cookies(&refused).len(), 1, "{cookie:?}");
    }
    let two = format!("{}; {}", begun.cookie, other.cookie);
    let refused = scene.ask(&back, Some(&two)).await;
    refused.assert_problem(400, "MALFORMED_REQUEST");
    let (path, query) = back.split_once('?').unwrap();
    for wrong in [
        "",
        "state=",
        "state=x",
        &query.replace("state=", "state=A"),
        "code=x",
    ] {
        let refused = scene
            .ask(&format!("{path}?{wrong}"), Some(&begun.cookie))
            .await;
        refused.assert_problem(400, "SIGN_IN_FAILED");
    }
    // The provider was not asked, and nothing of it has hurt the flow.
    assert_eq!(scene.provider.script().await.asked.token, 0);
    assert_eq!(scene.rows().await, [1, 1, 0]);
    assert_eq!(scene.ask(&back, Some(&begun.cookie)).await.status, 201);
}

#[tokio::test]
async fn a_flow_is_too_old_after_ten_minutes() {
    let (scene, clock) = Scene::with_clock().await;
    let begun = scene.begin().await;
    let back = scene.agree(&begun).await;
    clock.advance_seconds(600);
    let late = scene.ask(&back, Some(&begun.cookie)).await;
    late.assert_problem(400, "SIGN_IN_FAILED");
    assert_eq!(scene.rows().await, [0, 0, 0]);
    let begun = scene.begin().await;
    clock.advance_seconds(599);
    let back = scene.agree(&begun).await;
    assert_eq!(scene.ask(&back, Some(&begun.cookie)).await.status, 201);
}

#[tokio::test]
async fn a_flow_signs_in_once_however_careless_the_provider_is() {
    let scene = Scene::open().await;
    scene.provider.script().await.careless = true;
    let begun = scene.begin().await;
    let back = scene.agree(&begun).await;
    let all = (0..8).map(|_| scene.ask(&back, Some(&begun.cookie)));
    let all = futures::future::join_all(all).await;
    let let_in = all.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(let_in, 1);
    for refused in all.iter().filter(|reply| reply.status != 201) {
        refused.assert_problem(400, "SIGN_IN_FAILED");
    }
    let asked = scene.provider.script().await.asked.token;
    let another = scene.another().await;
    for server in [&scene.server, &another] {
        let again = scene.ask_at(server, &back, Some(&begun.cookie)).await;
        again.assert_problem(400, "SIGN_IN_FAILED");
        assert!(again.text.contains("begin again"), "{}", again.text);
    }
    // The provider is not asked about what is known.
    assert_eq!(scene.provider.script().await.asked.token, asked);
    assert_eq!(scene.rows().await, [1, 1, 1]);
}

#[tokio::test]
async fn a_flow_may_end_at_another_process() {
    let scene = Scene::open().await;
    let another = scene.another().await;
    let begun = scene.begin().await;
    let back = scene.agree(&begun).await;
    let ended = scene.ask_at(&another, &back, Some(&begun.cookie)).await;
    assert_eq!(ended.status, 201, "{}", ended.text);
}

#[tokio::test]
async fn a_browser_is_led_on_with_its_refresh_token_as_a_cookie_alone() {
    let scene = Scene::open().await;
    let begun = scene
        .begin_at("/auth/google?return_to=/account%3Ftab=orders")
        .await;
    let back = scene.agree(&begun).await;
    let ended = scene.ask(&back, Some(&begun.cookie)).await;
    assert_eq!(ended.status, 303, "{}", ended.text);
    assert_eq!(ended.header("location"), "/account?tab=orders");
    assert_eq!(ended.text, "");
    assert!(takes_flow_away(&ended));
    let cookies = cookies(&ended);
    let refresh = cookies
        .iter()
        .find(|it| it.starts_with("__Secure-fullhouse_refresh="));
    let refresh = refresh.unwrap().split(';').next().unwrap();
    let refreshed = scene.server.post("/auth/refresh", &serde_json::json!({}));
    let refreshed = refreshed
        .header("cookie", refresh)
        .header("x-csrf-protection", "1");
    assert_eq!(refreshed.send().await.status, 200);
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let scene = Scene::open().await;
    for wrong in [
        "",
        "account",
        "//evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "/a//b",
        "/%20",
        "/%C3%A4",
        &format!("/{}", "a".repeat(512)),
    ] {
        let refused = scene
            .ask(&format!("/auth/google?return_to={wrong}"), None)
            .await;
        refused.assert_invalid("return_to");
        assert!(cookies(&refused).is_empty(), "{wrong}");
    }
    let unknown = scene.ask("/auth/google?next=/", None).await;
    unknown.assert_invalid("next");
}

#[tokio::test]
async fn whoever_declines_is_told_so() {
    let scene = Scene::open().await;
    scene.provider.script().await.declines = true;
    let declined = scene.sign_in().await;
    declined.assert_problem(400, "SIGN_IN_FAILED");
    assert!(declined.text.contains("you declined"), "{}", declined.text);
    assert!(takes_flow_away(&declined));
    // Another error is the provider's, and it is believed only with the state.
    let begun = scene.begin().await;
    let state = begun.page.query_pairs().find(|(name, _)| name == "state");
    let state = state.unwrap().1.into_owned();
    for (query, said) in [
        (format!("error=server_error&state={state}"), "did not take"),
        ("error=access_denied&state=x".to_owned(), "another sign-in"),
        (
            format!("error=access_denied&state={state}&iss=http://evil.example"),
            "another provider",
        ),
        (format!("state={state}"), "neither a code nor an error"),
        (
            format!("state={state}&code="),
            "neither a code nor an error",
        ),
    ] {
        let path = format!("/auth/google/callback?{query}");
        let refused = scene.ask(&path, Some(&begun.cookie)).await;
        refused.assert_problem(400, "SIGN_IN_FAILED");
        assert!(refused.text.contains(said), "{query}: {}", refused.text);
    }
    assert_eq!(scene.rows().await, [0, 0, 0]);
}

#[tokio::test]
async fn who_answers_is_looked_at_where_it_is_said() {
    let scene = Scene::open().await;
    let begun = scene.begin().await;
    let back = format!(
        "{}&iss={}",
        scene.agree(&begun).await,
        scene.provider.issuer()
    );
    assert_eq!(scene.ask(&back, Some(&begun.cookie)).await.status, 201);
    assert_eq!(
        carried(&scene.ask("/auth/google", None).await).len(),
        begun.cookie.len()
    );
}
