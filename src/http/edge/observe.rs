//! What is measured and logged of a request, once, when it is answered.

use std::fmt;
use std::sync::OnceLock;

use axum::extract::MatchedPath;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use metrics::{Histogram, counter, histogram};

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

/// The histograms of one route, made when they are first needed, so that a request costs no
/// look-up by labels.
#[derive(Default)]
pub(super) struct RouteDurations([[OnceLock<Histogram>; CLASSES.len()]; METHODS.len()]);

impl fmt::Debug for RouteDurations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RouteDurations(…)")
    }
}

/// Labels of methods. Anybody can invent a method; labels are ours.
const METHODS: [&str; 8] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other",
];

/// Labels of statuses.
const CLASSES: [&str; 6] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];

impl RouteDurations {
    fn of(&self, visit: &Visit, status: StatusCode) -> &Histogram {
        let method = METHODS
            .iter()
            .position(|known| *known == visit.method.as_str());
        let method = method.unwrap_or(METHODS.len() - 1);
        let class = usize::from(status.as_u16() / 100);
        let class = if class < CLASSES.len() { class } else { 0 };
        self.0[method][class].get_or_init(|| {
            // The template of the route, never the path: the set of labels must stay closed.
            let route = visit
                .route
                .as_ref()
                .map_or("unmatched", MatchedPath::as_str);
            let labels = [
                ("route", route.to_owned()),
                ("method", METHODS[method].to_owned()),
                ("status", CLASSES[class].to_owned()),
            ];
            histogram!(names::HTTP_REQUEST_DURATION, &labels)
        })
    }
}

/// Measures and logs an answered request.
pub(super) fn answered(response: &Response, visit: &Visit, problem: Option<&Problem>) {
    let seconds = visit.began.elapsed().as_secs_f64();
    visit.durations.of(visit, response.status()).record(seconds);
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
