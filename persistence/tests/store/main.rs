//! The journal, its read models and the queries over them, against a real `PostgreSQL`.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod accounts;
mod audit;
mod audit_log;
mod contract;
mod crash_recovery;
mod fence;
mod outage;
mod plans;
mod poison;
mod pooler;
mod read_models;
mod showtimes;
mod snapshots;
mod standby;
mod support;
mod unreadable;
mod waking;
