//! How long the answers of a route took.

use std::fmt;
use std::sync::OnceLock;

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode};
use metrics::{Histogram, histogram};

use crate::telemetry::names;

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
    pub(super) fn of(
        &self,
        route: Option<&MatchedPath>,
        method: &Method,
        status: StatusCode,
    ) -> &Histogram {
        let method = METHODS.iter().position(|known| *known == method.as_str());
        let method = method.unwrap_or(METHODS.len() - 1);
        let class = usize::from(status.as_u16() / 100);
        let class = if class < CLASSES.len() { class } else { 0 };
        self.0[method][class].get_or_init(|| {
            // The template of the route, never the path: the set of labels must stay closed.
            let route = route.map_or("unmatched", MatchedPath::as_str);
            let labels = [
                ("route", route.to_owned()),
                ("method", METHODS[method].to_owned()),
                ("status", CLASSES[class].to_owned()),
            ];
            histogram!(names::HTTP_REQUEST_DURATION, &labels)
        })
    }
}
