//! Where somebody is signed in.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use persistence::accounts::Session;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::credentials::{DoneView, take_cookie};
use super::of_refusal;
use crate::http::extract::{Asking, SessionPath, SignedIn, TokenBearer};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::marked;
use crate::wire::{Envelope, rfc3339};

/// A device that is signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// Its id.
    session_id: Uuid,
    /// What the device says that it is.
    device: String,
    /// From where it asked last; of IPv6 the network.
    address: String,
    /// When it signed in.
    created_at: String,
    /// When it signed in or last refreshed its tokens.
    last_used_at: String,
    /// When it is signed out unless it refreshes them.
    expires_at: String,
    /// Whether this request came with a token of it.
    current: bool,
}

impl SessionView {
    pub(crate) fn of(session: Session, current: Option<Uuid>) -> Self {
        Self {
            session_id: session.id,
            current: current == Some(session.id),
            created_at: rfc3339(session.created_at),
            last_used_at: rfc3339(session.last_used_at),
            expires_at: rfc3339(session.expires_at),
            device: session.device,
            address: session.address,
        }
    }
}

/// List where you are signed in
///
/// The last used first, at most 50.
#[utoipa::path(
    get, path = "/auth/sessions",
    operation_id = "listSessions", tag = "auth",
    responses(
        (status = 200, body = Envelope<Vec<SessionView>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn list(
    State(app): State<App>,
    TokenBearer(bearer): TokenBearer,
) -> Result<Response, Problem> {
    let found = app.desk().sessions(bearer.caller.subject).await;
    let found = found.map_err(of_refusal)?.into_iter();
    let views: Vec<_> = found
        .map(|session| SessionView::of(session, bearer.session()))
        .collect();
    Ok(Envelope::of(views).into_response())
}

/// Sign out everywhere
///
/// Ends all sessions, and within seconds all access tokens too.
#[utoipa::path(
    delete, path = "/auth/sessions",
    operation_id = "endSessions", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn end_all(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Asking(asker): Asking,
) -> Result<Response, Problem> {
    let ended = app.desk().sign_out_everywhere(caller.subject, &asker).await;
    let ended = ended.map_err(of_refusal)?;
    let mut response = DoneView::answer(StatusCode::OK, "signed out everywhere");
    take_cookie(response.headers_mut())?;
    Ok(marked(response, ended.replayed))
}

/// Sign a device out
#[utoipa::path(
    delete, path = "/auth/sessions/{session_id}",
    operation_id = "endSession", tag = "auth",
    params(("session_id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = Envelope<DoneView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn end(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    SessionPath(id): SessionPath,
    Asking(asker): Asking,
) -> Result<Response, Problem> {
    let desk = app.desk();
    let ended = desk.end_session(caller.subject, id, &asker).await;
    let ended = ended.map_err(of_refusal)?;
    let response = DoneView::answer(StatusCode::OK, "signed out");
    Ok(marked(response, ended.replayed))
}
