//! Who did what, for those who manage accounts.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use persistence::audit_log::{LogFilter, LogOrder, Logged};
use seating::timestamp::Timestamp;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::http::extract::SuperAdmin;
use crate::http::extract::params::{Params, number};
use crate::http::problem::{self, Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::users::still_manages;
use crate::wire::logged::LoggedView;
use crate::wire::{CursorPage, timestamp};

/// The log's route.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditLogParams {
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Entries of a page, at most 100.
    limit: Option<String>,
    /// Only what this account or API key did.
    actor_id: Option<String>,
    /// Only what was done to this account, API key or showtime.
    target_id: Option<String>,
    /// Only what is called so, such as `account.role_changed`.
    action: Option<String>,
    /// Not before this.
    from: Option<String>,
    /// Before this.
    until: Option<String>,
}

/// Entries of a page when nobody says.
const LIMIT_USUAL: u64 = 10;
/// Most entries of a page.
const LIMIT_MAX: u64 = 100;
/// Longest name of an action.
pub const ACTION_CHARS_MAX: usize = 64;

/// Read who did what
///
/// Every write of the staff and every change of an account, the newest first. Entries are never changed; what they say
/// of a person goes when the person is erased.
#[utoipa::path(
    get, path = "/audit-log",
    operation_id = "readAuditLog", tag = "users",
    params(AuditLogParams),
    responses(
        (status = 200, body = CursorPage<LoggedView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn list(
    State(app): State<App>,
    SuperAdmin(bearer): SuperAdmin,
    Params(params): Params<AuditLogParams>,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let filter = params.filter()?;
    still_manages(&app, bearer).await?;
    // One more than asked for tells whether there is another page.
    let log = app.audit_log();
    let found = log.page(filter, LogOrder::NewestFirst, limit + 1).await;
    let mut found = found.map_err(|error| problem::of_store(&error))?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| more).map(written);
    let views = found.iter().map(LoggedView::of).collect();
    Ok(CursorPage::of(views, limit, next_cursor).into_response())
}

impl AuditLogParams {
    fn filter(&self) -> Result<LogFilter<'_>, Problem> {
        let action = self.action.as_deref();
        let is_one = |action: &str| {
            let mut bytes = action.bytes();
            let is_named_so = bytes.all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte));
            (1..=ACTION_CHARS_MAX).contains(&action.len()) && is_named_so
        };
        if action.is_some_and(|action| !is_one(action)) {
            let message = "must be the name of an action, such as account.role_changed";
            return Err(Problem::invalid_parameter("action", message));
        }
        Ok(LogFilter {
            actor: id("actor_id", self.actor_id.as_deref())?,
            target: id("target_id", self.target_id.as_deref())?,
            action,
            from: time("from", self.from.as_deref())?,
            until: time("until", self.until.as_deref())?,
            beyond: self.cursor.as_deref().map(read).transpose()?,
        })
    }
}

fn id(name: &'static str, text: Option<&str>) -> Result<Option<Uuid>, Problem> {
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(|_not_a_uuid| Problem::invalid_parameter(name, "must be a UUID"))
}

fn time(name: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let parsed = text.map(DateTime::parse_from_rfc3339).transpose();
    let parsed = parsed.map_err(|_not_a_time| {
        let message = "must be a point in time such as 2027-01-31T18:00:00Z";
        Problem::invalid_parameter(name, message)
    })?;
    Ok(parsed.map(|at| timestamp(at.with_timezone(&Utc))))
}

/// A cursor as clients carry it, opaque to them.
fn written(last: &Logged) -> String {
    format!("{:x}-{:x}", last.at.unix_micros(), last.id)
}

fn read(cursor: &str) -> Result<(Timestamp, i64), Problem> {
    let parts = cursor.split_once('-').and_then(|(at, id)| {
        let at = i64::from_str_radix(at, 16).ok()?;
        Some((
            Timestamp::from_unix_micros(at),
            i64::from_str_radix(id, 16).ok()?,
        ))
    });
    parts.ok_or_else(|| {
        Problem::invalid_parameter("cursor", "must be the next_cursor of the page before")
    })
}
