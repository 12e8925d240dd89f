//! Codes to phones: asked for, and what they open.

mod prove;
mod request;
mod verify;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::App;

/// The routes of codes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(request::request))
        .routes(routes!(verify::verify))
        .routes(routes!(prove::prove))
}
