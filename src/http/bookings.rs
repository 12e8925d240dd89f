//! Bookings: reading one, and those of a showtime.

mod list;
mod read;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::App;

pub use view::{BookingView, TicketView};

/// The routes that read bookings.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read::read))
        .routes(routes!(list::of_showtime))
        .routes(routes!(list::mine))
}
