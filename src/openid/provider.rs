//! A provider, asked for what a sign-in needs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use seating::timestamp::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::discovery::{self, Endpoints, SecretIn, short};
use super::kept::{Held, Kept};
use super::keys::Keys;
use super::rules::{Expected, TokenFault, judge};
use super::web::{Answered, Web};
use super::{Identity, token};

/// Questions to the provider at once; beyond it whoever comes is told to come later.
const AT_ONCE_MAX: usize = 32;

/// Longest time for all that one sign-in asks of the provider, below that of a request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a provider is reached, and as whom.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// Separated by spaces; `openid` is one of them.
    pub scopes: String,
    /// Where the provider sends people back to.
    pub redirect_url: String,
    pub overrides: Overrides,
}

/// Endpoints that are other ones than the provider says, or all of one that says nothing.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub authorization: Option<Url>,
    pub token: Option<Url>,
    pub keys: Option<Url>,
}

/// Why a provider vouches for nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It cannot be reached, or answers what it must not.
    #[error("{0}")]
    Unavailable(String),
    /// As many as may ask it at once.
    #[error("too many ask the provider at once")]
    Busy,
    /// The code is none of its own, too old, or was used.
    #[error("the provider does not take the code")]
    CodeRefused,
    #[error(transparent)]
    Token(#[from] TokenFault),
}

/// What an exchange of a code needs.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub code: String,
    /// What only whoever began the flow can know (RFC 7636).
    pub verifier: String,
    pub nonce: String,
}

/// A provider of identities.
#[derive(Clone)]
pub struct Provider(Arc<Asked>);

struct Asked {
    settings: ProviderSettings,
    web: Web,
    endpoints: Kept<Endpoints>,
    keys: Kept<Keys>,
    at_once: Arc<Semaphore>,
}

/// What a token endpoint answers when it gives something.
#[derive(Debug, Deserialize)]
struct TokenAnswer {
    id_token: String,
}

/// What it answers when it does not (RFC 6749, 5.2).
#[derive(Debug, Deserialize)]
struct TokenError {
    error: String,
}

impl Provider {
    /// A provider by its settings, which the configuration has checked. Nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// When this system trusts no authority.
    pub fn new(settings: ProviderSettings) -> Result<Self, String> {
        Ok(Self(Arc::new(Asked {
            settings,
            web: Web::new()?,
            endpoints: Kept::default(),
            keys: Kept::default(),
            at_once: Arc::new(Semaphore::new(AT_ONCE_MAX)),
        })))
    }

    /// The name under which it vouches.
    pub fn issuer(&self) -> &str {
        &self.0.settings.issuer
    }

    /// Where somebody agrees to be vouched for.
    ///
    /// # Errors
    ///
    /// [`Failure::Unavailable`] when it is not known where, [`Failure::Busy`].
    pub async fn page(&self, state: &str, nonce: &str, verifier: &str) -> Result<Url, Failure> {
        let endpoints = self.endpoints().await?;
        let settings = &self.0.settings;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let mut page = endpoints.authorization.clone();
        page.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &settings.redirect_url)
            .append_pair("scope", &settings.scopes)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(page)
    }

    /// Whom the provider vouches for by this code.
    ///
    /// # Errors
    ///
    /// [`Failure`] says why for nobody.
    pub async fn identity(&self, exchange: Exchange, now: Timestamp) -> Result<Identity, Failure> {
        let asked = Arc::clone(&self.0);
        let identity = async move { asked.identity(&exchange, now).await };
        self.ask(identity).await
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>, Failure> {
        if let Some(held) = self.0.endpoints.young().await {
            return Ok(held.document);
        }
        let asked = Arc::clone(&self.0);
        self.ask(async move { asked.endpoints().await }).await
    }

    /// Asks to the end, also when whoever wanted to know goes away: what is fetched is for others too.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = self.place()?;
        let asking = async move {
            let answer = tokio::time::timeout(TIMEOUT, question).await;
            drop(place);
            answer.unwrap_or_else(|_elapsed| {
                let why = format!("no answer came within {} s", TIMEOUT.as_secs());
                Err(Failure::Unavailable(why))
            })
        };
        let asking = tokio::spawn(asking.in_current_span()).await;
        asking.unwrap_or_else(|error| Err(Failure::Unavailable(error.to_string())))
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let at_once = Arc::clone(&self.0.at_once);
        at_once.try_acquire_owned().map_err(|_full| Failure::Busy)
    }
}

