//! Codes that somebody else makes, sends and checks.

use std::sync::Arc;

use actors::clock::{Clock, ManualClock};
use fullhouse::config::Secret;
use seating::timestamp::Timestamp;
use serde_json::json;
use test_database::TestDatabase;
use testkit::waiting::eventually;

use super::twilio_server::{ACCOUNT, Mood, SERVICE, TOKEN, TwilioServer};
use super::{OTHER, PHONE, told, wrong};
use crate::support::{TestServer, configured};

/// A server that has codes sent, who sends them, and the time of the first.
struct Scene {
    server: TestServer,
    twilio: TwilioServer,
    clock: Arc<ManualClock>,
}

impl Scene {
    async fn open() -> Self {
        Self::with(SERVICE, TOKEN).await
    }

    async fn with(service: &str, token: &str) -> Self {
        let twilio = TwilioServer::start().await;
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000));
        let clock = Arc::new(clock);
        let database = Arc::new(TestDatabase::create().await);
        let url = twilio.url();
        let flags = [
            "--twilio-url",
            &url,
            "--twilio-account-sid",
            ACCOUNT,
            "--twilio-verify-service-sid",
            service,
        ];
        let mut config = configured(&database.url(), &flags);
        config.accounts.codes.twilio_auth_token =
            Secret::given("FULLHOUSE_TWILIO_AUTH_TOKEN", token);
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let server = TestServer::of(config, Some(database), shared).await;
        Self {
            server,
            twilio,
            clock,
        }
    }

    /// Has a number sent a code, which is given.
    async fn code(&self, phone: &str) -> String {
        let asked = self.server.asking_for_code(phone).send().await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        self.twilio.code(phone).await
    }
}

#[tokio::test]
async fn a_code_of_twilio_opens_an_account() {
    let scene = Scene::open().await;
    let Scene {
        server,
        twilio,
        clock,
    } = &scene;
    let code = scene.code(PHONE).await;
    let wrong_code = server.enter(PHONE, &wrong(&code)).await;
    wrong_code.assert_problem(401, "INVALID_CODE");
    let entered = server.enter(PHONE, &code).await;
    assert_eq!(entered.status, 201, "{}", entered.text);
    // One that was used is not asked about.
    let checks = twilio.asked("VerificationCheck").await;
    let used = server.enter(PHONE, &code).await;
    assert_eq!(told(&used), told(&wrong_code));
    assert_eq!(twilio.asked("VerificationCheck").await, checks);
    assert_eq!((twilio.asked("Verifications").await, checks), (1, 2));
    // Nor is anything kept that says what it was.
    let digests = "select count(digest)::int from phone_codes";
    assert_eq!(server.count(digests).await, 0);

    clock.advance_seconds(60);
    let code = scene.code(PHONE).await;
    let again = server.enter(PHONE, &code).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(again.body["data"]["user"], entered.body["data"]["user"]);
    let body = json!({"phone": OTHER, "code": scene.code(OTHER).await});
    let prove = server.post("/auth/phone/verify", &body);
    let token = again.body["data"]["access_token"].as_str().unwrap();
    let proved = prove.by(token).send().await;
    assert_eq!(proved.body["data"]["phone"], OTHER, "{}", proved.text);
}

/// Twilio's are good for ten minutes, ours for five.
#[tokio::test]
async fn our_own_bounds_hold_beside_twilios() {
    let scene = Scene::open().await;
    let Scene {
        server,
        twilio,
        clock,
    } = &scene;
    let code = scene.code(PHONE).await;
    clock.advance_seconds(300);
    server
        .enter(PHONE, &code)
        .await
        .assert_problem(401, "INVALID_CODE");
    assert_eq!(twilio.asked("VerificationCheck").await, 0);
    let code = scene.code(PHONE).await;
    let wrong_code = wrong(&code);
    let guesses = (0..50).map(|_| server.enter(PHONE, &wrong_code));
    for reply in futures::future::join_all(guesses).await {
        reply.assert_problem(401, "INVALID_CODE");
    }
    assert_eq!(twilio.asked("VerificationCheck").await, 5);
    let soon = server.asking_for_code(PHONE).send().await;
    assert_eq!(soon.status, 429);
    assert_eq!(twilio.asked("Verifications").await, 2);
    // Twilio looks at five checks of its own, whatever was asked for since.
    clock.advance_seconds(60);
    let code = scene.code(PHONE).await;
    server
        .enter(PHONE, &code)
        .await
        .assert_problem(401, "INVALID_CODE");
}

