//! The operations port: what watches the server, never what uses it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

use crate::http::answer::{json_bytes, json_response};
use crate::http::door::RequestLimit;
use crate::server::readiness::Readiness;
use crate::telemetry::names;

/// What the operations port looks at.
#[derive(Clone, Debug)]
pub struct Ops(Arc<OpsParts>);

struct OpsParts {
    metrics: PrometheusHandle,
    process: metrics_process::Collector,
    requests: Arc<RequestLimit>,
    readiness: Readiness,
}

impl std::fmt::Debug for OpsParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ops(…)")
    }
}

impl Ops {
    /// Watches these.
    pub fn new(
        metrics: PrometheusHandle,
        requests: Arc<RequestLimit>,
        readiness: Readiness,
    ) -> Self {
        let process = metrics_process::Collector::default();
        process.describe();
        Self(Arc::new(OpsParts {
            metrics,
            process,
            requests,
            readiness,
        }))
    }

    /// Keeps the recorder's memory bounded; called every few seconds.
    pub fn upkeep(&self) {
        self.0.metrics.run_upkeep();
    }
}

/// The routes of the operations port.
pub fn router(ops: Ops) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(ops)
}

async fn metrics(State(ops): State<Ops>) -> Response {
    let parts = &ops.0;
    parts.process.collect();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a few thousand requests at most"
    )]
    gauge!(names::HTTP_REQUESTS_ACTIVE).set(parts.requests.active() as f64);
    let mut response = parts.metrics.render().into_response();
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

/// The process answers; nothing else is asked, so that an outage elsewhere restarts nobody.
async fn livez() -> &'static str {
    "ok\n"
}

#[derive(Serialize)]
struct ReadyBody {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckBody>>,
}

#[derive(Serialize)]
struct CheckBody {
    name: &'static str,
    ok: bool,
    detail: String,
}

async fn readyz(State(ops): State<Ops>, RawQuery(query): RawQuery) -> Response {
    let checks = ops.0.readiness.checks();
    let ready = checks.iter().all(|check| check.ok);
    let verbose =
        query.is_some_and(|query| query.split('&').any(|part| part.starts_with("verbose")));
    let checks = checks.into_iter().map(|check| CheckBody {
        name: check.name,
        ok: check.ok,
        detail: check.detail,
    });
    let body = ReadyBody {
        status: if ready { "ready" } else { "not ready" },
        checks: (verbose || !ready).then(|| checks.collect()),
    };
    let mut response = json_response(json_bytes(&body));
    if !ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}
