//! Showtimes: creating them, listing them, reading one with its seats, changing its sale.

mod availability;
mod change;
mod create;
mod created;
pub mod import;
mod layout;
mod list;
mod plan_view;
mod read;
pub mod request;
mod seats;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::App;

pub use change::{ShowtimeChange, StatusBody};
pub use created::{created_response, refused};
pub use import::ImportRequest;
pub use layout::answer_layout;
pub use plan_view::PlanView;
pub use request::NewShowtimeRequest;

/// The routes of showtimes that answer within moments.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(read::read, change::change))
        .routes(routes!(seats::seats))
        .routes(routes!(layout::layout))
        .routes(routes!(availability::availability))
}

/// The import of a seating plan, which may be large.
pub fn import_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import::import))
}
