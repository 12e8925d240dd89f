//! Every compared design sells each seat once: over real HTTP, on a real `PostgreSQL` and Redis.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod cancellations;
mod checks;
mod lives;
mod races;
mod refusals;
mod support;
