//! Rows of the audit log as people and programs read them: `audit-log export` and the log's route.

use persistence::audit_log::Logged;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::time::rfc3339;

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLogEntry)]
pub struct LoggedView<'a> {
    /// Its number, which later ones need not follow without gaps.
    audit_id: i64,
    at: String,
    /// An account, an API key, or the subject of a token of the operator's; null when somebody was signed in
    /// nowhere, and on the command line.
    actor_id: Option<Uuid>,
    /// `api`, or `command_line` for whoever runs the program.
    source: &'a str,
    /// What was done, such as `account.role_changed`.
    action: &'a str,
    /// To an `account`, an `api_key` or a `showtime`.
    target_kind: &'a str,
    target_id: Uuid,
    /// The entry of the showtime's journal that says the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
    /// What was otherwise before; null when nothing was, or it was erased with its person.
    #[schema(value_type = Option<Object>)]
    before: Option<&'a Value>,
    /// What it is since then.
    #[schema(value_type = Option<Object>)]
    after: Option<&'a Value>,
    /// By which the request is found in logs.
    request_id: Option<&'a str>,
}

impl<'a> LoggedView<'a> {
    /// Of a row.
    pub fn of(logged: &'a Logged) -> Self {
        Self {
            audit_id: logged.id,
            at: rfc3339(logged.at),
            actor_id: logged.actor,
            source: &logged.source,
            action: &logged.action,
            target_kind: &logged.target_kind,
            target_id: logged.target,
            seq: logged.seq,
            before: logged.before.as_ref(),
            after: logged.after.as_ref(),
            request_id: logged.request_id.as_deref(),
        }
    }
}
