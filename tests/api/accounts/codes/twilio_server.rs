//! Twilio Verify as far as it is asked: the same routes, forms and answers, with the faults that a test wants.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore};

pub(super) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(super) const TOKEN: &str = "the token of the tests";
pub(super) const SERVICE: &str = "VA0123456789abcdef0123456789abcdef";

/// What it does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// What Twilio does.
    Good,
    /// An error of Twilio's: its code and the status.
    Error(u32, u16),
    /// A status, with a page of a proxy's.
    Page(u16),
    /// Nothing, for longer than anybody waits.
    Silent,
    /// Half of an answer.
    Torn,
    Garbage,
    TooLarge,
    /// Somewhere else, where everything is approved.
    Elsewhere,
    /// Good as soon as there is a permit.
    Slow,
}

/// A verification that is not over.
#[derive(Clone, Debug, Default)]
struct Verification {
    code: String,
    sends: u32,
    checks: u32,
}

struct Twilio {
    mood: Mutex<Mood>,
    verifications: Mutex<HashMap<String, Verification>>,
    /// What was asked: the resource and its form.
    asked: Mutex<Vec<(String, HashMap<String, String>)>>,
    permits: Semaphore,
}

/// A server of a test's own, on a port of this machine.
#[derive(Clone)]
pub(super) struct TwilioServer {
    twilio: Arc<Twilio>,
    address: SocketAddr,
}

impl TwilioServer {
    pub(super) async fn start() -> Self {
        let twilio = Arc::new(Twilio {
            mood: Mutex::new(Mood::Good),
            verifications: Mutex::default(),
            asked: Mutex::default(),
            permits: Semaphore::new(0),
        });
        let router = Router::new()
            .route("/v2/Services/{service}/{resource}", post(answer))
            .route("/elsewhere", post(approved).get(approved))
            .with_state(Arc::clone(&twilio));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { twilio, address }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) async fn be(&self, mood: Mood) {
        *self.twilio.mood.lock().await = mood;
    }

    /// The code that a number was sent.
    pub(super) async fn code(&self, phone: &str) -> String {
        self.twilio.verifications.lock().await[phone].code.clone()
    }

    /// How often a resource was asked for.
    pub(super) async fn asked(&self, resource: &str) -> usize {
        let asked = self.twilio.asked.lock().await;
        asked.iter().filter(|(it, _)| it == resource).count()
    }

    /// Lets so many slow requests go on.
    pub(super) fn permit(&self, count: usize) {
        self.twilio.permits.add_permits(count);
    }
}

async fn answer(
    State(twilio): State<Arc<Twilio>>,
    Path((service, resource)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let asked = (resource.clone(), form.clone());
    twilio.asked.lock().await.push(asked);
    let expected = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
    let said = headers.get(header::AUTHORIZATION);
    if said.is_none_or(|said| said.as_bytes() != expected.as_bytes()) {
        return error(20_003, 401, "Authenticate");
    }
    let form_type = "application/x-www-form-urlencoded";
    assert_eq!(headers[header::CONTENT_TYPE], form_type);
    let mood = *twilio.mood.lock().await;
    match mood {
        Mood::Good => {}
        Mood::Slow => twilio.permits.acquire().await.unwrap().forget(),
        Mood::Error(code, status) => return error(code, status, "as the test wants"),
        Mood::Page(status) => {
            let status = StatusCode::from_u16(status).unwrap();
            return (status, "<html>approved</html>").into_response();
        }
        Mood::Silent => std::future::pending().await,
        Mood::Torn => {
            let half: [Result<&str, std::io::Error>; 2] = [
                Ok("{\"status\": \"appr"),
                Err(std::io::Error::other("torn as the test wants")),
            ];
            return Body::from_stream(futures::stream::iter(half)).into_response();
        }
        Mood::Garbage => return "\u{0}approved".into_response(),
        Mood::TooLarge => {
            let filler = "x".repeat(100 * 1024);
            return Json(json!({"status": "approved", "filler": filler})).into_response();
        }
        Mood::Elsewhere => {
            let elsewhere = [(header::LOCATION, "/elsewhere")];
            return (StatusCode::TEMPORARY_REDIRECT, elsewhere).into_response();
        }
    }
    if service != SERVICE {
        return error(20_404, 404, "The requested resource was not found");
    }
    match resource.as_str() {
        "Verifications" => start(&twilio, &form).await,
        "VerificationCheck" => check(&twilio, &form).await,
        _ => error(20_404, 404, "The requested resource was not found"),
    }
}

async fn start(twilio: &Twilio, form: &HashMap<String, String>) -> Response {
    let (to, channel) = (&form["To"], &form["Channel"]);
    if channel != "sms" || !to.starts_with('+') {
        return error(60_200, 400, "Invalid parameter");
    }
    let mut all = twilio.verifications.lock().await;
    let verification = all.entry(to.clone()).or_default();
    if verification.sends >= 5 {
        return error(60_203, 429, "Max send attempts reached");
    }
    verification.sends += 1;
    if verification.code.is_empty() {
        verification.code = format!("{:06}", rand::random_range(0..1_000_000));
    }
    let pending = said("pending", to);
    (StatusCode::CREATED, Json(pending)).into_response()
}

async fn check(twilio: &Twilio, form: &HashMap<String, String>) -> Response {
    let (to, code) = (&form["To"], &form["Code"]);
    let mut all = twilio.verifications.lock().await;
    let Some(verification) = all.get_mut(to) else {
        return error(20_404, 404, "The requested resource was not found");
    };
    if verification.checks >= 5 {
        return error(60_202, 429, "Max check attempts reached");
    }
    verification.checks += 1;
    if verification.code != *code {
        return Json(said("pending", to)).into_response();
    }
    all.remove(to);
    Json(said("approved", to)).into_response()
}

/// A verification, with what else stands in it.
fn said(status: &str, to: &str) -> Value {
    json!({
        "sid": "VE0123456789abcdef0123456789abcdef", "service_sid": SERVICE, "account_sid": ACCOUNT,
        "to": to, "channel": "sms", "status": status, "valid": status == "approved", "amount": null,
        "payee": null, "date_created": "2027-01-15T08:00:00Z", "date_updated": "2027-01-15T08:00:00Z",
        "sna_attempts_error_codes": [],
    })
}

fn error(code: u32, status: u16, message: &str) -> Response {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": message, "more_info": more_info, "status": status});
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn approved() -> Response {
    Json(said("approved", "+919876543210")).into_response()
}
