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

pub(super) use begin::{__path_start, start};
pub(crate) use end::CODE_BYTES_MAX;
pub(super) use end::{__path_callback, callback};
