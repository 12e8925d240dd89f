//! Showtimes: creating them, listing them, reading one.

pub mod by_name;
pub mod catalog;
mod change;
pub mod house;
mod import;
mod prices;
mod read;
pub mod request;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use persistence::showtimes::Created;
use seating::event::RequestStamp;
use seating::ids::ShowtimeId;
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::LayoutSpec;
use seating::settings::Settings;
use seating::timestamp::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Caller;
use crate::faults::{Fault, Faults};
use crate::http::body::HouseJson;
use crate::http::extract::{House, KeyHeader};
use crate::http::holds::REPLAYED;
use crate::http::problem::{self, Code, FieldError, Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::wire::{Envelope, timestamp};
use crate::idempotency::Asked;
use crate::mint;
use crate::new_showtime::{self, Draft, DraftError};
pub use change::{ShowtimeChange, StatusBody};
use import::ImportedView;
pub use import::{ImportRequest, PlanView};
pub use request::NewShowtimeRequest;

/// The routes of showtimes that answer within moments.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read::list, create))
        .routes(routes!(read::read, change::change))
}

/// The import of a seating plan, which may be large.
pub fn import_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import::import))
}

/// A showtime that was created.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedView {
    /// Its id.
    showtime_id: Uuid,
}

/// Create a showtime
///
/// With its house: sections of seats or areas, and price tiers.
#[utoipa::path(
    post, path = "/showtimes", tag = "house",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = NewShowtimeRequest,
    responses(
        (status = 201, body = Envelope<CreatedView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn create(
    State(app): State<App>,
    House(caller): House,
    KeyHeader(key): KeyHeader,
    HouseJson(body): HouseJson<NewShowtimeRequest>,
) -> Result<Response, Problem> {
    let asked = Asked {
        method: "POST",
        path: "/",
        body: &body,
    };
    let mut faults = Faults::default();
    let wish = Wish {
        title: &body.title,
        starts_at: timestamp(body.starts_at),
        event: body.event_id,
        settings: &body.settings(&mut faults),
        spec: &body.layout_spec(&mut faults),
        layout: None,
        request: key.map(|key| key.stamp(caller.subject, &asked)),
        plan: None,
        faults,
    };
    open(&app, caller, wish).await
}

/// A showtime as a request describes it.
struct Wish<'a> {
    title: &'a str,
    starts_at: Timestamp,
    event: Option<Uuid>,
    spec: &'a LayoutSpec,
    /// What `spec` describes, if it is built already.
    layout: Option<&'a SeatLayout>,
    settings: &'a Settings,
    request: Option<RequestStamp>,
    /// How its plan was understood.
    plan: Option<PlanView>,
    /// What is wrong with the request.
    faults: Faults,
}

async fn open(app: &App, caller: Caller, wish: Wish<'_>) -> Result<Response, Problem> {
    let now = app.now();
    let draft = Draft {
        id: mint::showtime(now),
        event: wish.event,
        title: wish.title,
        starts_at: wish.starts_at,
        created_by: Some(caller.subject),
        spec: wish.spec,
        settings: wish.settings,
        request: wish.request,
    };
    let created = match wish.layout {
        Some(layout) => new_showtime::create_built(app.showtimes(), &draft, layout, now).await,
        None => new_showtime::create(app.showtimes(), &draft, wish.faults, now).await,
    };
    let (id, replayed) = match created.map_err(refused)? {
        Created::New => {
            app.catalog().has_changed();
            (draft.id, false)
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
    Ok(created_response(id, replayed, wish.plan))
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
fn all_invalid(faults: Vec<Fault>) -> Problem {
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
