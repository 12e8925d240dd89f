//! The answer to whoever creates a showtime.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use persistence::showtimes::Created;
use seating::ids::ShowtimeId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::plan_view::{ImportedView, PlanView};
use crate::accounts::Caller;
use crate::http::problem::{self, Code, Problem};
use crate::http::state::App;
use crate::http::write::REPLAYED;
use crate::showtimes::CreateError;
use crate::wire::Envelope;

/// A showtime that was created.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Created)]
pub(super) struct CreatedView {
    /// Its id.
    showtime_id: Uuid,
}

/// The answer to a request to create a showtime under this id.
pub(super) fn created(
    app: &App,
    caller: Caller,
    id: ShowtimeId,
    outcome: Result<Created, CreateError>,
    plan: Option<PlanView>,
) -> Result<Response, Problem> {
    let (id, replayed) = match outcome.map_err(refused)? {
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
        "staff created a showtime"
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

/// Why a showtime was not created, in the request's own names.
pub fn refused(error: CreateError) -> Problem {
    match error {
        CreateError::Faults(faults) => problem::of_faults(faults),
        CreateError::Build(error) => Problem::internal(error),
        CreateError::Store(error) => problem::of_store(&error),
    }
}
