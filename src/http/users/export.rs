//! Everything that is known of somebody.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use persistence::accounts::LinkedIdentity;
use persistence::audit_log::{LogFilter, LogOrder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::auth::{FailedAttempts, SessionView, UserView, of_refusal};
use crate::http::bookings::BookingView;
use crate::http::extract::TokenBearer;
use crate::http::problem::{self, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::logged::LoggedView;
use crate::wire::{Envelope, rfc3339};

/// Bookings of one export; a buyer who has more asks the operator.
const BOOKINGS_MAX: u32 = 1_000;
/// Changes of one export.
const CHANGES_MAX: u32 = 1_000;

/// Everything that is known of you.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Export)]
struct ExportView<'a> {
    user: UserView<'a>,
    /// When you confirmed your address.
    email_verified_at: Option<String>,
    /// When you proved your number.
    phone_verified_at: Option<String>,
    /// Addresses that you asked for and have not confirmed.
    unconfirmed_emails: Vec<String>,
    /// Wrong passwords since you last signed in; left out when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_attempts: Option<FailedAttempts>,
    /// Providers that vouch for you, and what they call you.
    identities: Vec<IdentityView>,
    /// Where you are signed in.
    sessions: Vec<SessionView>,
    /// What was changed of your account, the oldest first, at most 1000.
    changes: Vec<LoggedView<'a>>,
    /// What you bought, the newest first, at most 1000.
    bookings: Vec<BookingView<'a>>,
    /// Whether those are all.
    bookings_complete: bool,
}

/// Who vouches for you.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Identity)]
struct IdentityView {
    /// The provider.
    issuer: String,
    /// What it calls you.
    subject: String,
    /// When it first let you in here.
    linked_at: String,
}

impl IdentityView {
    fn of(identity: LinkedIdentity) -> Self {
        Self {
            issuer: identity.issuer,
            subject: identity.subject,
            linked_at: rfc3339(identity.linked_at),
        }
    }
}

/// Take your data with you
///
/// Everything that is known of you, as one document.
#[utoipa::path(
    get, path = "/users/me/export",
    operation_id = "exportMe", tag = "users",
    responses(
        (status = 200, body = Envelope<ExportView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn export(
    State(app): State<App>,
    TokenBearer(bearer): TokenBearer,
) -> Result<Response, Problem> {
    let subject = bearer.caller.subject;
    let profile = app.desk().profile(subject).await.map_err(of_refusal)?;
    let sessions = app.desk().sessions(subject).await.map_err(of_refusal)?;
    let aside = app.desk().aside(subject).await.map_err(of_refusal)?;
    let identities = app.desk().identities(subject).await.map_err(of_refusal)?;
    let bookings = app
        .bookings()
        .of_buyer(subject, None, BOOKINGS_MAX + 1)
        .await;
    let mut bookings = bookings.map_err(|error| problem::of_store(&error))?;
    let complete = bookings.len() <= BOOKINGS_MAX as usize;
    bookings.truncate(BOOKINGS_MAX as usize);
    let of_me = LogFilter {
        target: Some(subject),
        ..LogFilter::default()
    };
    let log = app.audit_log();
    let changes = log.page(of_me, LogOrder::OldestFirst, CHANGES_MAX).await;
    let changes = changes.map_err(|error| problem::of_store(&error))?;
    let view = ExportView {
        user: UserView::of(&profile.account, profile.role),
        email_verified_at: profile.account.email_verified_at.map(rfc3339),
        phone_verified_at: profile.account.phone_verified_at.map(rfc3339),
        unconfirmed_emails: aside.unconfirmed,
        failed_attempts: aside
            .last_failed_at
            .map(|at| FailedAttempts::of((aside.failed_logins, at))),
        identities: identities.into_iter().map(IdentityView::of).collect(),
        sessions: sessions
            .into_iter()
            .map(|session| SessionView::of(session, bearer.session()))
            .collect(),
        changes: changes.iter().map(LoggedView::of).collect(),
        bookings: bookings.iter().map(BookingView::of_stored).collect(),
        bookings_complete: complete,
    };
    let mut response = Envelope::of(view).into_response();
    let file = HeaderValue::from_static("attachment; filename=\"fullhouse-export.json\"");
    response
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, file);
    Ok(response)
}
