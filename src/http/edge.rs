//! The edge of the public port: one layer around every route.
//!
//! It gives each request an id, a span and a deadline, makes one problem document of whatever went
//! wrong inside, panics included, and accounts for the memory of large answers. One hand-written
//! layer rather than ten stacked ones, because every layer costs each request an allocation.

mod access;
pub mod bare;
mod durations;
mod future;
mod head;
mod observe;
mod queries;
mod request_id;
mod visit;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::Version;
use axum::response::Response;
use tower::{Layer, Service};

use future::EdgeFuture;

use crate::http::budget::Budget;
use crate::http::door::{Class, OverTls, Refused};
use crate::http::extract::body::Deadline;
use crate::http::extract::{Arrival, Gate, Identity};
use crate::http::problem::Problem;
pub use access::AccessLog;
use durations::RouteDurations;
pub use queries::Queries;
use request_id::RequestId;
use visit::Visit;

/// Puts an [`Edge`] around routes.
#[derive(Clone, Debug)]
pub struct EdgeLayer {
    answers: Arc<Budget>,
    queries: Arc<Queries>,
    access: Arc<AccessLog>,
    gate: Arc<Gate>,
    timeout: Duration,
}

impl EdgeLayer {
    /// Requests of these routes are from whom `gate` knows, have no other parameters than `queries` knows and are answered within
    /// `timeout`, and their answers occupy `answers` until they are taken.
    pub fn new(
        answers: Arc<Budget>,
        queries: Arc<Queries>,
        (access, gate): (Arc<AccessLog>, Arc<Gate>),
        timeout: Duration,
    ) -> Self {
        Self {
            answers,
            queries,
            access,
            gate,
            timeout,
        }
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
        let mut visit = self.visit(&request);
        let deadline = visit.began + self.layer.timeout;
        request.extensions_mut().insert(Deadline(deadline));
        let refused = request.extensions_mut().remove::<Refused>();
        let refused = refused.map(|Refused(problem)| problem);
        let refused = refused.or_else(|| self.identify(&mut request, &mut visit).err());
        let inner = match refused.or_else(|| self.misread(&request)) {
            None => Ok(visit.span.in_scope(|| self.inner.call(request))),
            Some(problem) => Err(problem),
        };
        EdgeFuture::new(inner, visit, deadline)
    }
}

impl<S> Edge<S> {
    /// Finds out who sent a request, once for all who want to know, and whether they ask too much.
    fn identify(&self, request: &mut Request, visit: &mut Visit) -> Result<(), Problem> {
        let gate = &self.layer.gate;
        let identity = gate.identify(request.headers());
        let request_id = visit.id.shared();
        request.extensions_mut().insert(Arrival {
            identity,
            request_id,
        });
        let Identity::Known(bearer) = identity else {
            return Ok(());
        };
        visit.caller = Some(bearer.caller);
        let route = visit.route.as_ref().map_or("", MatchedPath::as_str);
        visit.standing = gate.charge(identity, Class::of(&visit.method, route))?;
        Ok(())
    }

    /// Why a request could be read in another way than it is meant, if it could.
    fn misread(&self, request: &Request) -> Option<Problem> {
        head::refusal(request).or_else(|| {
            let query = request.uri().query()?;
            let route = request.extensions().get::<MatchedPath>()?;
            let queries = &self.layer.queries;
            queries.refusal(route.as_str(), request.method(), query)
        })
    }

    fn visit(&self, request: &Request) -> Visit {
        let id = RequestId::of(request.headers());
        let path = observe::shown_path(request.uri());
        let span = tracing::info_span!(
            "request",
            request.id = id.as_str(),
            http.method = request.method().as_str(),
            http.path = path,
        );
        let began = tokio::time::Instant::now();
        Visit {
            id,
            method: request.method().clone(),
            path,
            route: request.extensions().get::<MatchedPath>().cloned(),
            durations: Arc::clone(&self.durations),
            access: self.layer.access.line(began),
            began,
            span,
            multiplexed: request.version() == Version::HTTP_2,
            answers: Arc::clone(&self.layer.answers),
            client: request.extensions().get().copied(),
            over_tls: request.extensions().get::<OverTls>().is_some(),
            caller: None,
            standing: None,
        }
    }
}
