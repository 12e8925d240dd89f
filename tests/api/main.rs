//! Black-box tests: a whole server in this process, real HTTP, real `PostgreSQL`.
//!
//! The files mirror the routes. Every test has a database of its own.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

mod accounts;
mod answers;
mod audit;
mod audit_log;
mod auth;
mod authorization;
mod bad_input;
mod blocks;
mod bodies;
mod bookings;
mod bounds;
mod heads;
mod health;
mod holds;
mod idempotency;
mod jobs;
mod journal;
mod openapi;
mod outage;
mod overload;
mod pages;
mod problems;
mod queries;
mod races;
mod rates;
mod showtimes;
mod sleeping;
mod strangers;
