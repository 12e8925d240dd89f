//! The same front as the product's: its routes that sell, over a design instead of owners.

mod holds;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{delete, get, post};
use fullhouse::config::HttpConfig;
use fullhouse::fresh_ids;
use fullhouse::http::BASE;
use fullhouse::http::budget::Budget;
use fullhouse::http::edge::{AccessLog, EdgeLayer};
use fullhouse::http::extract::body::LayoutJson;
use fullhouse::http::extract::{Asking, Gate, ShowtimePath, Staff};
use fullhouse::http::problem::Problem;
use fullhouse::http::seat_map_cache::SeatMaps;
use fullhouse::http::showtimes::{NewShowtimeRequest, answer_layout, created_response, refused};
use fullhouse::showtimes::CreateError;
use fullhouse::wire::faults::Faults;
use fullhouse::wire::timestamp;
use persistence::showtimes::NewShowtime;
use seating::timestamp::Timestamp;

use crate::on_sale::ShowtimesOnSale;
use crate::seller::Seller;
use actors::clock::{Clock, SystemClock};

/// A cheap handle to everything that handlers use.
#[derive(Clone)]
pub struct Baseline(Arc<BaselineParts>);

/// The parts, put together by the server.
pub struct BaselineParts {
    pub seller: Seller,
    pub showtimes: ShowtimesOnSale,
    /// What every request passes before a handler reads it.
    pub gate: Arc<Gate>,
    pub seat_maps: SeatMaps,
}

impl Baseline {
    /// A handle to the parts.
    pub fn new(parts: BaselineParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The design.
    pub fn seller(&self) -> &Seller {
        &self.0.seller
    }

    fn showtimes(&self) -> &ShowtimesOnSale {
        &self.0.showtimes
    }

    #[expect(
        clippy::unused_self,
        reason = "what time it is, as handlers ask for it"
    )]
    fn now(&self) -> Timestamp {
        SystemClock::start().now()
    }
}

impl fmt::Debug for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Baseline(…)")
    }
}

impl FromRef<Baseline> for Arc<Gate> {
    fn from_ref(baseline: &Baseline) -> Self {
        Self::clone(&baseline.0.gate)
    }
}

/// Everything on the public port.
pub fn router(baseline: Baseline, config: &HttpConfig, answers: &Arc<Budget>) -> Router {
    let timeout = Duration::from_millis(config.request_timeout_ms);
    let routes = Router::new()
        .route("/showtimes", post(create))
        .route("/showtimes/{id}/layout", get(layout))
        .route("/showtimes/{id}/holds", post(holds::create))
        .route("/showtimes/{id}/holds/{hold_id}", delete(holds::release))
        .route(
            "/showtimes/{id}/holds/{hold_id}/confirm",
            post(holds::confirm),
        );
    Router::new()
        .nest(BASE, routes)
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(EdgeLayer::new(
            Arc::clone(answers),
            Arc::default(),
            (AccessLog::new(0), Arc::from_ref(&baseline)),
            timeout,
        ))
        .with_state(baseline)
}

async fn create(
    State(baseline): State<Baseline>,
    _staff: Staff,
    asker: Asking,
    LayoutJson(body): LayoutJson<NewShowtimeRequest>,
) -> Result<Response, Problem> {
    refuse_key(&asker)?;
    let now = baseline.now();
    let mut faults = Faults::default();
    let (spec, terms) = (body.layout_spec(&mut faults), body.sale_terms(&mut faults));
    if !faults.is_empty() {
        return Err(refused(CreateError::Faults(faults.into_vec())));
    }
    let new = NewShowtime {
        id: fresh_ids::showtime(now),
        event: body.event_id,
        title: &body.title,
        starts_at: timestamp(body.starts_at),
        by: asker.0.by(),
        spec: &spec,
        terms: &terms,
        request: None,
    };
    let store = baseline.seller().store();
    baseline.showtimes().create(store, &new, now).await?;
    Ok(created_response(new.id, false, None))
}

async fn layout(
    State(baseline): State<Baseline>,
    ShowtimePath(id): ShowtimePath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let on_sale = baseline.showtimes().find(id).await?;
    let layout = Arc::clone(&on_sale.layout);
    answer_layout(&baseline.0.seat_maps, id, layout, &headers).await
}

/// The compared designs remember no requests, and must not look as if they did.
fn refuse_key(asker: &Asking) -> Result<(), Problem> {
    if asker.0.key.is_some() {
        let message = "is not part of the comparison";
        return Err(Problem::invalid("Idempotency-Key", message));
    }
    Ok(())
}
