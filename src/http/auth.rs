//! Becoming somebody and staying so: registering, signing in, tokens, sessions, passwords, addresses.

pub mod body;
mod credentials;
mod email;
mod google;
mod login;
mod logout;
mod password;
mod phone;
mod refresh;
mod refusal;
mod register;
mod sessions;
mod user;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::App;

pub use credentials::DoneView;
pub(crate) use credentials::{FailedAttempts, take_cookie};
pub(crate) use google::CODE_BYTES_MAX;
pub(crate) use refusal::of_refusal;
pub(crate) use sessions::SessionView;
pub use user::UserView;

/// The routes of signing in.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .merge(google::routes())
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(sessions::list, sessions::end_all))
        .routes(routes!(sessions::end))
        .routes(routes!(email::verify))
        .routes(routes!(email::send))
        .routes(routes!(email::change))
        .routes(routes!(password::forgot))
        .routes(routes!(password::reset))
        .routes(routes!(password::change))
        .merge(phone::routes())
}
