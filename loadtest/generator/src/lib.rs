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
//! It must never trust the server it drives: what it counts is what it was answered.

pub mod connection;
pub mod house;
pub mod report;
pub mod run;
pub mod workload;

mod buyer;
mod schedule;
mod seat_ledger;
mod tally;

pub mod program;
pub mod tokens;
