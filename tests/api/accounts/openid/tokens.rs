//! ID tokens that must not be believed, and keys that change.

use openid_provider::{Fault, Person};

use super::{Scene, takes_flow_away};

impl Scene {
    /// How many sign-ins of the process have had this outcome, of all tests in it.
    pub(super) async fn counted(&self, outcome: &str) -> u64 {
        let metrics = self.server.ask_ops("/metrics").send().await.text;
        let name = format!("fullhouse_provider_sign_ins_total{{outcome=\"{outcome}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.map_or(0, |count| count.parse().unwrap())
    }

    /// A sign-in that is refused with these words, counted, and changes nothing.
    async fn is_refused(&self, fault: Fault, (said, outcome): (&str, &str)) {
        let (rows, counted) = (self.rows().await, self.counted(outcome).await);
        self.provider.script().await.fault = fault.clone();
        let refused = self.sign_in().await;
        refused.assert_problem(400, "SIGN_IN_FAILED");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{fault:?}: {detail}");
        assert!(takes_flow_away(&refused), "{fault:?}");
        assert_eq!(self.rows().await, rows, "{fault:?}");
        assert!(self.counted(outcome).await > counted, "{fault:?}");
    }
}

/// What can be wrong, how what is said of it begins, and as what it is counted.
const WRONG: [(Fault, &str, &str); 13] = [
    (Fault::Issuer, "of another issuer", "token_issuer"),
    (Fault::Audience, "meant for somebody else", "token_audience"),
    (
        Fault::Audiences,
        "meant for somebody else",
        "token_audience",
    ),
    (Fault::Nonce, OF_ANOTHER, "token_nonce"),
    (Fault::NoNonce, OF_ANOTHER, "token_nonce"),
    (Fault::Expired, "has expired", "token_expired"),
    (Fault::TooEarly, "not good yet", "token_too_early"),
    (Fault::OtherKey, "signature", "token_signature"),
    (Fault::Changed, "signature", "token_signature"),
    (Fault::Unsigned, "signed in a way", "token_algorithm"),
    (
        Fault::PublicKeyAsSecret,
        "signed in a way",
        "token_algorithm",
    ),
    (Fault::UnknownKey, "signed by a key", "token_key"),
    (Fault::NoToken, "cannot be read", "token_malformed"),
];

const OF_ANOTHER: &str = "made for another sign-in";

#[tokio::test]
async fn a_token_that_is_not_right_lets_nobody_in() {
    let scene = Scene::open().await;
    // One whom everybody knows, and whose account there would be.
    assert_eq!(scene.sign_in().await.status, 201);
    for algorithm in ["RS256", "ES256"] {
        scene.provider.script().await.algorithm = algorithm;
        for (fault, said, outcome) in WRONG {
            scene.is_refused(fault, (said, outcome)).await;
        }
    }
    scene.provider.script().await.fault = Fault::None;
    assert_eq!(scene.sign_in().await.status, 200);
}

/// What is refused says the same of somebody with an account as of somebody without one.
#[tokio::test]
async fn a_refused_token_tells_nobody_who_has_an_account() {
    let scene = Scene::open().await;
    scene.server.register("ann@example.com").await;
    let mut told = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        scene.provider.script().await.person = Person::of("x", email);
        scene.provider.script().await.fault = Fault::Audience;
        let refused = scene.sign_in().await;
        told.push((refused.status, refused.body["detail"].clone()));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn a_token_of_another_sign_in_is_worth_nothing() {
    let scene = Scene::open().await;
    assert_eq!(scene.sign_in().await.status, 201);
    let earlier = scene.provider.script().await.last.clone().unwrap();
    let fault = Fault::Earlier(earlier);
    scene.is_refused(fault, (OF_ANOTHER, "token_nonce")).await;
}

#[tokio::test]
async fn keys_that_change_are_fetched_again_and_not_more_often_than_once_a_minute() {
    let scene = Scene::open().await;
    assert_eq!(scene.sign_in().await.status, 201);
    scene.provider.script().await.rotate();
    // Of several who come with the new key one has it fetched.
    let all = futures::future::join_all((0..4).map(|_| scene.sign_in())).await;
    assert!(all.iter().all(|reply| reply.status == 200), "{all:?}");
    assert_eq!(scene.provider.script().await.asked.keys, 2);
    scene.provider.script().await.rotate();
    for _ in 0..5 {
        let refused = scene.sign_in().await;
        refused.assert_problem(400, "SIGN_IN_FAILED");
    }
    assert_eq!(scene.provider.script().await.asked.keys, 2);
    assert_eq!(scene.rows().await, [1, 5, 1]);
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let (scene, clock) = Scene::with_clock().await;
    let begun = scene.begin().await;
    let back = scene.agree(&begun).await;
    // The provider's token is good for 300 s from the time at which it is made, which is the server's.
    scene.provider.script().await.behind_seconds = 359;
    assert_eq!(scene.ask(&back, Some(&begun.cookie)).await.status, 201);
    scene.provider.script().await.behind_seconds = 360;
    scene.sign_in().await.assert_problem(400, "SIGN_IN_FAILED");
    scene.provider.script().await.behind_seconds = -60;
    assert_eq!(scene.sign_in().await.status, 200);
    scene.provider.script().await.behind_seconds = -61;
    scene.sign_in().await.assert_problem(400, "SIGN_IN_FAILED");
    clock.advance_seconds(1);
    scene.provider.script().await.behind_seconds = 0;
    assert_eq!(scene.sign_in().await.status, 200);
}
