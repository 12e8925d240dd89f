//! Holds: setting places aside, extending, releasing and, at the box office, selling them.

mod answer;
mod confirm;
mod create;
mod extend;
mod list;
mod read;
mod release;
pub mod request;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::App;

pub use answer::{ExtendedView, HoldView, ReleasedView};
pub use request::{AreaRequest, ConfirmRequest, ExtendRequest, HoldRequest};

/// The routes of holds.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(read::read, release::release))
        .routes(routes!(extend::extend))
        .routes(routes!(confirm::confirm))
}
