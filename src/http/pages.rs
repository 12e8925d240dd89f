//! Pages for people: where the links in mails lead. They work without scripts.
//!
//! Opening a page does nothing: programs that look into mails open every link. What it is for is done
//! when its button is pressed.

mod account;
pub mod failure;
mod frame;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::http::state::App;

/// Bytes of a form: a token and a password, escaped.
const FORM_BYTES_MAX: usize = 4_096;

/// The pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/account/verify-email",
            get(account::verify).post(account::verified),
        )
        .route(
            "/account/reset-password",
            get(account::reset).post(account::replaced),
        )
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}
