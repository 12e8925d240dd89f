//! What is measured and logged of a request, once, when it is answered.

use axum::http::{StatusCode, Uri};
use axum::response::Response;
use metrics::{SharedString, counter, histogram};

use super::Visit;
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
    let route = match &visit.route {
        // The template of the route, never the path: the label set must stay closed.
        Some(route) => SharedString::from(route.as_str().to_owned()),
        None => SharedString::const_str("unmatched"),
    };
    let method = method_label(visit.method.as_str());
    let status = class(response.status());
    let seconds = visit.began.elapsed().as_secs_f64();
    histogram!(names::HTTP_REQUEST_DURATION, "route" => route, "method" => method, "status" => status)
        .record(seconds);
    if let Some(problem) = problem {
        counter!(names::HTTP_PROBLEMS, "code" => problem.code().as_str()).increment(1);
        log(problem);
    } else {
        tracing::debug!(http.status = response.status().as_u16(), "request answered");
    }
}

/// Failures of ours are errors; being busy is expected, and logged quietly because there is most
/// of it when there is least time for it.
fn log(problem: &Problem) {
    let cause = problem.cause().unwrap_or_default();
    if problem.code() == Code::InternalError {
        return tracing::error!(cause, "request failed");
    }
    log_refusal(problem.detail(), cause);
}

fn log_refusal(detail: &str, cause: &str) {
    tracing::debug!(cause, detail, "request refused");
}

fn method_label(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        // Anybody can invent a method; labels are ours.
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