/// What is not sent costs nothing, and the code before stays good.
#[tokio::test]
async fn a_code_that_could_not_be_sent_changes_nothing() {
    let scene = Scene::open().await;
    let Scene {
        server,
        twilio,
        clock,
    } = &scene;
    let code = scene.code(PHONE).await;
    clock.advance_seconds(60);
    let unavailable = (503, "PROVIDER_UNAVAILABLE");
    let faults = [
        (Mood::Page(500), unavailable),
        (Mood::Error(20_500, 503), unavailable),
        (Mood::Silent, unavailable),
        (Mood::Torn, unavailable),
        (Mood::Garbage, unavailable),
        (Mood::TooLarge, unavailable),
        (Mood::Elsewhere, unavailable),
        (Mood::Page(200), unavailable),
        (Mood::Error(20_003, 401), unavailable),
        (Mood::Error(20_404, 404), unavailable),
        (Mood::Error(20_429, 429), (503, "OVERLOADED")),
        (Mood::Error(60_203, 429), (429, "RATE_LIMITED")),
        (Mood::Error(60_200, 400), (422, "VALIDATION_FAILED")),
        (Mood::Error(60_410, 403), (422, "VALIDATION_FAILED")),
    ];
    for (mood, (status, code)) in faults {
        twilio.be(mood).await;
        let refused = server.asking_for_code(PHONE).key("k").send().await;
        refused.assert_problem(status, code);
        if status != 422 {
            let seconds: u32 = refused.header("retry-after").parse().unwrap();
            assert!(seconds >= 1, "{mood:?}");
        }
        assert!(!refused.text.contains("wilio"), "{}", refused.text);
    }
    let sent = "select sent from phone_codes";
    assert_eq!(server.count(sent).await, 1);
    assert_eq!(server.count("select attempts from phone_codes").await, 0);
    // Not even the minute.
    twilio.be(Mood::Good).await;
    assert_eq!(server.enter(PHONE, &code).await.status, 201);
    let again = server.asking_for_code(PHONE).key("k").send().await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (202, "")
    );
    assert_eq!(server.count(sent).await, 2);
}

/// Nobody is let in by what only looks like an approval, and a guess that nobody looked at is none.
#[tokio::test]
async fn a_code_that_nobody_could_check_opens_nothing_and_costs_nothing() {
    let scene = Scene::open().await;
    let Scene { server, twilio, .. } = &scene;
    let code = scene.code(PHONE).await;
    let unavailable = (503, "PROVIDER_UNAVAILABLE");
    let faults = [
        (Mood::Page(500), unavailable),
        (Mood::Silent, unavailable),
        (Mood::Torn, unavailable),
        (Mood::Garbage, unavailable),
        (Mood::TooLarge, unavailable),
        (Mood::Elsewhere, unavailable),
        (Mood::Page(200), unavailable),
        (Mood::Error(20_003, 401), unavailable),
        (Mood::Error(20_429, 429), (503, "OVERLOADED")),
    ];
    for (mood, (status, problem)) in faults {
        twilio.be(mood).await;
        server
            .enter(PHONE, &code)
            .await
            .assert_problem(status, problem);
        assert_eq!(server.count("select attempts from phone_codes").await, 0);
    }
    // What Twilio says of the code is said of the code.
    for mood in [
        Mood::Error(60_202, 429),
        Mood::Error(20_404, 404),
        Mood::Error(60_200, 400),
    ] {
        twilio.be(mood).await;
        server
            .enter(PHONE, &code)
            .await
            .assert_problem(401, "INVALID_CODE");
    }
    assert_eq!(server.count("select count(*)::int from accounts").await, 0);
    twilio.be(Mood::Good).await;
    assert_eq!(server.enter(PHONE, &code).await.status, 201);
}

#[tokio::test]
async fn settings_that_twilio_does_not_know_are_told_as_a_failure() {
    for (service, token) in [("VAother", TOKEN), (SERVICE, "another token")] {
        let scene = Scene::with(service, token).await;
        let refused = scene.server.asking_for_code(PHONE).send().await;
        refused.assert_problem(503, "PROVIDER_UNAVAILABLE");
    }
}

#[tokio::test]
async fn a_server_that_asks_twilio_too_much_at_once_says_so() {
    let scene = Scene::open().await;
    let Scene { server, twilio, .. } = &scene;
    twilio.be(Mood::Slow).await;
    let ask = |number: u32| {
        let asking = server.asking_for_code(&format!("+9198765432{number:02}"));
        asking.send()
    };
    let waiting = futures::future::join_all((0..32).map(ask));
    let beyond = async {
        let full = async || twilio.asked("Verifications").await == 32;
        eventually("32 are on their way", full).await;
        let refused = ask(32).await;
        twilio.permit(32);
        refused
    };
    let (sent, refused) = tokio::join!(waiting, beyond);
    assert!(sent.iter().all(|reply| reply.status == 202));
    refused.assert_problem(503, "OVERLOADED");
    assert_eq!(twilio.asked("Verifications").await, 32);
    let rows = "select count(*)::int from phone_codes where code_id is not null";
    assert_eq!(server.count(rows).await, 32);
}

/// Whoever hangs up while a code is sent gets one that is good.
#[tokio::test]
async fn a_code_is_good_also_when_nobody_waits_for_the_answer() {
    let scene = Scene::open().await;
    let Scene { server, twilio, .. } = &scene;
    twilio.be(Mood::Slow).await;
    let asking = tokio::spawn(server.asking_for_code(PHONE).send());
    let asked = async || twilio.asked("Verifications").await == 1;
    eventually("it is on its way", asked).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    twilio.permit(1);
    let armed = "select count(*)::int from phone_codes where code_id is not null";
    eventually("the code is good", async || server.count(armed).await == 1).await;
    twilio.be(Mood::Good).await;
    let code = twilio.code(PHONE).await;
    assert_eq!(server.enter(PHONE, &code).await.status, 201);
}
