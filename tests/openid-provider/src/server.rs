//! The provider's endpoints.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use actors::clock::Clock;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;
use url::Url;
use url::form_urlencoded::parse;
use uuid::Uuid;

use crate::keys::text;
use crate::script::{CLIENT_ID, CLIENT_SECRET, Mood, Person, Script};
use crate::token::{Said, token};

/// A running provider, which ends with its value.
#[derive(Debug)]
pub struct Provider {
    state: Shared,
    running: JoinHandle<()>,
}

type Shared = Arc<Parts>;

#[derive(Debug)]
struct Parts {
    address: SocketAddr,
    clock: Arc<dyn Clock>,
    script: Mutex<Script>,
    grants: Mutex<HashMap<String, Grant>>,
}

/// What a code is good for.
#[derive(Clone, Debug)]
struct Grant {
    redirect_uri: String,
    challenge: String,
    nonce: String,
    person: Person,
    used: bool,
}

type Fields = HashMap<String, String>;

impl Provider {
    /// One at this address, whose tokens say the time of this clock.
    pub async fn start(address: SocketAddr, clock: Arc<dyn Clock>) -> Self {
        let listener = TcpListener::bind(address).await;
        let listener = listener.expect("the address is free");
        let address = listener.local_addr().expect("it has one");
        let state = Arc::new(Parts {
            address,
            clock,
            script: Mutex::new(Script::new()),
            grants: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/elsewhere/discovery", get(discovery_elsewhere))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(exchange))
            .with_state(Arc::clone(&state));
        let serving = async move {
            axum::serve(listener, router).await.expect("it serves");
        };
        let running = tokio::spawn(serving);
        Self { state, running }
    }

    /// What it is called, which is where it is.
    pub fn issuer(&self) -> String {
        self.state.issuer()
    }

    /// What it is told to do.
    pub async fn script(&self) -> MutexGuard<'_, Script> {
        self.state.script.lock().await
    }

    /// Serves for ever.
    pub async fn serve(mut self) {
        let running = (&mut self.running).await;
        running.expect("it serves");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Parts {
    fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    fn document(&self) -> Value {
        let issuer = self.issuer();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize?tenant=7"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        })
    }
}

/// What an endpoint in this mood answers instead of what is good.
async fn in_mood(mood: Mood, good: Value) -> Response {
    match mood {
        Mood::Good => Json(good).into_response(),
        Mood::Slow(time) => {
            tokio::time::sleep(time).await;
            Json(good).into_response()
        }
        Mood::Status(status) => {
            let status = StatusCode::from_u16(status).expect("it is a status");
            (status, Json(good)).into_response()
        }
        Mood::Error(error) => error_of(error),
        Mood::Garbage => "<html>come back later</html>".into_response(),
        Mood::TooMuch => {
            let mut much = good;
            much["padding"] = json!("x".repeat(1_000_000));
            Json(much).into_response()
        }
        Mood::Elsewhere => Redirect::to("/elsewhere/discovery").into_response(),
    }
}

fn error_of(error: &str) -> Response {
    let said = json!({"error": error, "error_description": "as it was told"});
    (StatusCode::BAD_REQUEST, Json(said)).into_response()
}

async fn discovery(State(state): State<Shared>) -> Response {
    let mut script = state.script.lock().await;
    script.asked.discovery += 1;
    let mut document = state.document();
    for (name, value) in script.says.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    let mood = script.discovery;
    drop(script);
    in_mood(mood, document).await
}

async fn discovery_elsewhere(State(state): State<Shared>) -> Json<Value> {
    Json(state.document())
}

async fn keys(State(state): State<Shared>) -> Response {
    let mut script = state.script.lock().await;
    script.asked.keys += 1;
    let (mood, document) = (script.keys, script.signing.document());
    drop(script);
    in_mood(mood, document).await
}

/// The page on which somebody agrees, or does not, without being asked.
async fn authorize(State(state): State<Shared>, Query(asked): Query<Fields>) -> Response {
    let of = |name: &str| asked.get(name).map_or("", String::as_str);
    let scopes: Vec<&str> = of("scope").split(' ').collect();
    let right = of("response_type") == "code"
        && of("client_id") == CLIENT_ID
        && of("code_challenge_method") == "S256"
        && of("code_challenge").len() == 43
        && of("tenant") == "7"
        && of("nonce").len() == 43
        && scopes.contains(&"openid")
        && scopes.contains(&"email");
    let back = Url::parse(of("redirect_uri"));
    let (true, Ok(mut back)) = (right, back) else {
        return error_of("invalid_request");
    };
    let script = state.script.lock().await;
    let mut answer = vec![("state", of("state").to_owned())];
    if script.declines {
        answer.push(("error", "access_denied".to_owned()));
    } else {
        let code = Uuid::new_v4().to_string();
        let grant = Grant {
            redirect_uri: of("redirect_uri").to_owned(),
            challenge: of("code_challenge").to_owned(),
            nonce: of("nonce").to_owned(),
            person: script.person.clone(),
            used: false,
        };
        state.grants.lock().await.insert(code.clone(), grant);
        answer.push(("code", code));
        // What Google adds, which nobody has to know.
        answer.push(("scope", of("scope").to_owned()));
        answer.push(("authuser", "0".to_owned()));
        answer.push(("prompt", "consent".to_owned()));
    }
    back.query_pairs_mut().extend_pairs(answer);
    Redirect::to(back.as_str()).into_response()
}

async fn exchange(
    State(state): State<Shared>,
    headers: HeaderMap,
    Form(sent): Form<Fields>,
) -> Response {
    let mut script = state.script.lock().await;
    script.asked.token += 1;
    if script.token != Mood::Good {
        let mood = script.token;
        drop(script);
        return in_mood(mood, json!({"id_token": "none"})).await;
    }
    let of = |name: &str| sent.get(name).map_or("", String::as_str);
    let in_body =
        script.says["token_endpoint_auth_methods_supported"] == json!(["client_secret_post"]);
    let proved = if in_body {
        of("client_id") == CLIENT_ID && of("client_secret") == CLIENT_SECRET
    } else {
        is_client(&headers) && !sent.contains_key("client_secret")
    };
    if !proved {
        return (StatusCode::UNAUTHORIZED, error_of("invalid_client")).into_response();
    }
    let mut grants = state.grants.lock().await;
    let grant = grants.get_mut(of("code"));
    let right = |grant: &Grant| {
        of("grant_type") == "authorization_code"
            && grant.redirect_uri == of("redirect_uri")
            && grant.challenge == text(Sha256::digest(of("code_verifier")))
            && (!grant.used || script.careless)
    };
    let Some(grant) = grant.filter(|grant| right(grant)) else {
        return error_of("invalid_grant");
    };
    grant.used = true;
    let said = Said {
        issuer: &state.issuer(),
        nonce: &grant.nonce,
        person: &grant.person,
        now: state.clock.now().unix_micros() / 1_000_000 - script.behind_seconds,
    };
    let token = token(&script, &said);
    script.last = Some(token.clone());
    Json(json!({
        "access_token": "for nothing", "token_type": "Bearer", "expires_in": 300, "id_token": token,
    }))
    .into_response()
}

/// Whether a header says who the client is, both of its parts escaped (RFC 6749, 2.3.1).
fn is_client(headers: &HeaderMap) -> bool {
    let said = headers.get(header::AUTHORIZATION);
    let said = said.and_then(|it| it.to_str().ok()?.strip_prefix("Basic "));
    let decoded = said.and_then(|it| String::from_utf8(STANDARD.decode(it).ok()?).ok());
    let pair = decoded.as_deref().and_then(|it| it.split_once(':'));
    let unescaped = |text: &str| {
        let mut pairs = parse(text.as_bytes());
        pairs.next().map(|(text, _)| text.into_owned())
    };
    pair.is_some_and(|(client, secret)| {
        unescaped(client).as_deref() == Some(CLIENT_ID)
            && unescaped(secret).as_deref() == Some(CLIENT_SECRET)
    })
}
