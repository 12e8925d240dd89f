//! Accounts: one's own, and everybody's for those who manage them.

pub mod body;
mod export;
mod list;
mod me;
mod role;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::{Bearer, Caller};
use crate::http::auth::of_refusal;
use crate::http::extract::NEEDS_SUPER_ADMIN;
use crate::http::problem::{Code, Problem};
use crate::http::state::App;

/// The routes of accounts.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(me::read, me::change, me::put, me::erase))
        .routes(routes!(export::export))
        .routes(routes!(role::set))
}

/// Lets nobody manage accounts whose role was taken away since their token was made.
pub(crate) async fn still_manages(app: &App, bearer: Bearer) -> Result<Caller, Problem> {
    let manages = app.desk().still_manages(bearer).await;
    if manages.map_err(of_refusal)? {
        return Ok(bearer.caller);
    }
    Err(Problem::new(Code::Forbidden, NEEDS_SUPER_ADMIN))
}
