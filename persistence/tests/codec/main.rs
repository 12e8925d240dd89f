//! The bytes: what was ever written stays readable, and damage is refused.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod damaged;
mod decisions;
mod golden;
mod golden_first;
mod samples;
