//! Problems of those who want to be somebody.

use std::sync::Arc;

use actors::clock::SystemClock;
use fullhouse::accounts::Role;
use fullhouse::config::Secret;
use serde_json::json;
use test_database::TestDatabase;
use uuid::Uuid;

use super::album::Album;
use crate::support::{TestServer, configured, layout, token};

/// Each one that the desk of accounts has for a person.
pub(super) async fn of_people(album: &mut Album) {
    let server = TestServer::with_flags(&["--email-verification", "required"]).await;
    let ann = json!({
        "name": "Ann Lee", "email": "ann@example.com", "password": "correct horse battery",
    });
    let registered = server.post("/auth/register", &ann).send().await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    let again = server.post("/auth/register", &ann);
    album.keep(again, 409, "EMAIL_TAKEN").await;
    let login = |password: &str| {
        let body = json!({"email": "ann@example.com", "password": password});
        server.post("/auth/login", &body)
    };
    album
        .keep(login("wrong horse battery"), 401, "INVALID_CREDENTIALS")
        .await;
    let refresh = json!({"refresh_token": "AaIrqq2zfhSi8rqC"});
    let refresh = server.post("/auth/refresh", &refresh);
    album.keep(refresh, 401, "SESSION_ENDED").await;
    let showtime = server.showtime(&layout(&[("1", 4)])).await;
    let token = registered.body["data"]["access_token"].as_str().unwrap();
    let hold = server.post(
        &format!("/showtimes/{showtime}/holds"),
        &json!({"seats": ["A-1-1"]}),
    );
    album.keep(hold.by(token), 403, "EMAIL_NOT_VERIFIED").await;
    let block = "update accounts set blocked_at = now()";
    server.sql().execute(block).await.unwrap();
    album
        .keep(login("correct horse battery"), 403, "ACCOUNT_BLOCKED")
        .await;
    let wrong = json!({"name": "", "email": "ann", "password": "short", "role": "EDITOR"});
    let wrong = server.post("/auth/register", &wrong);
    album.keep(wrong, 422, "VALIDATION_FAILED").await;
    album
        .keep(server.get("/auth/google"), 404, "NOT_FOUND")
        .await;
    of_api_keys(album, &server).await;
    of_providers(album).await;
}

/// As many keys as may be, and one more.
async fn of_api_keys(album: &mut Album, server: &TestServer) {
    let fill = "insert into api_keys (id, name, role, digest, created_by, created_at) \
         select gen_random_uuid(), 'x', 'USER', sha256(n::text::bytea), gen_random_uuid(), now() \
         from generate_series(1, 1000) n";
    server.sql().execute(fill).await.unwrap();
    let admin = token(Role::SuperAdmin, Uuid::from_u128(1));
    let body = json!({"name": "one more", "role": "USER"});
    let more = server.post("/api-keys", &body).by(&admin);
    album.keep(more, 409, "API_KEY_LIMIT_REACHED").await;
}

/// Those of a provider that is away.
async fn of_providers(album: &mut Album) {
    let database = Arc::new(TestDatabase::create().await);
    let flags = [
        "--openid-issuer",
        "http://127.0.0.1:9",
        "--openid-client-id",
        "us",
    ];
    let mut config = configured(&database.url(), &flags);
    config.openid.openid_client_secret = Secret::given("FULLHOUSE_OPENID_CLIENT_SECRET", "secret");
    let clock = Arc::new(SystemClock::start());
    let server = TestServer::of(config, Some(database), clock).await;
    let begin = server.get("/auth/google");
    album.keep(begin, 503, "PROVIDER_UNAVAILABLE").await;
    let end = server.get("/auth/google/callback?code=x&state=y");
    album.keep(end, 400, "SIGN_IN_FAILED").await;
    let elsewhere = server.get("/auth/google?return_to=//evil.example");
    album.keep(elsewhere, 422, "VALIDATION_FAILED").await;
}

const PHONE: &str = "+919876543210";

/// Each one that codes to phones have.
pub(super) async fn of_phones(album: &mut Album) {
    let (server, clock) = TestServer::with_clock().await;
    let never_asked = json!({"phone": PHONE, "code": "042137"});
    let never_asked = server.post("/auth/otp/verify", &never_asked);
    album.keep(never_asked, 401, "INVALID_CODE").await;
    let bob = server.by_phone(PHONE).await;
    let soon = server.asking_for_code(PHONE);
    album.keep(soon, 429, "RATE_LIMITED").await;
    clock.advance_seconds(600);
    let erase = server.delete("/users/me");
    let erase = erase.by(bob["access_token"].as_str().unwrap());
    album.keep(erase, 403, "SIGN_IN_AGAIN").await;
    let ann =
        json!({"name": "Ann Lee", "email": "ann@example.com", "password": "correct horse battery"});
    let ann = server.post("/auth/register", &ann).send().await;
    let code = server.code(PHONE).await;
    let body = json!({"phone": PHONE, "code": code});
    let prove = server.post("/auth/phone/verify", &body);
    let anns = ann.body["data"]["access_token"].as_str().unwrap();
    let taken = prove.by(anns).send().await;
    let asked = format!(
        "POST /api/v1/auth/phone/verify\n\n{{\"phone\":\"{PHONE}\",\"code\":\"[the right one]\"}}"
    );
    album.add(&asked, &taken, 409, "PHONE_TAKEN");
    let other = unreachable_provider().await;
    let asking = other.asking_for_code(PHONE);
    album.keep(asking, 503, "PROVIDER_UNAVAILABLE").await;
}

/// A server that has codes sent by somebody at whose address nobody listens.
async fn unreachable_provider() -> TestServer {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let database = Arc::new(TestDatabase::create().await);
    let sids = [
        "--twilio-account-sid",
        "AC1",
        "--twilio-verify-service-sid",
        "VA1",
    ];
    let flags = [&["--twilio-url", &url][..], &sids].concat();
    let mut config = configured(&database.url(), &flags);
    let token = Secret::given("FULLHOUSE_TWILIO_AUTH_TOKEN", "a token");
    config.accounts.codes.twilio_auth_token = token;
    TestServer::of(config, Some(database), Arc::new(SystemClock::start())).await
}
