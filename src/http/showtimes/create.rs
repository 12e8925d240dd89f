//! Creating a showtime with its layout.

use axum::extract::State;
use axum::response::Response;

use super::created::{CreatedView, created};
use super::request::NewShowtimeRequest;
use crate::fresh_ids;
use crate::http::extract::body::LayoutJson;
use crate::http::extract::{Asking, Staff};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::stamp;
use crate::showtimes;
use crate::wire::faults::Faults;
use crate::wire::{Envelope, timestamp};
use persistence::showtimes::NewShowtime;

/// Where showtimes are created.
const ROUTE: &str = "/showtimes";

/// Create a showtime
///
/// With its layout: sections of seats or areas, and price tiers.
#[utoipa::path(
    post, path = ROUTE,
    operation_id = "createShowtime", tag = "staff",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = NewShowtimeRequest,
    responses(
        (status = 201, body = Envelope<CreatedView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn create(
    State(app): State<App>,
    Staff(caller): Staff,
    Asking(asker): Asking,
    LayoutJson(body): LayoutJson<NewShowtimeRequest>,
) -> Result<Response, Problem> {
    let request = stamp(&asker, caller, ("POST", ROUTE, &[]), &body)?;
    let mut faults = Faults::default();
    let now = app.now();
    let new = NewShowtime {
        id: fresh_ids::showtime(now),
        event: body.event_id,
        title: &body.title,
        starts_at: timestamp(body.starts_at),
        by: asker.by(),
        terms: &body.sale_terms(&mut faults),
        spec: &body.layout_spec(&mut faults),
        request,
    };
    let outcome = showtimes::create(app.showtimes(), &new, faults, now).await;
    created(&app, caller, new.id, outcome, None)
}
