//! The public port: the routes with what surrounds them all.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::config::HttpConfig;
use crate::http::budget::Budget;
use crate::http::edge::{AccessLog, EdgeLayer, Queries};
use crate::http::extract::{CSRF_HEADER, Gate};
use crate::http::state::App;
use crate::http::{BASE, health, openapi, pages, problem, quick_routes, slow_routes};

/// Everything on the public port.
pub fn router(app: App, config: &HttpConfig, answers: &Arc<Budget>) -> Router {
    let queries = Arc::new(Queries::of(&openapi::document()));
    let access = AccessLog::new(config.access_lines_per_second);
    let gate = Arc::<Gate>::from_ref(&app);
    let edge = |millis| {
        let (answers, queries) = (Arc::clone(answers), Arc::clone(&queries));
        let timeout = Duration::from_millis(millis);
        let who = (Arc::clone(&access), Arc::clone(&gate));
        EdgeLayer::new(answers, queries, who, timeout)
    };
    let (quick, _) = OpenApiRouter::new()
        .nest(BASE, quick_routes())
        .split_for_parts();
    let (slow, _) = OpenApiRouter::new()
        .nest(BASE, slow_routes())
        .split_for_parts();
    let quick = quick
        .merge(health::routes())
        .merge(problem::pages::routes())
        .merge(pages::routes())
        .merge(openapi::routes());
    #[cfg(feature = "bench")]
    let quick = if config.bench_routes {
        quick.nest(BASE, crate::http::bench::routes())
    } else {
        quick
    };
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
        CSRF_HEADER,
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
            // The cookie of refresh tokens, to pages of the same site.
            .allow_credentials(true)
            .allow_methods(methods)
            .allow_headers(headers)
            .expose_headers(exposed)
            .max_age(Duration::from_hours(1)),
    )
}
