//! What all writes share: asking the owner, the stamp of a request that may be sent again, the answer.

use std::fmt::{self, Display, Write};
use std::sync::Arc;

use actors::box_office::{Answer, ShowtimeHandle};
use actors::error::CallError;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use seating::command::Command;
use seating::entry::RequestStamp;
use serde::Serialize;

use crate::accounts::{Asker, Caller};
use crate::http::answer::{json_bytes, json_response};
use crate::http::problem::{self, Problem};
use crate::idempotency::Asked;

/// Asks the owner; a refusal is turned into a problem that names places as the layout does.
///
/// # Errors
///
/// As [`ask`], as the problem that its sender reads.
pub async fn execute(
    owner: &ShowtimeHandle,
    who: (Caller, &Asker),
    command: Command,
    stamp: Option<RequestStamp>,
) -> Result<Answer, Problem> {
    let answer = ask(owner, who, command, stamp).await;
    answer.map_err(|error| problem::of_call_error(&error, Some(owner.layout())))
}

/// Asks the owner, and logs what staff ask for even if it is refused, because the journal names only
/// those whose commands were decided.
///
/// # Errors
///
/// A rejection when the rules say no; another [`CallError`] when the owner is busy, cannot start, or
/// cannot tell whether the command was kept.
pub async fn ask(
    owner: &ShowtimeHandle,
    (caller, asker): (Caller, &Asker),
    command: Command,
    stamp: Option<RequestStamp>,
) -> Result<Answer, CallError> {
    let kind = command.kind();
    let is_staff = caller.role.is_staff();
    let request_id = is_staff.then(|| Arc::clone(&asker.request_id));
    let answer = owner.execute_for(command, stamp, request_id).await;
    if is_staff {
        let (seq, refusal) = match &answer {
            Ok(answer) => (Some(answer.entry.seq.0), None),
            Err(error) => (None, Some(error.to_string())),
        };
        tracing::info!(
            showtime.id = %owner.id(),
            caller.subject = %caller.subject,
            caller.role = caller.role.as_str(),
            command = kind.name(),
            journal.seq = seq,
            refusal,
            "staff asked for a command"
        );
    }
    answer
}

/// The stamp of a write, if its sender gave a key: its method, its route with the ids that stand in
/// the path, and its body.
///
/// # Errors
///
/// 500 when an id or the body cannot be written again, which none of ours causes.
pub fn stamp(
    asker: &Asker,
    caller: Caller,
    (method, route, ids): (&str, &str, &[&dyn Display]),
    body: &impl Serialize,
) -> Result<Option<RequestStamp>, Problem> {
    let Some(key) = &asker.key else {
        return Ok(None);
    };
    let path = &fingerprinted(route, ids).map_err(Problem::internal)?;
    let stamp = key.stamp(caller.subject, &Asked { method, path, body });
    stamp.map(Some).map_err(Problem::internal)
}

/// A route as fingerprints cover it: what is below `/showtimes`, with its ids.
fn fingerprinted(route: &str, ids: &[&dyn Display]) -> Result<String, fmt::Error> {
    let below = route.strip_prefix("/showtimes").unwrap_or(route);
    let mut path = String::with_capacity(PATH_BYTES_USUAL);
    let mut ids = ids.iter().peekable();
    for segment in below.split('/').skip(1) {
        path.push('/');
        match ids.next_if(|_| segment.starts_with('{')) {
            Some(id) => write!(path, "{id}")?,
            None => path.push_str(segment),
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    Ok(path)
}

/// Two ids and some words.
const PATH_BYTES_USUAL: usize = 96;

/// Marks an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A success with its status, marked when it was given before.
pub fn reply(status: StatusCode, answer: &Answer, body: &impl Serialize) -> Response {
    let mut response = json_response(json_bytes(body));
    *response.status_mut() = status;
    marked(response, answer.replayed)
}

/// An answer, marked when it was given before.
pub fn marked(mut response: Response, replayed: bool) -> Response {
    if replayed {
        let headers = response.headers_mut();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The fingerprint of a key covers the route, so a replay never answers another kind of request.
pub fn wrong_kind(answer: &Answer) -> Problem {
    Problem::internal(format!(
        "entry {} answers another kind of request",
        answer.entry.seq
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_cover_the_paths_that_they_always_have() {
        let paths: [(&str, &[&dyn Display], &str); 5] = [
            ("/showtimes", &[], "/"),
            ("/showtimes/import-plan", &[], "/import-plan"),
            ("/showtimes/{id}", &[&"a"], "/a"),
            (
                "/showtimes/{id}/holds/{hold_id}/",
                &[&"a", &"b"],
                "/a/holds/b/",
            ),
            (
                "/showtimes/{id}/holds/{hold_id}/extend",
                &[&"a", &"b"],
                "/a/holds/b/extend",
            ),
        ];
        for (route, ids, path) in paths {
            assert_eq!(fingerprinted(route, ids).unwrap(), path);
        }
    }
}
