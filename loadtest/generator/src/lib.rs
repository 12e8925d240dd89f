//! **The buyers**: a load generator that needs nothing but this repository.
//!
//! ```text
//!   Plan ─► run ─► one buyer per connection ─► Tally ─► Report (JSON)
//!                  closed: the next request follows the last answer
//!                  open:   requests are due by a schedule that no answer can slow down
//! ```
//!
//! Latency in the open loop counts from the moment when a request was due, so a server that stalls
//! is charged for everybody who had to wait (no coordinated omission). The clock that wakes a
//! buyer ticks in milliseconds, which counts against the server too.
//!
//! A checkout's confirm is due at the moment when its hold is answered, in both loops: buyers here pay
//! without thinking, and nobody can pay before. Waiting for the hold is in the hold's latency, from
//! when the purchase was due; together the two are the whole purchase, with no gap between them.
//!
//! It must never trust the server it drives: what it counts is what it was answered.

#![expect(
    clippy::missing_errors_doc,
    reason = "this crate measures; whoever reads it reads the error types"
)]

pub mod api_keys;
pub mod connection;
pub mod layout;
pub mod plan;
pub mod report;
pub mod run;
pub mod workload;

mod tally;

pub mod program;
pub mod tokens;
