//! Whether the public port answers at all.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use crate::http::answer::{json_bytes, json_response};
use crate::http::state::App;

/// The route.
pub fn routes() -> Router<App> {
    Router::new().route("/health", get(health))
}

#[derive(Serialize)]
struct HealthBody {
    status: &'static str,
}

async fn health() -> Response {
    json_response(json_bytes(&HealthBody { status: "ok" }))
}
