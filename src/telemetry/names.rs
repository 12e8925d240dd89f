//! The names of the counter's own metrics, and the buckets of every histogram of the process.
//!
//! Only what the counter itself sees belongs here; owners and journal describe theirs.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Time from a request's headers to its answer, by route, method and class of status.
pub const HTTP_REQUEST_DURATION: &str = "fullhouse_http_request_duration_seconds";
/// Requests being worked on.
pub const HTTP_REQUESTS_ACTIVE: &str = "fullhouse_http_requests_active";
/// Open connections of the public port.
pub const HTTP_CONNECTIONS_OPEN: &str = "fullhouse_http_connections_open";
/// Problem documents sent, by code.
pub const HTTP_PROBLEMS: &str = "fullhouse_http_problems_total";
/// Seat maps rendered anew rather than shared.
pub const SEAT_MAPS_RENDERED: &str = "fullhouse_seat_maps_rendered_total";

const LATENCY: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Every histogram of the process with its buckets.
pub const BUCKETS: &[(&str, &[f64])] = &[(HTTP_REQUEST_DURATION, LATENCY)];

/// Says what the counter's metrics mean.
pub fn describe() {
    describe_histogram!(
        HTTP_REQUEST_DURATION,
        Unit::Seconds,
        "Time from a request's headers to its answer"
    );
    describe_gauge!(HTTP_REQUESTS_ACTIVE, "Requests being worked on");
    describe_gauge!(HTTP_CONNECTIONS_OPEN, "Open connections of the public port");
    describe_counter!(HTTP_PROBLEMS, "Problem documents sent, by code");
    describe_counter!(
        SEAT_MAPS_RENDERED,
        "Seat maps rendered anew rather than shared between readers"
    );
}
