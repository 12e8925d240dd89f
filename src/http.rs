//! The public port: every route, readable as a table of contents.

pub mod at_most;
pub mod blocks;
pub mod body;
pub mod bookings;
pub mod budget;
pub mod conditional;
pub mod counts;
pub mod door;
pub mod edge;
pub mod extract;
pub mod front;
pub mod holds;
pub mod house;
pub mod openapi;
pub mod ops;
pub mod params;
pub mod places;
pub mod problem;
pub mod public;
pub mod resolve;
pub mod seat_maps;
pub mod seats;
pub mod showtimes;
pub mod state;
pub mod wire;

mod bench;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::config::HttpConfig;
use crate::http::budget::Budget;
use crate::http::edge::{EdgeLayer, Queries};
use crate::http::state::App;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// The API's routes that answer within moments.
fn quick_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(showtimes::routes())
        .merge(seats::routes())
        .merge(holds::routes())
        .merge(bookings::routes())
        .merge(blocks::routes())
        .merge(house::journal_routes())
}

/// The API's routes that read a lot: audits and imports.
fn slow_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(showtimes::import_routes())
        .merge(house::audit_routes())
}

/// Everything on the public port.
pub fn router(app: App, config: &HttpConfig, answers: &Arc<Budget>) -> Router {
    let queries = Arc::new(Queries::of(&openapi::document()));
    let edge = |millis| {
        let (answers, queries) = (Arc::clone(answers), Arc::clone(&queries));
        EdgeLayer::new(answers, queries, Duration::from_millis(millis))
    };
    let (quick, _) = OpenApiRouter::new()
        .nest(BASE, quick_routes())
        .split_for_parts();
    let (slow, _) = OpenApiRouter::new()
        .nest(BASE, slow_routes())
        .split_for_parts();
    let mut quick = quick.merge(public::routes()).merge(openapi::routes());
    if config.bench_routes {
        quick = quick.nest(BASE, bench::routes());
    }
    let slow = slow.layer(edge(config.slow_request_timeout_ms));
    let router = quick
        .fallback(|| async { axum::http::StatusCode::NOT_FOUND })
        .layer(edge(config.request_timeout_ms))
        .merge(slow)
        .with_state(app);
    match cors(&config.cors_origins) {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

/// Which web pages may call the API; without any, browsers keep all of them out.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    if origins.is_empty() {
        return None;
    }
    let headers = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("x-request-id"),
    ];
    let exposed = [
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        HeaderName::from_static("ratelimit"),
        HeaderName::from_static("ratelimit-policy"),
        HeaderName::from_static("idempotent-replayed"),
        HeaderName::from_static("x-request-id"),
    ];
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods(methods)
            .allow_headers(headers)
            .expose_headers(exposed)
            .max_age(Duration::from_hours(1)),
    )
}
