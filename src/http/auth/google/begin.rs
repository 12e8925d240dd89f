//! The beginning: to the provider's page.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::carrier;
use super::outcome::{Refused, count};
use crate::accounts;
use crate::http::extract::Newcomer;
use crate::http::extract::params::Params;
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::http::state::App;
use crate::openid::Provider;

/// What may be asked of a beginning.
#[derive(Debug, Deserialize)]
pub(super) struct StartParams {
    return_to: Option<String>,
}

/// Sign in by a provider
///
/// Leads to the page of Google, or of whichever provider is set up. What comes of it is answered at
/// `/auth/google/callback`; with `return_to` that leads on to this path, with the refresh token as a cookie.
#[utoipa::path(
    get, path = "/auth/google",
    operation_id = "startGoogleSignIn", tag = "auth",
    params(("return_to" = Option<String>, Query, description = "A path of this site")),
    responses(
        (status = 303, description = "To the provider's page"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn start(
    State(app): State<App>,
    Newcomer(_device): Newcomer,
    Params(params): Params<StartParams>,
) -> Result<Response, Problem> {
    let provider = provider(&app)?;
    if let Some(path) = &params.return_to {
        accounts::return_to(path)
            .map_err(|reason| Problem::invalid_parameter("return_to", reason))?;
    }
    let desk = app.desk();
    let flow = desk.begin_flow(params.return_to);
    let secrets = desk.flow_secrets(&flow);
    let page = provider.page(&secrets.state, &secrets.nonce, &secrets.verifier);
    let page = page
        .await
        .map_err(|failure| Refused::from(failure).told())?;
    let mut response = Redirect::to(page.as_str()).into_response();
    let cookie = carrier::carry(&desk.carried(&flow))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    count("begun");
    Ok(response)
}

/// Who vouches for people.
pub(super) fn provider(app: &App) -> Result<&Provider, Problem> {
    let not_set_up =
        "signing in by a provider is not set up on this server; sign in with your password";
    app.provider()
        .ok_or_else(|| Problem::new(Code::NotFound, not_set_up))
}
