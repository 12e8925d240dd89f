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
/// Rate limit buckets in memory: addresses and subjects that have asked lately.
pub const RATE_LIMIT_BUCKETS: &str = "fullhouse_rate_limit_buckets";
/// Seat maps rendered rather than shared.
pub const SEAT_MAPS_RENDERED: &str = "fullhouse_seat_maps_rendered_total";

/// Attempts to sign in with a password, by outcome.
pub const SIGN_INS: &str = "fullhouse_sign_ins_total";
/// Sign-ins by a provider, by outcome.
pub const PROVIDER_SIGN_INS: &str = "fullhouse_provider_sign_ins_total";
/// Attempts that were not looked at, because there were too many failures: by account or address.
pub const GUESSES_SLOWED: &str = "fullhouse_guesses_slowed_total";
/// Requests of trusted proxies whose header does not say to its end for whom they ask.
pub const FORWARDED_UNREADABLE: &str = "fullhouse_forwarded_unreadable_total";
/// Requests for a code to a phone, by outcome.
pub const CODES: &str = "fullhouse_codes_total";
/// Codes that were given, by outcome.
pub const CODE_CHECKS: &str = "fullhouse_code_checks_total";
/// Tokens and keys that let nobody in, by reason.
pub const TOKENS_REFUSED: &str = "fullhouse_tokens_refused_total";
/// Refresh tokens that came again after they were used; each ended a session.
pub const TOKEN_REUSES: &str = "fullhouse_token_reuses_total";
/// Passwords that wait to be hashed.
pub const PASSWORDS_WAITING: &str = "fullhouse_passwords_waiting";
/// Jobs of the outbox, by topic and outcome.
pub const JOBS: &str = "fullhouse_jobs_total";
/// Jobs of the outbox that are not done, by topic and state.
pub const JOBS_OPEN: &str = "fullhouse_jobs_open";

/// Buckets of every duration of the process: from a batch on a fast disk to a request's end. They are
/// narrowest where the slowest of a hundred holds are, on a quiet machine and on a busy one.
pub const SECONDS_BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.007_5, 0.01, 0.015, 0.02, 0.025, 0.035,
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Buckets of every other histogram of the process, which count things.
pub const SIZE_BUCKETS: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0,
];

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
    describe_gauge!(
        RATE_LIMIT_BUCKETS,
        "Addresses and subjects whose bucket is not full"
    );
    describe_counter!(
        SEAT_MAPS_RENDERED,
        "Seat maps rendered rather than shared between readers"
    );
    describe_counter!(SIGN_INS, "Attempts to sign in with a password, by outcome");
    describe_counter!(PROVIDER_SIGN_INS, "Sign-ins by a provider, by outcome");
    describe_counter!(
        GUESSES_SLOWED,
        "Attempts not looked at because of failures before"
    );
    describe_counter!(CODES, "Requests for a code to a phone, by outcome");
    describe_counter!(CODE_CHECKS, "Codes that were given, by outcome");
    describe_counter!(
        FORWARDED_UNREADABLE,
        "Requests of trusted proxies whose header does not say to its end for whom they ask"
    );
    describe_counter!(
        TOKENS_REFUSED,
        "Tokens and API keys that let nobody in, by reason"
    );
    describe_counter!(TOKEN_REUSES, "Refresh tokens that came again after use");
    describe_gauge!(PASSWORDS_WAITING, "Passwords that wait to be hashed");
    describe_gauge!(JOBS_OPEN, "Jobs of the outbox that are not done");
    describe_counter!(JOBS, "Jobs of the outbox, by topic and outcome");
}
