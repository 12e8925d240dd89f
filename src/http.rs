//! The public port: every route, readable as a table of contents.

pub mod answer;
pub mod api_keys;
pub mod audit;
pub mod audit_log;
pub mod auth;
pub mod blocks;
pub mod bookings;
pub mod budget;
pub mod caching;
pub mod door;
pub mod edge;
pub mod extract;
pub mod health;
pub mod holds;
pub mod journal;
pub mod openapi;
pub mod pages;
pub mod problem;
pub mod resolve;
pub mod seat_map_cache;
pub mod service;
pub mod showtimes;
pub mod state;
pub mod users;
pub mod write;

#[cfg(feature = "bench")]
mod bench;

use utoipa_axum::router::OpenApiRouter;

use crate::http::state::App;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// The API's routes that answer within moments.
fn quick_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(showtimes::routes())
        .merge(holds::routes())
        .merge(bookings::routes())
        .merge(blocks::routes())
        .merge(journal::routes())
        .merge(auth::routes())
        .merge(users::routes())
        .merge(api_keys::routes())
        .merge(audit_log::routes())
}

/// The API's routes that read a lot: audits and imports.
fn slow_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(showtimes::import_routes())
        .merge(audit::routes())
}
