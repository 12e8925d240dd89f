//! One request at the edge.

use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::Method;
use tracing::Span;

use super::access::AccessLine;
use super::durations::RouteDurations;
use super::request_id::RequestId;
use crate::accounts::Caller;
use crate::http::budget::Budget;
use crate::http::door::ClientAddress;
use crate::http::door::rates::Standing;

/// What is remembered of a request until it is answered.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) id: RequestId,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) route: Option<MatchedPath>,
    pub(super) durations: Arc<RouteDurations>,
    pub(super) began: tokio::time::Instant,
    pub(super) span: Span,
    /// Whether its answer may wait in memory for a client that takes it stream by stream.
    pub(super) multiplexed: bool,
    pub(super) answers: Arc<Budget>,
    /// Whose share of it the answer uses.
    pub(super) client: Option<ClientAddress>,
    /// Whether it came over TLS, to a proxy of the operator's.
    pub(super) over_tls: bool,
    /// Who signed it.
    pub(super) caller: Option<Caller>,
    /// What they may still ask.
    pub(super) standing: Standing,
    /// Its line in the access log, if there is room for one.
    pub(super) access: Option<AccessLine>,
}
