//! The end: back from the provider's page.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::begin::provider;
use super::carrier;
use super::outcome::{Refused, count, label_of};
use crate::accounts::{Asker, Credentials, Device, Flow, Welcome};
use crate::http::BASE;
use crate::http::auth::credentials::{self, CredentialsView};
use crate::http::extract::params::Params;
use crate::http::extract::{Newcomer, Pressing};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::openid::{Exchange, Provider};
use crate::wire::Envelope;

/// Bytes of a code that are handed on to the provider; those of Google have about 100.
pub(crate) const CODE_BYTES_MAX: usize = 2_048;

/// What a provider sends somebody back with; it may add what it likes.
#[derive(Debug, Deserialize)]
pub(super) struct CallbackParams {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// End a sign-in by a provider
///
/// Where the provider leads back to. A person whom it vouches for is found by what the provider calls them,
/// then by their address, if that is confirmed there and here; nobody's address becomes an account.
#[utoipa::path(
    get, path = "/auth/google/callback",
    operation_id = "endGoogleSignIn", tag = "auth",
    params(
        ("code" = Option<String>, Query, description = "What is exchanged for an ID token"),
        ("state" = Option<String>, Query, description = "As it went to the provider"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
        ("iss" = Option<String>, Query, description = "Who answers (RFC 9207)"),
    ),
    responses(
        (status = 200, body = Envelope<CredentialsView<'static>>, description = "Signed in"),
        (status = 201, body = Envelope<CredentialsView<'static>>, description = "Registered, and signed in"),
        (status = 303, description = "Signed in, and on to `return_to`"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn callback(
    State(app): State<App>,
    Newcomer(device): Newcomer,
    Pressing(asker): Pressing,
    headers: HeaderMap,
    Params(params): Params<CallbackParams>,
) -> Result<Response, Problem> {
    let gone = carrier::drop_flow()?;
    match finish(&app, &headers, params, (&asker, &device)).await {
        Ok(mut response) => {
            response.headers_mut().append(header::SET_COOKIE, gone);
            Ok(response)
        }
        Err(problem) => Err(problem.with_header(header::SET_COOKIE, gone)),
    }
}

async fn finish(
    app: &App,
    headers: &HeaderMap,
    params: CallbackParams,
    who: (&Asker, &Device),
) -> Result<Response, Problem> {
    let provider = provider(app)?;
    let carried = carrier::carried(headers)?;
    let flow = carried.and_then(|carried| app.desk().resume_flow(&carried));
    let flow = flow.ok_or_else(|| Refused::NoFlow.told())?;
    let signed_in = Box::pin(sign_in(app, provider, (&flow, params), who)).await;
    let (welcome, credentials) = signed_in.map_err(Refused::told)?;
    count(label_of(welcome));
    answer(&flow, welcome, &credentials)
}

async fn sign_in(
    app: &App,
    provider: &Provider,
    (flow, params): (&Flow, CallbackParams),
    who: (&Asker, &Device),
) -> Result<(Welcome, Credentials), Refused> {
    let desk = app.desk();
    let state = params.state.as_deref().unwrap_or_default();
    if !desk.is_state_of(flow, state) {
        return Err(Refused::OtherFlow);
    }
    if params.iss.is_some_and(|issuer| issuer != provider.issuer()) {
        return Err(Refused::OtherIssuer);
    }
    match params.error.as_deref() {
        None => {}
        Some("access_denied") => return Err(Refused::Declined),
        Some(error) => return Err(Refused::ByProvider(error.chars().take(100).collect())),
    }
    let code = params.code.filter(|code| !code.is_empty());
    let code = code.filter(|code| code.len() <= CODE_BYTES_MAX);
    let code = code.ok_or(Refused::NoCode)?;
    desk.flow_is_unused(flow).await?;
    let secrets = desk.flow_secrets(flow);
    let exchange = Exchange {
        code,
        verifier: secrets.verifier,
        nonce: secrets.nonce,
    };
    let identity = provider.identity(exchange, app.now()).await?;
    Ok(desk.sign_in_by_provider(&identity, flow, who).await?)
}

fn answer(flow: &Flow, welcome: Welcome, credentials: &Credentials) -> Result<Response, Problem> {
    if let Some(path) = &flow.return_to {
        return credentials::send_on(path, credentials);
    }
    if welcome != Welcome::Registered {
        return credentials::answer(StatusCode::OK, credentials);
    }
    let mut response = credentials::answer(StatusCode::CREATED, credentials)?;
    let location = HeaderValue::try_from(format!("{BASE}/users/me"));
    let location = location.map_err(Problem::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}
