//! Signing in by a provider of identities: the authorization code flow with PKCE, state and nonce.
//!
//! ```text
//!   GET /auth/google ──────────► 303 to the provider, and the flow as a cookie
//!   GET /auth/google/callback ─► the flow's cookie and its state ─► the code for an ID token ─► the desk
//! ```

mod begin;
mod carrier;
mod end;
mod outcome;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::App;

pub(crate) use end::CODE_BYTES_MAX;

/// The routes of signing in by a provider.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin::start))
        .routes(routes!(end::callback))
}
