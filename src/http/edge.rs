//! The edge of the public port: one layer around every route.
//!
//! It gives each request an id, a span, a deadline and a place among the requests at work, and
//! makes one problem document of whatever went wrong inside, panics included. One hand-written
//! layer rather than ten stacked ones, because every layer costs each request an allocation.

mod future;
mod observe;
mod request_id;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;
use tower::{Layer, Service};
use tracing::Span;

use future::EdgeFuture;
use observe::RouteDurations;
pub use request_id::RequestId;

/// Requests at work now, against a limit. Shared by every edge of a server.
#[derive(Debug)]
pub struct Admission {
    limit: usize,
    active: AtomicUsize,
}

impl Admission {
    /// At most `limit` requests at once.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            active: AtomicUsize::new(0),
        })
    }

    /// Requests at work now.
    pub fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    fn admit(self: &Arc<Self>) -> Option<Admitted> {
        // Counted before it is compared, so that two requests cannot both take the last place.
        let admitted = Admitted(Arc::clone(self));
        let before = self.active.fetch_add(1, Ordering::Relaxed);
        (before < self.limit).then_some(admitted)
    }
}

/// One request's place; dropping it gives the place back.
#[derive(Debug)]
struct Admitted(Arc<Admission>);

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Puts an [`Edge`] around routes.
#[derive(Clone, Debug)]
pub struct EdgeLayer {
    admission: Arc<Admission>,
    timeout: Duration,
}

impl EdgeLayer {
    /// Requests of these routes are answered within `timeout`.
    pub const fn new(admission: Arc<Admission>, timeout: Duration) -> Self {
        Self { admission, timeout }
    }
}

impl<S> Layer<S> for EdgeLayer {
    type Service = Edge<S>;

    fn layer(&self, inner: S) -> Edge<S> {
        Edge {
            inner,
            layer: self.clone(),
            durations: Arc::default(),
        }
    }
}

/// A route with its edge.
#[derive(Clone, Debug)]
pub struct Edge<S> {
    inner: S,
    layer: EdgeLayer,
    durations: Arc<RouteDurations>,
}

/// What is remembered of a request until it is answered.
#[derive(Debug)]
struct Visit {
    id: RequestId,
    method: Method,
    path: String,
    route: Option<MatchedPath>,
    durations: Arc<RouteDurations>,
    began: tokio::time::Instant,
    span: Span,
    admitted: Option<Admitted>,
}

impl<S> Service<Request> for Edge<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = EdgeFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let visit = self.visit(&request);
        request.extensions_mut().insert(visit.id.clone());
        let inner = match &visit.admitted {
            Some(_) => Some(visit.span.in_scope(|| self.inner.call(request))),
            None => None,
        };
        EdgeFuture::new(inner, visit, self.layer.timeout)
    }
}

impl<S> Edge<S> {
    fn visit(&self, request: &Request) -> Visit {
        let id = RequestId::of(request.headers());
        let path = observe::shown_path(request.uri());
        let span = tracing::info_span!(
            "request",
            request.id = id.as_str(),
            http.method = request.method().as_str(),
            http.path = path,
        );
        Visit {
            id,
            method: request.method().clone(),
            path,
            route: request.extensions().get::<MatchedPath>().cloned(),
            durations: Arc::clone(&self.durations),
            began: tokio::time::Instant::now(),
            span,
            admitted: self.layer.admission.admit(),
        }
    }
}
