//! Holds: setting places aside, extending, releasing and, at the box office, selling them.

pub mod answer;
mod list;
pub mod request;

use actors::box_office::{Answer, Showtime};
use actors::error::CallError;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seating::command::{Command, Confirm};
use seating::event::{Event, RequestStamp};
use seating::ids::{HoldId, ShowtimeId};
use seating::snapshot::HoldImage;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::http::body::{Json, OptionalJson};
use crate::http::bookings::BookingView;
use crate::http::extract::{HoldPath, KeyHeader, ShowtimePath, SignedIn};
use crate::http::problem::{self, Code, Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::wire::{Envelope, json_bytes, json_response};
use crate::idempotency::{Asked, IdempotencyKey};
use crate::mint;
pub use answer::{ExtendedView, HoldView, ReleasedView, durability};
pub use request::{AreaRequest, ConfirmRequest, ExtendRequest, HoldRequest};

/// The routes of holds.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list::list))
        .routes(routes!(read, release))
        .routes(routes!(extend))
        .routes(routes!(confirm))
}

/// Hold places
///
/// Exactly these seats, this much of these areas, or whatever is best now. All or nothing.
#[utoipa::path(
    post, path = "/showtimes/{id}/holds", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = HoldRequest,
    responses(
        (status = 201, body = Envelope<HoldView<'static>>),
        (status = 409, description = "Lost the race, sold out, no such block, not on sale or too many",
         body = ProblemDocument<'static>, content_type = "application/problem+json"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn create(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    ShowtimePath(id): ShowtimePath,
    KeyHeader(key): KeyHeader,
    Json(body): Json<HoldRequest>,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = key.map(|key| stamp(&key, caller, "POST", &format!("/{id}/holds"), &body));
    let hold = body.command(mint::hold(app.now()), caller.party(), owner.layout())?;
    let answer = execute(&owner, caller, Command::Hold(hold), stamp).await?;
    let Event::Held(granted) = &answer.entry.event else {
        return Err(wrong_kind(&answer));
    };
    let view = HoldView::of_held(id, owner.layout(), granted, &answer, app.now());
    let place = format!("/api/v1/showtimes/{id}/holds/{}", granted.hold);
    let mut response = reply(StatusCode::CREATED, &answer, &Envelope::of(view));
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Read a hold
#[utoipa::path(
    get, path = "/showtimes/{id}/holds/{hold_id}", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = Envelope<HoldView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn read(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
) -> Result<Response, Problem> {
    let view = app.shown(id, Some(caller)).await?;
    let image = app.office().hold(id, hold).await;
    let (image, seq) =
        image.map_err(|error| problem::of_call_error(&error, Some(view.layout())))?;
    let mine = image.filter(|hold| caller.role.is_house() || hold.buyer.uuid() == caller.subject);
    let image = mine.ok_or_else(|| Problem::new(Code::HoldNotFound, problem::NO_SUCH_HOLD))?;
    let image = HoldImage {
        expires_at: view.on_the_wall(image.expires_at),
        ..image
    };
    let shown = HoldView::of_image(id, view.layout(), &image, app.now(), seq);
    Ok(Envelope::of(shown).into_response())
}

/// Release a hold
#[utoipa::path(
    delete, path = "/showtimes/{id}/holds/{hold_id}", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = Envelope<ReleasedView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn release(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
    KeyHeader(key): KeyHeader,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = key.map(|key| stamp(&key, caller, "DELETE", &hold_path(id, hold, ""), &()));
    let by = caller.party();
    let answer = execute(&owner, caller, Command::Release { hold, by }, stamp).await?;
    let Event::Released { hold, .. } = answer.entry.event else {
        return Err(wrong_kind(&answer));
    };
    let view = ReleasedView::of(hold, &answer);
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}

/// Extend a hold
#[utoipa::path(
    post, path = "/showtimes/{id}/holds/{hold_id}/extend", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    request_body = ExtendRequest,
    responses(
        (status = 200, body = Envelope<ExtendedView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn extend(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
    KeyHeader(key): KeyHeader,
    Json(body): Json<ExtendRequest>,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = key.map(|key| stamp(&key, caller, "POST", &hold_path(id, hold, "extend"), &body));
    let extend = Command::Extend {
        hold,
        by: caller.party(),
        seconds: body.seconds,
    };
    let answer = execute(&owner, caller, extend, stamp).await?;
    let Event::Extended { hold, expires_at } = answer.entry.event else {
        return Err(wrong_kind(&answer));
    };
    let view = ExtendedView::of(hold, expires_at, &answer, app.now());
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}

/// Sell a hold at the box office
///
/// For the house, and for its buyer when it costs nothing.
#[utoipa::path(
    post, path = "/showtimes/{id}/holds/{hold_id}/confirm", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ConfirmRequest>,
    responses(
        (status = 200, body = Envelope<BookingView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn confirm(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
    KeyHeader(key): KeyHeader,
    OptionalJson(body): OptionalJson<ConfirmRequest>,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = key.map(|key| stamp(&key, caller, "POST", &hold_path(id, hold, "confirm"), &body));
    let now = app.now();
    let confirm = Confirm {
        hold,
        by: caller.party(),
        booking: mint::booking(now),
        tickets: mint::tickets(now),
        payment_reference: body.payment_reference,
    };
    let answer = execute(&owner, caller, Command::Confirm(confirm), stamp).await?;
    let Event::Confirmed(sale) = &answer.entry.event else {
        return Err(wrong_kind(&answer));
    };
    let view = BookingView::of_sale(id, owner.layout(), sale, &answer);
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}

/// Asks the owner, and says what it refuses in the house's own names.
pub async fn execute(
    owner: &Showtime,
    caller: Caller,
    command: Command,
    stamp: Option<RequestStamp>,
) -> Result<Answer, Problem> {
    let answer = ask(owner, caller, command, stamp).await;
    answer.map_err(|error| problem::of_call_error(&error, Some(owner.layout())))
}

/// Asks the owner. What the house asks for stands in the log, whatever comes of it: the journal
/// names only those who got what they wanted.
pub async fn ask(
    owner: &Showtime,
    caller: Caller,
    command: Command,
    stamp: Option<RequestStamp>,
) -> Result<Answer, CallError> {
    let kind = command.kind();
    let answer = owner.execute(command, stamp).await;
    if caller.role.is_house() {
        let (seq, refusal) = match &answer {
            Ok(answer) => (Some(answer.entry.seq.0), None),
            Err(error) => (None, Some(error.to_string())),
        };
        tracing::info!(
            showtime.id = %owner.id(),
            caller.subject = %caller.subject,
            caller.role = caller.role.as_str(),
            command = kind.name(),
            event.seq = seq,
            refusal,
            "the house asked"
        );
    }
    answer
}

/// The stamp of a write below `/showtimes`.
pub fn stamp(
    key: &IdempotencyKey,
    caller: Caller,
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> RequestStamp {
    key.stamp(caller.subject, &Asked { method, path, body })
}

/// Marks an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A success with its status, marked when it was given before.
pub fn reply(status: StatusCode, answer: &Answer, body: &impl Serialize) -> Response {
    let mut response = json_response(json_bytes(body));
    *response.status_mut() = status;
    if answer.replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The fingerprint of a key covers the route, so a replay never answers another kind of request.
pub fn wrong_kind(answer: &Answer) -> Problem {
    Problem::internal(format!(
        "event {} answers another kind of request",
        answer.entry.seq
    ))
}

fn hold_path(id: ShowtimeId, hold: HoldId, action: &str) -> String {
    format!("/{id}/holds/{hold}/{action}")
}
