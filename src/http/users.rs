//! Accounts: one's own, and everybody's for those who manage them.

pub mod body;
mod export;
mod list;
mod me;
mod role;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::App;

/// The routes of accounts.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(me::read, me::change, me::put, me::erase))
        .routes(routes!(export::export))
        .routes(routes!(role::set))
}
