//! Creating a showtime with its house.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use persistence::showtimes::Created;
use seating::ids::ShowtimeId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::import::{ImportedView, PlanView};
use super::request::NewShowtimeRequest;
use crate::accounts::Caller;
use crate::fresh_ids;
use crate::http::extract::body::HouseJson;
use crate::http::extract::{House, KeyHeader};
use crate::http::problem::{self, Code, FieldError, Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::{REPLAYED, stamp};
use crate::showtimes::{self, Draft, DraftError};
use crate::wire::faults::{Fault, Faults};
use crate::wire::{Envelope, timestamp};

/// A showtime that was created.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedView {
    /// Its id.
    showtime_id: Uuid,
}

/// Where showtimes are created.
const ROUTE: &str = "/showtimes";

/// Create a showtime
///
/// With its house: sections of seats or areas, and price tiers.
#[utoipa::path(
    post, path = ROUTE, tag = "house",
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
    House(caller): House,
    KeyHeader(key): KeyHeader,
    HouseJson(body): HouseJson<NewShowtimeRequest>,
) -> Result<Response, Problem> {
    let request = stamp(key, caller, ("POST", ROUTE, &[]), &body)?;
    let mut faults = Faults::default();
    let now = app.now();
    let draft = Draft {
        id: fresh_ids::showtime(now),
        event: body.event_id,
        title: &body.title,
        starts_at: timestamp(body.starts_at),
        created_by: Some(caller.subject),
        settings: &body.settings(&mut faults),
        spec: &body.layout_spec(&mut faults),
        request,
    };
    let created = showtimes::create(app.showtimes(), &draft, faults, now).await;
    opened(&app, caller, draft.id, created, None)
}

/// The answer to whoever wanted to create a showtime under this id.
pub(super) fn opened(
    app: &App,
    caller: Caller,
    id: ShowtimeId,
    created: Result<Created, DraftError>,
    plan: Option<PlanView>,
) -> Result<Response, Problem> {
    let (id, replayed) = match created.map_err(refused)? {
        Created::New => {
            app.catalog().has_changed();
            (id, false)
        }
        Created::Replayed(id) => (id, true),
        Created::KeyReused => {
            let detail = "the idempotency key was used for another request";
            return Err(Problem::new(Code::IdempotencyKeyReused, detail));
        }
    };
    tracing::info!(
        showtime.id = %id,
        caller.subject = %caller.subject,
        caller.role = caller.role.as_str(),
        replayed,
        "the house created a showtime"
    );
    Ok(created_response(id, replayed, plan))
}

/// That a showtime was created, now or when the same request came before.
pub fn created_response(id: ShowtimeId, replayed: bool, plan: Option<PlanView>) -> Response {
    let showtime_id = id.uuid();
    let mut response = match plan {
        None => Envelope::of(CreatedView { showtime_id }).into_response(),
        Some(plan) => Envelope::of(ImportedView { showtime_id, plan }).into_response(),
    };
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    if let Ok(place) = HeaderValue::try_from(format!("/api/v1/showtimes/{id}")) {
        headers.insert(header::LOCATION, place);
    }
    if replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The problem that names every wrong field, each by its path; there is at least one.
pub(super) fn all_invalid(faults: Vec<Fault>) -> Problem {
    let others = faults.len().saturating_sub(1);
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    let detail = match others {
        0 => first,
        1 => format!("{first}; and one more"),
        others => format!("{first}; and {others} more"),
    };
    let errors = faults.into_iter().map(|fault| FieldError {
        field: fault.path,
        message: fault.reason,
    });
    Problem::new(Code::ValidationFailed, detail).with_errors(errors.collect())
}

/// Why a showtime was not created, in the request's own names.
pub fn refused(error: DraftError) -> Problem {
    match error {
        DraftError::Faults(faults) => all_invalid(faults),
        DraftError::Build(error) => Problem::internal(error),
        DraftError::Store(error) => problem::of_store(&error),
    }
}
