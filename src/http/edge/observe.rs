//! What is measured and logged of a request, once, when it is answered.

use axum::extract::MatchedPath;
use axum::http::Uri;
use axum::response::Response;
use metrics::counter;

use super::access::{self, AccessLine};
use super::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::telemetry::names;

/// Characters of a path that are logged and repeated.
const PATH_CHARS_MAX: usize = 256;

/// The path, cut short at a character's end.
pub(super) fn shown_path(uri: &Uri) -> String {
    let path = uri.path();
    path[..path.floor_char_boundary(PATH_CHARS_MAX)].to_owned()
}

/// Measures and logs an answered request.
pub(super) fn answered(response: &Response, visit: &Visit, problem: Option<&Problem>) {
    let seconds = visit.began.elapsed().as_secs_f64();
    let route = visit.route.as_ref();
    let durations = visit.durations.of(route, &visit.method, response.status());
    durations.record(seconds);
    if let Some(line) = visit.access {
        log_access(line, response, visit, seconds);
    }
    if let Some(problem) = problem {
        counter!(names::HTTP_PROBLEMS, "code" => problem.code().as_str()).increment(1);
        log(problem);
    } else {
        tracing::debug!(
            http.status = response.status().as_u16(),
            "a request was answered without a problem"
        );
    }
}

/// The request's id stands in its span.
fn log_access(line: AccessLine, response: &Response, visit: &Visit, seconds: f64) {
    tracing::info!(
        http.method = visit.method.as_str(),
        http.route = visit.route.as_ref().map(MatchedPath::as_str),
        http.status = response.status().as_u16(),
        http.duration_ms = (seconds * 1e6).round() / 1e3,
        caller.digest = visit.caller.map(|caller| access::digest(caller.subject)),
        lines.left_out = (line.left_out > 0).then_some(line.left_out),
        "a request was answered"
    );
}

/// Failures of ours are errors; being busy is expected, and logged quietly because there is most
/// of it when there is least time for it.
fn log(problem: &Problem) {
    let cause = problem.cause().unwrap_or_default();
    if problem.code() == Code::InternalError {
        return tracing::error!(cause, "a request failed and was answered with 500");
    }
    log_refusal(problem.detail(), cause);
}

fn log_refusal(detail: &str, cause: &str) {
    tracing::debug!(cause, detail, "a request was refused");
}