impl Asked {
    async fn identity(&self, exchange: &Exchange, now: Timestamp) -> Result<Identity, Failure> {
        let endpoints = self.endpoints().await?;
        let token = self.id_token(&endpoints, exchange).await?;
        let head = token::head(&token)?;
        let find = |held: &Held<Keys>| {
            let found = held.document.find(head.key_id.as_deref(), head.algorithm);
            found.cloned()
        };
        let keys = self.keys(&endpoints).await?;
        let key = if let Some(key) = find(&keys) {
            key
        } else {
            let fetch = self.fetch_keys(&endpoints);
            let newer = self.keys.newer(keys.fetched_at, fetch).await;
            let newer = newer.map_err(Failure::Unavailable)?;
            let found = newer.as_ref().and_then(find);
            found.ok_or(TokenFault::UnknownKey)?
        };
        let claims = token::claims(&token, head.algorithm, &key)?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client: &self.settings.client_id,
            nonce: &exchange.nonce,
        };
        Ok(judge(claims, expected, now)?)
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>, Failure> {
        let held = self.endpoints.get(self.discover()).await;
        held.map(|held| held.document).map_err(Failure::Unavailable)
    }

    /// What the provider says, but for what the settings say. It is not asked when they say all.
    async fn discover(&self) -> Result<Endpoints, String> {
        let Overrides {
            authorization,
            token,
            keys,
        } = self.settings.overrides.clone();
        if let (Some(authorization), Some(token), Some(keys)) = (&authorization, &token, &keys) {
            return Ok(Endpoints {
                authorization: authorization.clone(),
                token: token.clone(),
                keys: keys.clone(),
                secret_in: SecretIn::Header,
            });
        }
        let issuer = &self.settings.issuer;
        let place = Url::parse(&discovery::document_of(issuer));
        let place = place.map_err(|error| error.to_string())?;
        let said = discovery::read(&self.web.document(&place).await?, issuer)?;
        Ok(Endpoints {
            authorization: authorization.unwrap_or(said.authorization),
            token: token.unwrap_or(said.token),
            keys: keys.unwrap_or(said.keys),
            secret_in: said.secret_in,
        })
    }

    async fn keys(&self, endpoints: &Endpoints) -> Result<Held<Keys>, Failure> {
        let held = self.keys.get(self.fetch_keys(endpoints)).await;
        held.map_err(Failure::Unavailable)
    }

    async fn fetch_keys(&self, endpoints: &Endpoints) -> Result<Keys, String> {
        Keys::read(&self.web.document(&endpoints.keys).await?)
    }

    /// Exchanges a code for an ID token.
    async fn id_token(
        &self,
        endpoints: &Endpoints,
        exchange: &Exchange,
    ) -> Result<String, Failure> {
        let settings = &self.settings;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", &exchange.code),
            ("redirect_uri", &settings.redirect_url),
            ("code_verifier", &exchange.verifier),
        ];
        let authorization = match endpoints.secret_in {
            SecretIn::Header => Some(self.basic().map_err(Failure::Unavailable)?),
            SecretIn::Body => {
                fields.push(("client_id", &settings.client_id));
                fields.push(("client_secret", settings.client_secret.expose_secret()));
                None
            }
        };
        let sent = self.web.send_form(&endpoints.token, &fields, authorization);
        token_of(&sent.await.map_err(Failure::Unavailable)?)
    }

    /// Who we are, as a header that is shown to nobody (RFC 6749, 2.3.1).
    fn basic(&self) -> Result<HeaderValue, String> {
        let escaped = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let client = escaped(&self.settings.client_id);
        let secret = escaped(self.settings.client_secret.expose_secret());
        let text = format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")));
        let mut value = HeaderValue::try_from(text).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn token_of(answered: &Answered) -> Result<String, Failure> {
    let unavailable = |why: String| Err(Failure::Unavailable(why));
    if answered.status == StatusCode::OK {
        return match serde_json::from_slice::<TokenAnswer>(&answered.body) {
            Ok(answer) => Ok(answer.id_token),
            // What cannot be read may hold a token, so it is not repeated.
            Err(_unreadable) => unavailable("the token endpoint gave no ID token".to_owned()),
        };
    }
    // Not what it says in words, which may repeat what was sent.
    let error = serde_json::from_slice::<TokenError>(&answered.body);
    let error = error.map_or_else(|_| String::new(), |it| short(&it.error));
    if answered.status.is_client_error() && error == "invalid_grant" {
        return Err(Failure::CodeRefused);
    }
    let status = answered.status;
    unavailable(format!("the token endpoint answered {status} {error:?}"))
}

/// Secrets stay out of logs.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({:?})", self.issuer())
    }
}
